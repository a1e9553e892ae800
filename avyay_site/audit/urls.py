"""Addresses of the audit log."""

from __future__ import annotations

from django.urls import path

from avyay_site.audit import views

app_name = "audit"
urlpatterns = [path("", views.entry_list, name="list")]
