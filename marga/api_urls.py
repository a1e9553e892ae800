"""Addresses of the gateway's REST API."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from marga.api import ModelViewSet, ProviderViewSet, RequestViewSet

router = SimpleRouter(trailing_slash=False)
router.register("providers", ProviderViewSet, "api-marga-provider")
router.register("models", ModelViewSet, "api-marga-model")
router.register("requests", RequestViewSet, "api-marga-request")

urlpatterns = router.urls
