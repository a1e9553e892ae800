"""Addresses of the product's pages."""

from __future__ import annotations

from django.urls import path

from devops_rag import views

app_name = "devops_rag"
urlpatterns = [path("", views.overview, name="overview")]
