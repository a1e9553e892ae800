"""Addresses of usage."""

from __future__ import annotations

from django.urls import path

from avyay_site.usage import views

app_name = "usage"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("live", views.overview_live, name="live"),
]
