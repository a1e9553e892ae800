"""What was saved, at which quality, and the caches, over REST."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from avyay_site.api.serializers import Filters, Strict, TimeField
from avyay_site.api.views import ApiView
from marga import requestlog, savings, services

USUAL_PERIOD = timedelta(days=30)
LONGEST_PERIOD = timedelta(days=400)


class PeriodFilters(Filters):
    since = TimeField(
        help_text=f"Thirty days before `until` by default; at most {LONGEST_PERIOD.days} days before it count."
    )
    until = TimeField(help_text="Now by default.")


class SavingsFilters(PeriodFilters):
    group = serializers.ChoiceField(
        choices=["none", "step", "model", "key", "tier"],
        help_text="`step`: by hour up to two days, else by UTC day.",
    )


class QualitySerializer(serializers.Serializer[Any]):
    """A share of good answers with its 95 % interval (Wilson); null without samples."""

    good = serializers.IntegerField()
    samples = serializers.IntegerField()
    unclear = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class SavingsSerializer(serializers.Serializer[Any]):
    """Sums of a period or of a part of it. baseline_usd: what the baseline would have cost.

    shadow: how often the answer was no worse than a stronger model's, as a blind judge said; feedback: how often
    people liked it.
    """

    name = serializers.CharField(
        allow_blank=True, help_text="The model, key id or tier; empty for the whole."
    )
    label = serializers.CharField(allow_blank=True)  # type: ignore[assignment] # a field, collected by the metaclass
    moment = serializers.DateTimeField(allow_null=True)
    requests = serializers.IntegerField()
    cached = serializers.IntegerField()
    cost_usd = serializers.DecimalField(max_digits=30, decimal_places=10)
    baseline_usd = serializers.DecimalField(max_digits=30, decimal_places=10)
    saved_usd = serializers.DecimalField(max_digits=30, decimal_places=10)
    cache_saved_usd = serializers.DecimalField(max_digits=30, decimal_places=10)
    saved_share = serializers.FloatField(allow_null=True)
    cached_share = serializers.FloatField(allow_null=True)
    shadow = QualitySerializer()
    feedback = QualitySerializer()


class SavingsReportSerializer(serializers.Serializer[Any]):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    total = SavingsSerializer()
    parts = SavingsSerializer(many=True)


@extend_schema(tags=["marga"])
class SavingsView(ApiView):
    """What routing and caching saved."""

    scope_prefix = "marga"
    filters = SavingsFilters

    @extend_schema(operation_id="marga_savings", responses=SavingsReportSerializer)
    def get(self, request: Request) -> Response:
        """Return spend, baseline and savings with the quality beside them."""
        since, until = _period(self.asked)
        group = self.asked.get("group", "none")
        parts: list[savings.Savings] = []
        if group == "step":
            parts = savings.get_savings_by_step(self.access, since, until)
        elif group != "none":
            parts = savings.get_savings_by(self.access, since, until, group)
        total = savings.get_savings(self.access, since, until)
        report = {"since": since, "until": until, "total": total, "parts": parts}
        return Response(SavingsReportSerializer(report).data)


class CacheFiguresSerializer(serializers.Serializer[Any]):
    """What the caches answered. share: of all calls; null when there were none."""

    requests = serializers.IntegerField()
    exact = serializers.IntegerField()
    semantic = serializers.IntegerField()
    saved_usd = serializers.DecimalField(max_digits=30, decimal_places=10)
    share = serializers.FloatField(allow_null=True)


@extend_schema(tags=["marga"])
class CacheView(ApiView):
    """The caches of answers."""

    scope_prefix = "marga"
    filters = PeriodFilters

    @extend_schema(operation_id="marga_cache", responses=CacheFiguresSerializer)
    def get(self, request: Request) -> Response:
        """Return what the caches answered and what that saved."""
        since, until = _period(self.asked)
        return Response(CacheFiguresSerializer(requestlog.get_cache_figures(self.access, since, until)).data)


class Purge(Strict):
    request_id = serializers.RegexField(
        r"^[A-Za-z0-9_-]{8,64}$",
        required=False,
        trim_whitespace=False,
        help_text="Forget only the answer that this call left or was given; left out: everything.",
    )


class PurgeSerializer(serializers.Serializer[Any]):
    """An order to forget. identity: of one answer; empty for everything of the workspace."""

    id = serializers.CharField()
    identity = serializers.CharField(allow_blank=True)
    purged_at = serializers.DateTimeField()


@extend_schema(tags=["marga"])
class PurgeView(ApiView):
    """Orders to forget kept answers."""

    scope_prefix = "marga"

    @extend_schema(operation_id="marga_cache_purge", request=Purge, responses=PurgeSerializer)
    def post(self, request: Request) -> Response:
        """Have kept answers forgotten; the gateway hears it within two seconds."""
        made = services.purge_cache(by=self.access, now=timezone.now(), **self.body(Purge))
        return Response(PurgeSerializer(made).data)


def _period(asked: dict[str, Any]) -> tuple[datetime, datetime]:
    until: datetime = asked.get("until") or timezone.now()
    since: datetime = asked.get("since") or _before(until, USUAL_PERIOD)
    return max(since, _before(until, LONGEST_PERIOD)), until


def _before(moment: datetime, span: timedelta) -> datetime:
    try:
        return moment - span
    except OverflowError:
        return moment
