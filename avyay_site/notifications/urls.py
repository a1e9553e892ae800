"""Addresses of notifications."""

from __future__ import annotations

from django.urls import path

from avyay_site.notifications import views

app_name = "notifications"
urlpatterns = [
    path("", views.channel_list, name="list"),
    path("live", views.channel_list_live, name="live"),
    path("new", views.add, name="add"),
    path("<str:channel_id>/", views.change, name="change"),
    path("<str:channel_id>/switch", views.switch, name="switch"),
    path("<str:channel_id>/test", views.send_test, name="test"),
    path("<str:channel_id>/remove", views.remove, name="remove"),
    path("deliveries/<str:delivery_id>/resend", views.resend, name="resend"),
]
