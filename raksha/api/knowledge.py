"""What everybody may read: the rules, and how fresh the threat intelligence is."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from avyay_site.api.views import ApiView
from raksha.models import Feed
from raksha.rules import catalogue
from raksha.taint import kinds


class ScanRuleSerializer(serializers.Serializer[Any]):
    """One rule. languages: empty for the data-flow engine's, which says the same in all of its languages."""

    id = serializers.CharField()
    title = serializers.CharField()
    kind = serializers.CharField()
    severity = serializers.CharField()
    confidence = serializers.CharField()
    cwe = serializers.ListField(child=serializers.IntegerField())
    owasp = serializers.ListField(child=serializers.CharField())
    message = serializers.CharField()
    advice = serializers.CharField()
    languages = serializers.ListField(child=serializers.CharField())
    has_fix = serializers.BooleanField()


class ScanRulesSerializer(serializers.Serializer[Any]):
    data = ScanRuleSerializer(many=True)  # type: ignore[assignment] # a field, collected by the metaclass


class FeedSerializer(serializers.ModelSerializer[Feed]):
    """One source of threat intelligence. fetched_at: of its rows; null when it was never fetched."""

    class Meta:
        model = Feed
        fields: Any = ("kind", "ecosystem", "rows", "version", "state", "error", "checked_at", "fetched_at")
        read_only_fields: Any = fields


class FeedsSerializer(serializers.Serializer[Any]):
    data = FeedSerializer(many=True)  # type: ignore[assignment] # a field, collected by the metaclass


class RulesView(ApiView):
    """What the scanner looks for."""

    scope_prefix = "raksha"

    @extend_schema(tags=["raksha"], responses=ScanRulesSerializer)
    def get(self, request: Request) -> Response:
        """List all rules."""
        return Response({"data": [*_flows(), *map(asdict, catalogue.all_facts().values())]})


class FeedsView(ApiView):
    """Feeds of the whole installation."""

    scope_prefix = "raksha"

    @extend_schema(tags=["raksha"], responses=FeedsSerializer)
    def get(self, request: Request) -> Response:
        """List the feeds with their ages."""
        feeds = Feed.objects.order_by("kind", "ecosystem")
        return Response({"data": FeedSerializer(feeds, many=True).data})


def _flows() -> list[dict[str, Any]]:
    return [
        {
            "id": f"*.{kind.word}", "title": kind.title, "kind": "code", "severity": kind.severity, "confidence": kind.confidence,
            "cwe": [kind.cwe, *kind.also], "owasp": [kind.owasp], "message": kind.message, "advice": kind.advice, "languages": [],
            "has_fix": False,
        }
        for kind in kinds.TABLE.values()
    ]  # fmt: skip
