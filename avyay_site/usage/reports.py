"""What the usage page reads: sums, a series, groups and latency over one period, for what is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

from django.db.models import Aggregate, Count, FloatField, Q, QuerySet, Sum
from django.db.models.functions import TruncHour

from avyay_site.accounts.access import Access
from avyay_site.usage.models import UsageDay, UsageRecord
from avyay_site.usage.periods import Period

SAMPLED = 10_000
"""Latency is read from this many newest records: a month may hold millions."""

SUMS = {
    "input_tokens": Sum("input_tokens"),
    "output_tokens": Sum("output_tokens"),
    "cost_usd": Sum("cost_usd"),
}
COUNTS = {"requests": Count("id"), "errors": Count("id", filter=Q(status__gte=400))}
DAY_COUNTS = {"requests": Sum("requests"), "errors": Sum("errors")}
NOTHING: dict[str, Any] = {
    "requests": 0,
    "errors": 0,
    "input_tokens": 0,
    "output_tokens": 0,
    "cost_usd": Decimal(0),
}


@dataclass(frozen=True)
class Asked:
    """Which usage: empty fields ask for all."""

    period: Period
    key_id: str = ""
    product: str = ""
    model: str = ""

    def records(self, access: Access) -> QuerySet[UsageRecord]:
        """Return the single records, newest first."""
        found: QuerySet[UsageRecord] = UsageRecord.objects.visible_to(access).filter(
            occurred_at__gte=self.period.starts_at, occurred_at__lt=self.period.ends_at
        )
        return found.filter(**self._same(model="model_used"))

    def days(self, access: Access) -> QuerySet[UsageDay]:
        """Return the sums by day."""
        found: QuerySet[UsageDay] = UsageDay.objects.visible_to(access).filter(
            day_date__gte=self.period.first_date, day_date__lte=self.period.final_date
        )
        return found.filter(**self._same(model="model"))

    def _same(self, *, model: str) -> dict[str, str]:
        wanted = {"key_id": self.key_id, "product": self.product, model: self.model}
        return {name: value for name, value in wanted.items() if value}


class Percentile(Aggregate):
    """The value below which a share of rows lies."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


def get_series(asked: Asked, access: Access) -> list[tuple[datetime, dict[str, Any]]]:
    """Return each hour's or day's sums, oldest first, empty ones included."""
    found = _hours(asked, access) if asked.period.is_hourly else _days(asked, access)
    return [(moment, found.get(moment, NOTHING)) for moment in asked.period.steps()]


def _hours(asked: Asked, access: Access) -> dict[datetime, dict[str, Any]]:
    rows = (
        asked.records(access)
        .annotate(hour=TruncHour("occurred_at", tzinfo=UTC))
        .values("hour")
        .annotate(**COUNTS, **SUMS)
        .order_by("hour")
    )
    return {row["hour"]: row for row in rows}


def _days(asked: Asked, access: Access) -> dict[datetime, dict[str, Any]]:
    rows = asked.days(access).values("day_date").annotate(**DAY_COUNTS, **SUMS)
    return {datetime.combine(row["day_date"], time.min, UTC): row for row in rows.order_by("day_date")}


def total(series: list[tuple[datetime, dict[str, Any]]]) -> dict[str, Any]:
    """Add a series up."""
    return {name: sum((row[name] for _, row in series), start) for name, start in NOTHING.items()}


GROUPS = {"key": ("key__name", "key_id"), "product": ("product",), "model": ("model",)}


def get_groups(asked: Asked, access: Access, by: str) -> list[dict[str, Any]]:
    """Return sums by key, product or model, dearest first."""
    if asked.period.is_hourly:
        fields = tuple("model_used" if name == "model" else name for name in GROUPS[by])
        rows = asked.records(access).values(*fields).annotate(**COUNTS, **SUMS)
    else:
        fields = GROUPS[by]
        rows = asked.days(access).values(*fields).annotate(**DAY_COUNTS, **SUMS)
    named = [{"name": row[fields[0]], **row} for row in rows.order_by(*fields)]
    return sorted(named, key=lambda row: (-row["cost_usd"], -row["requests"]))


def get_latency(asked: Asked, access: Access) -> dict[str, float | None]:
    """Return the median and 95th percentile of the whole duration in milliseconds, from the newest records."""
    newest = (
        asked.records(access).filter(status__lt=400).order_by("-occurred_at", "-id").values("pk")[:SAMPLED]
    )
    found: dict[str, float | None] = UsageRecord.objects.filter(pk__in=newest).aggregate(
        p50=Percentile("duration_ms", share="0.5"), p95=Percentile("duration_ms", share="0.95")
    )
    return found
