"""Reads of usage."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django.db.models import Sum

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
