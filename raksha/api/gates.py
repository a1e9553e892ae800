"""Policies that scans pass or fail by, and exclusions, over REST."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from avyay_site.api.serializers import IdParameter, Strict, TimeField
from avyay_site.api.views import Changing, Creating, Removing, WorkspaceViewSet
from raksha import services
from raksha.models import Exclusion, Project, RulingReason, ScanPolicy

NAME = r"^[a-z0-9][a-z0-9_-]{0,59}$"


@extend_schema_field({"type": "object", "additionalProperties": True})
class DocumentField(serializers.DictField):
    """A gate as `docs/raksha.md` describes it."""


class GateSerializer(serializers.ModelSerializer[ScanPolicy]):
    """A gate: which findings make a scan fail. project_id: null for all projects."""

    project_id = serializers.CharField(read_only=True, allow_null=True)
    document = DocumentField(read_only=True)

    class Meta:
        model = ScanPolicy
        fields: Any = ("id", "name", "project_id", "document", "is_enabled", "created_at", "updated_at")
        read_only_fields: Any = fields


class GateChange(Strict):
    name = serializers.RegexField(NAME, trim_whitespace=False)
    document = DocumentField()
    project_id = IdParameter("prj", required=False, allow_null=True)
    is_enabled = serializers.BooleanField(required=False)


class ExclusionSerializer(serializers.ModelSerializer[Exclusion]):
    """Findings of a rule, below a path, or both, that are ignored, also those to come."""

    project_id = serializers.CharField(read_only=True, allow_null=True)

    class Meta:
        model = Exclusion
        fields: Any = (
            "id",
            "project_id",
            "rule",
            "path_glob",
            "reason",
            "note",
            "until",
            "made_by",
            "created_at",
        )
        read_only_fields: Any = fields


class ExclusionRequest(Strict):
    rule = serializers.CharField(max_length=200, required=False, allow_blank=True)
    path_glob = serializers.CharField(max_length=500, required=False, allow_blank=True)
    project_id = IdParameter("prj", required=False, allow_null=True)
    reason = serializers.ChoiceField(choices=RulingReason.choices)
    note = serializers.CharField(max_length=1000, required=False, allow_blank=True)
    until = TimeField(required=False, allow_null=True)


EXAMPLE = OpenApiExample(
    "Fail on what is exploited, and on what is bad and can be fixed",
    value={
        "name": "release",
        "document": {"fail_on": [{"kev": True}, {"severity": "high", "has_fix": True}]},
    },
    request_only=True,
)


class OfProject(WorkspaceViewSet):
    """Rows that may belong to one project."""

    def with_project(self, values: dict[str, Any]) -> dict[str, Any]:
        """Put the project itself in place of its id."""
        if "project_id" not in values:
            return values
        values, wanted = dict(values), values["project_id"]
        del values["project_id"]
        project = Project.objects.visible_to(self.access).filter(pk=wanted).first() if wanted else None
        if wanted and project is None:
            raise services.InvalidValue("There is no such project.", "project_id")
        return {**values, "project": project}


@extend_schema(tags=["raksha"])
class GateViewSet(OfProject, Creating, Changing, Removing):
    """Gates of the workspace; they count from the next scan on."""

    queryset = ScanPolicy.objects.all()
    serializer_class = GateSerializer
    scope_prefix = "raksha"
    create_serializer = GateChange
    change_serializer = GateChange

    @extend_schema(examples=[EXAMPLE])
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Add a gate."""
        return super().create(request, *args, **kwargs)

    def make(self, values: dict[str, Any]) -> ScanPolicy:
        return services.create_policy(by=self.access, **self.with_project(values))

    def change(self, row: ScanPolicy, values: dict[str, Any]) -> ScanPolicy:
        return services.change_policy(by=self.access, policy=row, **self.with_project(values))

    def remove(self, row: ScanPolicy) -> None:
        services.delete_policy(by=self.access, policy=row)


@extend_schema(tags=["raksha"])
class ExclusionViewSet(OfProject, Creating, Removing):
    """Exclusions; removing one opens again what it alone ignored."""

    queryset = Exclusion.objects.all()
    serializer_class = ExclusionSerializer
    scope_prefix = "raksha"
    create_serializer = ExclusionRequest

    def make(self, values: dict[str, Any]) -> Exclusion:
        return services.exclude(by=self.access, now=timezone.now(), **self.with_project(values))

    def remove(self, row: Exclusion) -> None:
        services.delete_exclusion(by=self.access, exclusion=row)
