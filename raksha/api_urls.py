"""Addresses of the scanner's API."""

from __future__ import annotations

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from raksha.api.findings import FindingViewSet
from raksha.api.gates import ExclusionViewSet, GateViewSet
from raksha.api.knowledge import FeedsView, RulesView
from raksha.api.packages import DependencyViewSet
from raksha.api.projects import ProjectViewSet
from raksha.api.scans import ScanViewSet

router = SimpleRouter(trailing_slash=False)
router.register("projects", ProjectViewSet, "raksha-api-project")
router.register("scans", ScanViewSet, "raksha-api-scan")
router.register("findings", FindingViewSet, "raksha-api-finding")
router.register("dependencies", DependencyViewSet, "raksha-api-dependency")
router.register("gates", GateViewSet, "raksha-api-gate")
router.register("exclusions", ExclusionViewSet, "raksha-api-exclusion")

urlpatterns = [
    path("rules", RulesView.as_view(), name="raksha-api-rules"),
    path("feeds", FeedsView.as_view(), name="raksha-api-feeds"),
    path("", include(router.urls)),
]
