"""Addresses of the gateway's pages."""

from __future__ import annotations

from django.urls import path

from marga.views import keys, models, overview, playground, policies, requests

app_name = "marga"
urlpatterns = [
    path("", overview.overview, name="overview"),
    path("live", overview.overview_live, name="overview_live"),
    path("requests/", requests.request_list, name="requests"),
    path("requests/live", requests.request_list_live, name="requests_live"),
    path("requests/export.csv", requests.request_csv, name="requests_csv"),
    path("requests/<str:request_id>/", requests.request_detail, name="request"),
    path("requests/<str:request_id>/feedback", requests.feedback, name="feedback"),
    path("models/", models.models, name="models"),
    path("models/live", models.models_live, name="models_live"),
    path("models/decide", models.decide, name="decide"),
    path("policies/new", policies.create, name="policy_new"),
    path("policies/<str:policy_id>/", policies.change, name="policy"),
    path("policies/<str:policy_id>/delete", policies.delete, name="policy_delete"),
    path("keys/", keys.key_list, name="keys"),
    path("keys/live", keys.key_list_live, name="keys_live"),
    path("keys/<str:key_id>/", keys.rules, name="rules"),
    path("playground/", playground.playground, name="playground"),
    path("playground/code", playground.code, name="code"),
    path("playground/stream", playground.stream, name="stream"),
    path("playground/cost/<str:request_id>", playground.cost, name="cost"),
]
