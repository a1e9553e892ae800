"""Addresses of the gateway's REST API."""

from __future__ import annotations

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from marga.api.models import ModelViewSet, PriceViewSet
from marga.api.policies import PolicyViewSet, RulesViewSet
from marga.api.providers import CredentialViewSet, ProviderViewSet
from marga.api.requests import FeedbackViewSet, RequestViewSet, SampleViewSet
from marga.api.savings import CacheView, PurgeView, SavingsView

router = SimpleRouter(trailing_slash=False)
router.register("providers", ProviderViewSet, "api-marga-provider")
router.register("credentials", CredentialViewSet, "api-marga-credential")
router.register("models", ModelViewSet, "api-marga-model")
router.register("prices", PriceViewSet, "api-marga-price")
router.register("policies", PolicyViewSet, "api-marga-policy")
router.register("rules", RulesViewSet, "api-marga-rules")
router.register("requests", RequestViewSet, "api-marga-request")
router.register("feedback", FeedbackViewSet, "api-marga-feedback")
router.register("samples", SampleViewSet, "api-marga-sample")

urlpatterns = [
    path("savings", SavingsView.as_view(), name="api-marga-savings"),
    path("cache", CacheView.as_view(), name="api-marga-cache"),
    path("cache/purge", PurgeView.as_view(), name="api-marga-cache-purge"),
    path("", include(router.urls)),
]
