"""Addresses of the product's pages."""

from __future__ import annotations

from django.urls import path

from raksha import views

app_name = "raksha"
urlpatterns = [path("", views.overview, name="overview")]
