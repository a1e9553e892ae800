"""Addresses of keys."""

from __future__ import annotations

from django.urls import path

from avyay_site.keys import views

app_name = "keys"
urlpatterns = [
    path("", views.key_list, name="list"),
    path("live", views.key_list_live, name="live"),
    path("new", views.issue, name="issue"),
    path("<str:key_id>/", views.change, name="change"),
    path("<str:key_id>/roll", views.roll, name="roll"),
    path("<str:key_id>/revoke", views.revoke, name="revoke"),
    path("<str:key_id>/arrival", views.arrival, name="arrival"),
]
