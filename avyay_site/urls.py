"""All addresses: the only place, with `subscriptions.py`, that names every product."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("api/", include("avyay_site.api.urls")),
    path("internal/gateway/", include("marga.internal_urls")),
]
