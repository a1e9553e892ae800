"""Watch monthly budgets: say once a month when a key passes 50, 80 and 100 % of its budget."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from avyay_site import events
from avyay_site.keys.models import ApiKey
from avyay_site.usage.models import BudgetNotice
from avyay_site.usage.queries import get_month_spend

THRESHOLDS = (50, 80, 100)


@dataclass(frozen=True, kw_only=True)
class BudgetThreshold(events.Event):
    """A key has spent this share of its monthly budget. percent: the highest threshold that was newly passed."""

    key_id: str
    key_name: str
    percent: int
    spent_usd: Decimal
    budget_usd: Decimal
    month_date: date


def announce_crossings(key_ids: Iterable[str], *, today: date) -> None:
    """Publish BudgetThreshold for the keys that passed a threshold that was not announced this month."""
    limited = list(
        ApiKey.objects.filter(pk__in=sorted(set(key_ids)), monthly_budget_usd__gt=0).order_by("pk")
    )
    if not limited:
        return
    spent = get_month_spend([key.pk for key in limited], today=today)
    for key in limited:
        _announce(key, spent[key.pk], month_date=today.replace(day=1))


def passed(spent_usd: Decimal, budget_usd: Decimal) -> tuple[int, ...]:
    """Return the thresholds, in percent, that a spend has reached, lowest first."""
    return tuple(percent for percent in THRESHOLDS if spent_usd * 100 >= budget_usd * percent)


def _announce(key: ApiKey, spent_usd: Decimal, *, month_date: date) -> None:
    budget_usd = key.monthly_budget_usd or Decimal(0)
    reached = passed(spent_usd, budget_usd)
    if not reached or not _claim(key, reached, month_date):
        return
    events.publish(
        BudgetThreshold(
            workspace_id=key.workspace_id,
            key_id=key.pk,
            key_name=key.name,
            percent=reached[-1],
            spent_usd=spent_usd,
            budget_usd=budget_usd,
            month_date=month_date,
        )
    )


def _claim(key: ApiKey, reached: tuple[int, ...], month_date: date) -> bool:
    """Note the thresholds as announced; False when the highest was noted before (the caller holds the usage lock)."""
    noted = set(
        BudgetNotice.objects.filter(key=key, month_date=month_date, percent__in=reached).values_list(
            "percent", flat=True
        )
    )
    BudgetNotice.objects.bulk_create(
        [
            BudgetNotice(workspace_id=key.workspace_id, key=key, month_date=month_date, percent=percent)
            for percent in reached
            if percent not in noted
        ],
        ignore_conflicts=True,
    )
    return reached[-1] not in noted
