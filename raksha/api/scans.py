"""Scans over REST: ask for one, watch it, take its report."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from avyay_site import problems
from avyay_site.api.parsers import BoundedJson
from avyay_site.api.serializers import Empty, Filters, IdParameter, NameField, Strict
from avyay_site.api.views import Creating
from raksha import services
from raksha.export import attached
from raksha.models import Project, Scan, ScanSource, ScanState
from raksha.reports import FORMATS

problems.register(services.UnableToChange, "conflict")
problems.register(services.InvalidValue, "invalid-request")
problems.register(services.Busy, "unavailable")
problems.register(services.OtherScan, "idempotency-mismatch")


class ScanSerializer(serializers.ModelSerializer[Scan]):
    """One look at a project's code.

    progress: per stage its state, what is done of how many, and seconds. coverage: what was looked at and what was
    not, with reasons. counts: findings, by change, severity, kind and SSVC word. is_passing: null without policies.
    """

    project_id = serializers.CharField(read_only=True)
    project = serializers.CharField(source="project.name", read_only=True)
    progress = serializers.DictField(read_only=True)
    coverage = serializers.SerializerMethodField()
    counts = serializers.DictField(read_only=True)
    changes = serializers.DictField(read_only=True)
    verdicts = serializers.ListField(child=serializers.DictField(), read_only=True)
    versions = serializers.DictField(read_only=True)

    class Meta:
        model = Scan
        fields: Any = (
            *("id", "project_id", "project", "source", "url", "revision", "commit", "state", "reason"),
            *(
                "is_partial",
                "is_passing",
                "progress",
                "counts",
                "changes",
                "verdicts",
                "coverage",
                "versions",
            ),
            *("requested_by", "created_at", "started_at", "finished_at"),
        )
        read_only_fields: Any = fields

    def get_coverage(self, row: Scan) -> dict[str, Any]:
        is_list = getattr(self.context.get("view"), "action", "") == "list"
        return {name: value for name, value in row.coverage.items() if not (is_list and name == "skips")}


class ScanFilters(Filters):
    project = IdParameter("prj", source="project_id")
    state = serializers.ChoiceField(choices=ScanState.choices)
    source = serializers.ChoiceField(choices=ScanSource.choices)  # type: ignore[assignment] # collected by the metaclass


class ReportFilters(Filters):
    format = serializers.ChoiceField(choices=[(name, kind.title) for name, kind in FORMATS.items()])


class ScanRequest(Strict):
    """What to scan: an archive as `file` in a multipart body, or the address of a repository."""

    file = serializers.FileField(required=False, help_text="zip, tar, tar.gz, tar.xz or tar.zst.")
    url = serializers.CharField(max_length=500, required=False, help_text="https address of a repository.")
    revision = serializers.CharField(
        max_length=250, required=False, allow_blank=True, help_text="Branch, tag or commit."
    )
    project_id = IdParameter("prj", required=False, help_text="Else the project of that repository or name.")
    project = NameField(
        required=False, max_length=100, help_text="Name of the project, made when there is none."
    )


REPOSITORY = OpenApiExample("A repository", value={"url": "https://github.com/owner/name"}, request_only=True)


@extend_schema(tags=["raksha"])
class ScanViewSet(Creating):
    """Scans, newest first. A new one waits in the queue; read it again, or be told by a webhook when it ends."""

    queryset = Scan.objects.select_related("project")
    serializer_class = ScanSerializer
    scope_prefix = "raksha"
    parser_classes = (BoundedJson, MultiPartParser)
    filters = ScanFilters
    filters_by_action = {"report": ReportFilters}
    create_serializer = ScanRequest

    @extend_schema(examples=[REPOSITORY], responses={202: ScanSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Ask for a scan."""
        response = super().create(request, *args, **kwargs)
        response.status_code = 202
        return response

    def make(self, values: dict[str, Any]) -> Scan:
        now, file = timezone.now(), values.get("file")
        project = self._project(values)
        upload = None
        if file is not None:
            upload = services.receive_upload(by=self.access, name=file.name, chunks=file.chunks(), now=now)
        return services.request_scan(
            by=self.access,
            now=now,
            project=project,
            upload=upload,
            url=values.get("url", ""),
            revision=values.get("revision", ""),
            name=values.get("project", ""),
        )

    @extend_schema(request=Empty, responses=ScanSerializer)
    @action(detail=True, methods=["post"], create_serializer=Empty)
    def cancel(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Call a scan off: one that waits never starts, one that runs is ended."""
        scan, _ = self.acted_on()
        return self.shown(services.cancel_scan(by=self.access, scan=scan, now=timezone.now()))

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"])
    def report(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Take the report of a finished scan as a file; `format` is json unless another is asked for."""
        return attached(self.get_object(), self.asked.get("format", "json"))

    def _project(self, values: dict[str, Any]) -> Project | None:
        wanted = values.get("project_id")
        if wanted is None:
            return None
        found: Project | None = Project.objects.visible_to(self.access).filter(pk=wanted).first()
        if found is None:
            raise services.InvalidValue("There is no such project.", "project_id")
        return found
