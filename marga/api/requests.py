"""Calls that went through the gateway over REST: why they went where they went, and what people thought of them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from avyay_site.accounts.models import Role
from avyay_site.api.serializers import (
    Filters,
    IdParameter,
    NumberParameter,
    Strict,
    TimeField,
    WordsParameter,
)
from avyay_site.api.views import WorkspaceViewSet
from avyay_site.usage.api import UsageRecordSerializer
from avyay_site.usage.models import UsageRecord
from marga import requestlog, services
from marga.api.models import PriceSerializer
from marga.models import Feedback, RequestTrace, ShadowSample, Tier, Verdict

COMMENT = r"^[^\x00-\x08\x0b-\x1f\x7f]{0,2000}$"
RATINGS = (-1, 1)


class AttemptSerializer(serializers.Serializer[Any]):
    """One try. status: 0 when there was no answer. started_ms: since the request came.

    part: `sample` or `verifier` where it was one of a cascade; cost_usd: what that cost.
    """

    model = serializers.CharField()
    provider = serializers.CharField()
    credential = serializers.CharField(allow_blank=True)
    status = serializers.IntegerField()
    error = serializers.CharField(allow_blank=True)
    started_ms = serializers.FloatField()
    ms = serializers.FloatField()
    part = serializers.CharField(required=False)
    cost_usd = serializers.CharField(required=False)


class TraceSerializer(serializers.ModelSerializer[RequestTrace]):
    """Why the call went where it went. need, doubt: from 0 to 1; explain: for people."""

    attempts = AttemptSerializer(many=True, read_only=True)
    capabilities = serializers.ListField(child=serializers.CharField(), read_only=True)
    warnings = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = RequestTrace
        fields: Any = (
            *("protocol", "policy", "tier", "task", "need", "doubt", "reason", "explain", "cache"),
            *("attempts", "baseline_model", "baseline_usd", "saved_usd", "overhead_ms", "first_byte_ms"),
            *("input_tokens_estimated", "capabilities", "session", "warnings", "bucket", "price_id"),
        )
        read_only_fields: Any = fields


class ContentSerializer(serializers.Serializer[Any]):
    """What the call asked and was answered, as text. answer: empty when there was none."""

    request = serializers.CharField(allow_blank=True)
    answer = serializers.CharField(allow_blank=True)
    expires_at = serializers.DateTimeField()


class RequestSerializer(UsageRecordSerializer):
    """One call with its trace and the prices that it was billed by; null where they are not kept any more.

    content: null unless the rules of the key have it kept, and for viewers, who may not read it.
    """

    trace = serializers.SerializerMethodField()
    price = serializers.SerializerMethodField()
    content = serializers.SerializerMethodField()

    class Meta(UsageRecordSerializer.Meta):
        fields: Any = (*UsageRecordSerializer.Meta.fields, "trace", "price", "content")
        read_only_fields: Any = fields

    @extend_schema_field(TraceSerializer(allow_null=True))
    def get_trace(self, record: UsageRecord) -> Any:
        call: requestlog.Call = self.context["call"]
        return None if call.trace is None else TraceSerializer(call.trace).data

    @extend_schema_field(PriceSerializer(allow_null=True))
    def get_price(self, record: UsageRecord) -> Any:
        price = self.context["price"]
        return None if price is None else PriceSerializer(price).data

    @extend_schema_field(ContentSerializer(allow_null=True))
    def get_content(self, record: UsageRecord) -> Any:
        content = self.context["content"]
        return None if content is None else ContentSerializer(content).data


class RequestFilters(Filters):
    key = IdParameter("key", source="key_id")
    model = WordsParameter(help_text="The model that answered.")
    provider = WordsParameter()
    status = NumberParameter(min_value=100, max_value=599)
    outcome = serializers.ChoiceField(choices=list(requestlog.OUTCOMES))
    cache = serializers.ChoiceField(choices=["exact", "semantic", "hit", "miss"])
    tier = serializers.ChoiceField(choices=Tier.choices)
    task = WordsParameter()
    policy = WordsParameter()
    session = WordsParameter()
    occurred_after = TimeField(source="since")
    occurred_before = TimeField(source="until")


class FeedbackSerializer(serializers.ModelSerializer[Feedback]):
    """What somebody thought of an answer."""

    user_id = serializers.CharField(read_only=True, allow_null=True)

    class Meta:
        model = Feedback
        fields: Any = (
            *("id", "request_id", "rating", "comment", "actor", "user_id"),
            *("model", "tier", "task", "created_at"),
        )
        read_only_fields: Any = fields


class FeedbackGiven(Strict):
    rating = serializers.ChoiceField(choices=RATINGS, help_text="1 or -1.")
    comment = serializers.RegexField(COMMENT, required=False, allow_blank=True, trim_whitespace=False)


@extend_schema(tags=["marga"])
class RequestViewSet(WorkspaceViewSet):
    """Calls that went through the gateway; the list is without their content."""

    queryset = UsageRecord.objects.all()
    serializer_class = UsageRecordSerializer
    scope_prefix = "marga"
    filters = RequestFilters
    newest_by = "occurred_at"
    lookup_field = "request_id"

    def get_queryset(self) -> QuerySet[Any]:
        return super().get_queryset().filter(product=requestlog.PRODUCT)

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.action != "list":
            return queryset
        asked = dict(self.asked)
        status = asked.pop("status", None)
        records = requestlog.RequestFilter(**asked).records(self.access)
        return records if status is None else records.filter(status=status)

    @extend_schema(responses=RequestSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Read one call with why it went where it went."""
        record: UsageRecord = self.get_object()
        trace = requestlog.traces_of(self.access, [record.request_id]).get(record.request_id)
        call = requestlog.Call(record, trace)
        context = {
            "call": call,
            "price": requestlog.get_price(self.access, call),
            "content": self._content(record),
        }
        return Response(RequestSerializer(record, context=context).data)

    def _content(self, record: UsageRecord) -> services.Opened | None:
        if not self.access.has_role(Role.MEMBER):
            return None
        return services.read_content(by=self.access, request_id=record.request_id, now=timezone.now())

    @extend_schema(request=FeedbackGiven, responses=FeedbackSerializer)
    @action(detail=True, methods=["post"])
    def feedback(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Say what the answer was worth; a second time it replaces the first."""
        record, values = self.acted_on(FeedbackGiven)
        given = services.give_feedback(by=self.access, request=record, now=timezone.now(), **values)
        return Response(FeedbackSerializer(given).data)


class FeedbackFilters(Filters):
    request_id = WordsParameter()
    rating = serializers.ChoiceField(choices=RATINGS)
    model = WordsParameter()
    tier = serializers.ChoiceField(choices=Tier.choices)
    task = WordsParameter()
    created_after = TimeField(source="created_at__gte")
    created_before = TimeField(source="created_at__lt")


@extend_schema(tags=["marga"])
class FeedbackViewSet(WorkspaceViewSet):
    """What people thought of answers."""

    queryset = Feedback.objects.all()
    serializer_class = FeedbackSerializer
    scope_prefix = "marga"
    filters = FeedbackFilters


class SampleSerializer(serializers.ModelSerializer[ShadowSample]):
    """A call that a stronger model answered too, and what a blind judge said of the answer that was given."""

    class Meta:
        model = ShadowSample
        fields: Any = (
            *("id", "request_id", "occurred_at", "task", "tier", "model_used", "model_compared"),
            *("verdict", "judge", "used_usd", "compared_usd", "judge_usd"),
        )
        read_only_fields: Any = fields


class SampleFilters(Filters):
    request_id = WordsParameter()
    verdict = serializers.ChoiceField(choices=Verdict.choices)
    tier = serializers.ChoiceField(choices=Tier.choices)
    task = WordsParameter()
    occurred_after = TimeField(source="occurred_at__gte")
    occurred_before = TimeField(source="occurred_at__lt")


@extend_schema(tags=["marga"])
class SampleViewSet(WorkspaceViewSet):
    """Samples that say what routing costs in quality."""

    queryset = ShadowSample.objects.all()
    serializer_class = SampleSerializer
    scope_prefix = "marga"
    filters = SampleFilters
    newest_by = "occurred_at"
