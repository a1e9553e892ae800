"""Findings over REST: read, filter, rule on them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from avyay_site.api.serializers import (
    Filters,
    IdParameter,
    NumberParameter,
    Strict,
    TimeField,
    WordsParameter,
)
from avyay_site.api.views import Changing
from raksha import services
from raksha.models import Change, Finding, FindingKind, FindingState, Ruling, RulingReason, Severity, Word
from raksha.services.triage import MOST_AT_ONCE


@extend_schema_field({"type": "object", "additionalProperties": True})
class DetailField(serializers.DictField):
    """Message, snippet, data flow, fix, references and facts of a finding."""


class FindingSerializer(serializers.ModelSerializer[Finding]):
    """A weakness of a project, known by its fingerprint for as long as the project lives.

    priority: 0 to 100, and reasons says where the points come from. suppressed: how the source asks for silence.
    """

    project_id = serializers.CharField(read_only=True)
    detail = DetailField(read_only=True)
    reasons = serializers.ListField(child=serializers.DictField(), read_only=True)

    class Meta:
        model = Finding
        fields: Any = (
            *(
                "id",
                "project_id",
                "fingerprint",
                "engine",
                "rule",
                "kind",
                "severity",
                "confidence",
                "title",
                "cwe",
            ),
            *(
                "path",
                "line",
                "end_line",
                "scope",
                "suppressed",
                "has_fix",
                "package",
                "version",
                "fixed_version",
            ),
            *(
                "cves",
                "is_kev",
                "epss",
                "priority",
                "word",
                "reasons",
                "state",
                "change",
                "first_seen_at",
                "fixed_at",
            ),
            *("ruling", "ruling_reason", "ruling_note", "ruled_until", "ruled_by", "ruled_at", "detail"),
        )
        read_only_fields: Any = fields


class FindingFilters(Filters):
    project = IdParameter("prj", source="project_id")
    state = serializers.ChoiceField(choices=FindingState.choices)
    change = serializers.ChoiceField(choices=Change.choices)
    severity = serializers.ChoiceField(choices=Severity.choices)
    kind = serializers.ChoiceField(choices=FindingKind.choices)
    word = serializers.ChoiceField(choices=Word.choices)
    ruling = serializers.ChoiceField(choices=Ruling.choices)
    rule = WordsParameter()
    package = WordsParameter()
    path = WordsParameter(source="path__startswith", help_text="The file, or how its path begins.")
    cve = WordsParameter(source="cves__contains")
    kev = serializers.BooleanField(source="is_kev")
    has_fix = serializers.BooleanField()
    least_priority = NumberParameter(source="priority__gte")

    def validate_cve(self, value: str) -> list[str]:
        return [value.upper()]


class Triage(Strict):
    """What is to become of a finding. A reason is needed to ignore it; `until` opens it again."""

    ruling = serializers.ChoiceField(choices=Ruling.choices)
    reason = serializers.ChoiceField(choices=RulingReason.choices, required=False, allow_blank=True)
    note = serializers.CharField(max_length=1000, required=False, allow_blank=True)
    until = TimeField(required=False, allow_null=True)


class ManyTriage(Triage):
    findings = serializers.ListField(child=IdParameter("fnd"), min_length=1, max_length=MOST_AT_ONCE)


class RuledSerializer(serializers.Serializer[Any]):
    """How many findings were ruled on."""

    count = serializers.IntegerField()


@extend_schema(tags=["raksha"])
class FindingViewSet(Changing):
    """Findings of all projects, newest first. Triage changes what people said, never what engines found."""

    queryset = Finding.objects.all()
    serializer_class = FindingSerializer
    scope_prefix = "raksha"
    newest_by = "first_seen_at"
    filters = FindingFilters
    change_serializer = Triage
    create_serializer: ClassVar[type[Strict]] = ManyTriage

    def change(self, row: Finding, values: dict[str, Any]) -> Finding:
        services.rule_on_findings(
            by=self.access, findings=[row], now=timezone.now(), **{"ruling": row.ruling, **values}
        )
        row.refresh_from_db()
        return row

    @extend_schema(request=ManyTriage, responses=RuledSerializer)
    @action(detail=False, methods=["post"], create_serializer=ManyTriage)
    def triage(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Rule on many findings at once; ids of nobody's or somebody else's are not found."""
        values = self.body(ManyTriage)
        wanted = set(values.pop("findings"))
        found = list(Finding.objects.visible_to(self.access).filter(pk__in=wanted))
        if len(found) < len(wanted):
            raise services.InvalidValue(
                f"{len(wanted) - len(found)} of these findings do not exist.", "findings"
            )
        count = services.rule_on_findings(by=self.access, findings=found, now=timezone.now(), **values)
        return Response({"count": count})
