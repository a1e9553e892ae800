"""All addresses: the only place, with `subscriptions.py`, that names every product."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from avyay_site import health, metrics

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("avyay_site.page_urls")),
    path("app/gateway/", include("marga.urls")),
    path("app/scans/", include("raksha.urls")),
    path("app/ops/", include("devops_rag.urls")),
    path("app/build/", include("buildengine.urls")),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", metrics.metrics),
    path("admin/", admin.site.urls),
    path("api/v1/marga/", include("marga.api_urls")),
    path("api/v1/raksha/", include("raksha.api_urls")),
    path("api/", include("avyay_site.api.urls")),
    path("internal/gateway/", include("marga.internal_urls")),
]

handler403 = "avyay_site.pages.forbidden"
handler404 = "avyay_site.pages.not_found"
handler500 = "avyay_site.pages.server_error"
