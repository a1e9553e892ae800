"""Reads of usage."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import F, QuerySet, Sum, TextField, Value

from avyay_site.usage.models import UsageDay


def get_month_spend(key_ids: Iterable[str], *, today: date) -> dict[str, Decimal]:
    """Return what each key has spent in USD since the first of this month (UTC); keys without usage are 0."""
    wanted = list(key_ids)
    rows = (
        UsageDay.objects.filter(key_id__in=wanted, day_date__gte=today.replace(day=1))
        .values_list("key_id")
        .annotate(total=Sum("cost_usd"))
        .order_by("key_id")
    )
    spent = dict.fromkeys(wanted, Decimal(0))
    spent.update({key_id: total for key_id, total in rows if key_id})
    return spent


MOST_DAY_ROWS = 5000
SUMS = (
    *("requests", "errors", "input_tokens", "output_tokens"),
    *("cached_input_tokens", "cache_write_tokens", "reasoning_tokens", "cost_usd"),
)


def get_day_sums(days: QuerySet[UsageDay], *, group: str | None) -> list[dict[str, Any]]:
    """Return sums by day, newest first: `day_date`, `group` (the value of that column, or None) and SUMS.

    At most MOST_DAY_ROWS + 1 rows, so that the caller can tell that there are more.
    """
    rows = days.values("day_date", group=F(group) if group else Value(None, output_field=TextField()))
    summed = rows.annotate(**{f"sum_{name}": Sum(name) for name in SUMS}).order_by("-day_date", "group")
    return [
        {"day_date": row["day_date"], "group": row["group"], **{name: row[f"sum_{name}"] for name in SUMS}}
        for row in summed[: MOST_DAY_ROWS + 1]
    ]
