"""Addresses of the shared parts' API; each product has its own `api_urls`."""

from __future__ import annotations

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from avyay_site.accounts.api import InvitationViewSet, MemberViewSet, MeView, WorkspaceView
from avyay_site.api.docs import DocsView, SchemaView, YamlSchemaView, problem_page
from avyay_site.audit.api import AuditViewSet
from avyay_site.keys.api import KeyViewSet
from avyay_site.notifications.api import ChannelViewSet, DeliveryViewSet
from avyay_site.usage.api import UsageViewSet

router = SimpleRouter(trailing_slash=False)
router.register("members", MemberViewSet, "api-member")
router.register("invitations", InvitationViewSet, "api-invitation")
router.register("keys", KeyViewSet, "api-key")
router.register("usage", UsageViewSet, "api-usage")
router.register("audit", AuditViewSet, "api-audit")
router.register("notifications/channels", ChannelViewSet, "api-channel")
router.register("notifications/deliveries", DeliveryViewSet, "api-delivery")

urlpatterns = [
    path("schema", SchemaView.as_view(), name="api-schema"),
    path("schema.yaml", YamlSchemaView.as_view(), name="api-schema-yaml"),
    path("docs", DocsView.as_view(), name="api-docs"),
    path("docs/problems", problem_page, name="api-problems"),
    path("v1/me", MeView.as_view(), name="api-me"),
    path("v1/workspace", WorkspaceView.as_view(), name="api-workspace"),
    path("v1/", include(router.urls)),
]
