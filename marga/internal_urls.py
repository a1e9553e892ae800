"""Addresses of the control link."""

from __future__ import annotations

from django.urls import path

from marga import internal_views

urlpatterns = [
    path("snapshot", internal_views.snapshot),
    path("usage", internal_views.usage),
    path("report", internal_views.report),
]
