"""Addresses of the product's pages."""

from __future__ import annotations

from django.urls import path

from buildengine import views

app_name = "buildengine"
urlpatterns = [path("", views.overview, name="overview")]
