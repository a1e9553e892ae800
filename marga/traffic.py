"""What went through the gateway in a period: sums, and how long it took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Count, Q, Sum

from avyay_site.accounts.access import Access
from avyay_site.usage.models import UsageRecord
from avyay_site.usage.periods import DAY, HOUR, Period
from avyay_site.usage.reports import SAMPLED, Asked, Percentile

PRODUCT = "marga"
SAMPLED_IN_STEP = 400
"""Latency of one hour or day is read from this many of its newest records: a day may hold millions."""
SUMMED = ("input_tokens", "output_tokens", "cached_input_tokens", "cost_usd")

LATENCY_BY_STEP = """
SELECT step,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY found.duration_ms),
  percentile_cont(0.95) WITHIN GROUP (ORDER BY found.duration_ms),
  percentile_cont(0.5) WITHIN GROUP (ORDER BY found.ttft_ms)
FROM unnest(%s::timestamptz[]) AS step CROSS JOIN LATERAL (
  SELECT duration_ms, ttft_ms FROM usage_usagerecord
  WHERE workspace_id = %s AND product = 'marga' AND status < 400
    AND occurred_at >= step AND occurred_at < step + %s
  ORDER BY occurred_at DESC, id DESC LIMIT %s
) AS found
GROUP BY step
"""


@dataclass(frozen=True, kw_only=True)
class Totals:
    """Sums of a period; cached_input_tokens are a part of input_tokens."""

    requests: int = 0
    errors: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_input_tokens: int = 0
    cost_usd: Decimal = Decimal(0)

    @property
    def error_share(self) -> float | None:
        """The part of the calls that failed; None when there were none."""
        return self.errors / self.requests if self.requests else None


def get_totals(access: Access, period: Period) -> Totals:
    """Return the period's sums."""
    asked = Asked(period, product=PRODUCT)
    sums = {f"sum_{name}": Sum(name) for name in SUMMED}
    if period.is_hourly:
        counts: dict[str, Any] = {
            "sum_requests": Count("pk"),
            "sum_errors": Count("pk", filter=Q(status__gte=400)),
        }
        found = asked.records(access).aggregate(**sums, **counts)
    else:
        counts = {"sum_requests": Sum("requests"), "sum_errors": Sum("errors")}
        found = asked.days(access).aggregate(**sums, **counts)
    values: dict[str, Any] = {name.removeprefix("sum_"): value or 0 for name, value in found.items()}
    return Totals(**values)


def get_spent_today(access: Access, *, now: datetime) -> Decimal:
    """Return what this UTC day has cost so far."""
    midnight = datetime.combine(now.astimezone(UTC).date(), time.min, UTC)
    asked = Asked(Period("custom", midnight, midnight + DAY), product=PRODUCT)
    return asked.days(access).aggregate(total=Sum("cost_usd"))["total"] or Decimal(0)


def get_latency(access: Access, period: Period) -> dict[str, float | None]:
    """Return p50 and p95 of the whole duration and of the first token, in ms, from the period's newest records."""
    good = Asked(period, product=PRODUCT).records(access).filter(status__lt=400)
    newest = good.order_by("-occurred_at", "-id").values("pk")[:SAMPLED]
    found: dict[str, float | None] = UsageRecord.objects.filter(pk__in=newest).aggregate(
        p50=Percentile("duration_ms", share="0.5"),
        p95=Percentile("duration_ms", share="0.95"),
        ttft_p50=Percentile("ttft_ms", share="0.5"),
        ttft_p95=Percentile("ttft_ms", share="0.95"),
    )
    return found


def get_latency_by_step(access: Access, period: Period) -> dict[datetime, Mapping[str, float | None]]:
    """Return p50, p95 and the first token's p50 in ms, by the start of each hour or day that has calls."""
    step: timedelta = HOUR if period.is_hourly else DAY
    asked: list[Any] = [list(period.steps()), access.workspace_id, step, SAMPLED_IN_STEP]
    with connection.cursor() as cursor:
        cursor.execute(LATENCY_BY_STEP, asked)
        rows = cursor.fetchall()
    return {moment: {"p50": p50, "p95": p95, "ttft": ttft} for moment, p50, p95, ttft in rows}


def get_recent_latency(access: Access, *, now: datetime) -> dict[tuple[str, str], float | None]:
    """Return the median duration of the last hour in ms, by the model's and the provider's name."""
    recent = UsageRecord.objects.visible_to(access).filter(
        product=PRODUCT, status__lt=400, occurred_at__gte=now - HOUR
    )
    newest = recent.order_by("-occurred_at", "-id").values("pk")[:SAMPLED]
    rows = (
        UsageRecord.objects.filter(pk__in=newest)
        .values("model_used", "provider")
        .annotate(p50=Percentile("duration_ms", share="0.5"))
        .order_by("model_used", "provider")
    )
    return {(row["model_used"], row["provider"]): row["p50"] for row in rows}
