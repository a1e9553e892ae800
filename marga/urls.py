"""Addresses of the gateway's pages."""

from __future__ import annotations

from django.urls import path

from marga import views

app_name = "marga"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("traffic", views.traffic, name="traffic"),
    path("models", views.models, name="models"),
]
