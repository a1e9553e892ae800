"""Usage over REST: records, sums by day, CSV."""

from __future__ import annotations

from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from avyay_site.api.serializers import (
    DayParameter,
    Filters,
    IdParameter,
    NumberParameter,
    TimeField,
    WordsParameter,
)
from avyay_site.api.views import WorkspaceViewSet
from avyay_site.usage import export
from avyay_site.usage.models import UsageDay, UsageRecord
from avyay_site.usage.queries import MOST_DAY_ROWS, get_day_sums

AMOUNTS = (
    *("input_tokens", "output_tokens", "cached_input_tokens", "cache_write_tokens", "reasoning_tokens"),
    "cost_usd",
)
GROUPS = {"none": None, "key": "key_id", "product": "product", "model": "model"}


class UsageRecordSerializer(serializers.ModelSerializer[UsageRecord]):
    """One billable act."""

    key_id = serializers.CharField(read_only=True, allow_null=True)

    class Meta:
        model = UsageRecord
        fields = (
            *("request_id", "occurred_at", "key_id", "product", "action", "model_requested", "model_used"),
            *("provider", "status", "error_type", *AMOUNTS, "is_estimated", "is_stream", "is_cancelled"),
            *("duration_ms", "ttft_ms"),
        )
        read_only_fields = fields


class UsageFilters(Filters):
    key = IdParameter("key", source="key_id")
    product = WordsParameter()
    model = WordsParameter(source="model_used", help_text="The model that answered.")
    provider = WordsParameter()
    status = NumberParameter(min_value=100, max_value=599)
    occurred_after = TimeField(source="occurred_at__gte")
    occurred_before = TimeField(source="occurred_at__lt")


class DaySumSerializer(serializers.Serializer[Any]):
    """The sums of one day, or of one key, product or model on it."""

    day_date = serializers.DateField()
    group = serializers.CharField(
        allow_null=True, help_text="The key id, product or model; null without a group."
    )
    requests = serializers.IntegerField()
    errors = serializers.IntegerField()  # type: ignore[assignment] # a field, collected by the metaclass
    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cached_input_tokens = serializers.IntegerField()
    cache_write_tokens = serializers.IntegerField()
    reasoning_tokens = serializers.IntegerField()
    cost_usd = serializers.DecimalField(max_digits=30, decimal_places=10)


class DaySumsSerializer(serializers.Serializer[Any]):
    """Sums by day, newest first. has_more: there are more rows than fit; ask for a shorter period."""

    data = DaySumSerializer(many=True)  # type: ignore[assignment]
    has_more = serializers.BooleanField()


class DayFilters(Filters):
    group = serializers.ChoiceField(choices=list(GROUPS))
    key = IdParameter("key", source="key_id")
    product = WordsParameter()
    model = WordsParameter()
    day_from = DayParameter(source="day_date__gte")
    day_before = DayParameter(source="day_date__lt")


class CsvRenderer(JSONRenderer):
    """Says that an action answers in CSV; what it renders itself are problems, as JSON."""

    media_type = "text/csv"
    format = "csv"


@extend_schema(tags=["usage"])
class UsageViewSet(WorkspaceViewSet):
    """What was used, by which key, and what it cost."""

    queryset = UsageRecord.objects.all()
    serializer_class = UsageRecordSerializer
    scope_prefix = "platform"
    filters = UsageFilters
    filters_by_action = {"days": DayFilters, "export": UsageFilters}
    newest_by = "occurred_at"
    lookup_field = "request_id"

    @extend_schema(responses=DaySumsSerializer)
    @action(detail=False, pagination_class=None)
    def days(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return sums by UTC day, newest first, all together or by key, product or model."""
        asked = dict(self.asked)
        group = GROUPS[asked.pop("group", "none")]
        days = UsageDay.objects.visible_to(self.access).filter(**asked)
        rows = get_day_sums(days, group=group)
        shown = DaySumsSerializer({"data": rows[:MOST_DAY_ROWS], "has_more": len(rows) > MOST_DAY_ROWS})
        return Response(shown.data)

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR})
    @action(detail=False, pagination_class=None, renderer_classes=[CsvRenderer, JSONRenderer])
    def export(self, request: Request, *args: Any, **kwargs: Any) -> StreamingHttpResponse:
        """Return all records that match, as CSV with a head line."""
        records = self.get_queryset().filter(**self.asked)
        is_async = isinstance(request._request, ASGIRequest)
        pages = export.async_lines(records) if is_async else export.lines(records)
        response = StreamingHttpResponse(pages, content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="usage.csv"'
        return response
