"""Turn rows into what `parts/_chart.html` and the pages' drawings need. No reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from avyay_site.templatetags.avyay import count, milliseconds, usd
from avyay_site.usage.periods import Period
from marga.models import Tier
from marga.savings import NO_MONEY, Savings

TONES = {Tier.LOCAL: "saffron", Tier.MID: "mix", Tier.FRONTIER: "accent", "": "idle"}
NAMES = {**dict(Tier.choices), "": "No tier"}
Row = dict[str, Any]


def chart(name: str, label: str, period: Period, heads: Sequence[Row], cells: Any) -> Row:
    """Return a chart over the period's steps; cells: from the start of a step to its cells."""
    shape = "%a %H:%M" if period.is_hourly else "%Y-%m-%d"
    return {
        "name": name,
        "label": label,
        "step": "hour" if period.is_hourly else "day",
        "heads": heads,
        "rows": [
            {"at": at, "text": at.strftime(shape), "cells": cells(at)}
            for at in reversed(list(period.steps()))
        ],
    }


def head(name: str, tone: str = "", unit: str = "", *, dash: bool = False) -> Row:
    """Return a column; only those with a tone are drawn."""
    return {"name": name, "tone": tone, "unit": unit, "dash": dash}


def spend(period: Period, steps: Sequence[Savings]) -> Row:
    """Return what was spent, beside what the baseline would have cost."""
    sums = _by_step(period, steps)

    def cells(at: datetime) -> list[Row]:
        cost, baseline, saved, requests = sums.get(at, (NO_MONEY, NO_MONEY, NO_MONEY, 0))
        return [_money(cost), _money(baseline), _money(saved), _number(requests)]

    heads = [
        head("Spent", "accent", "usd"),
        head("Baseline", "idle", "usd", dash=True),
        head("Saved", unit="usd"),
        head("Requests"),
    ]
    return chart("spend", "Spend and what the baseline would have cost, USD", period, heads, cells)


def tiers(period: Period, found: Mapping[datetime, Mapping[str, int]]) -> Row:
    """Return how many requests each tier answered."""
    used = [tier for tier in NAMES if tier or any("" in counted for counted in found.values())]
    heads = [head(NAMES[tier], TONES[tier]) for tier in used]
    return chart(
        "tiers",
        "Requests by tier",
        period,
        heads,
        lambda at: [_number(found.get(at, {}).get(tier, 0)) for tier in used],
    )


def latency(period: Period, found: Mapping[datetime, Mapping[str, float | None]]) -> Row:
    """Return how long answers took; steps without calls have gaps."""
    heads = [
        head("Whole, p50", "accent", "ms"),
        head("Whole, p95", "saffron", "ms"),
        head("First token, p50", "mix", "ms"),
    ]
    return chart(
        "latency",
        "Latency in milliseconds",
        period,
        heads,
        lambda at: [_milliseconds(found.get(at, {}).get(name)) for name in ("p50", "p95", "ttft")],
    )


def tier_order(part: Savings) -> int:
    """Return where a tier stands: the cheapest first, none at the end."""
    return list(NAMES).index(part.name)


def shares(parts: Sequence[tuple[str, int]]) -> list[Row]:
    """Return the parts of a bar, from tiers and their requests."""
    whole = sum(requests for _, requests in parts)
    found, offset = [], 0.0
    for tier, requests in sorted(parts, key=lambda part: list(NAMES).index(part[0])):
        share = 100 * requests / whole if whole else 0.0
        found.append({"label": NAMES[tier].lower(), "percent": share, "offset": offset, "tone": TONES[tier]})
        offset += share
    return found


def _by_step(
    period: Period, steps: Sequence[Savings]
) -> dict[datetime, tuple[Decimal, Decimal, Decimal, int]]:
    """Add up what falls into the same step: short periods are summed by the hour even where a page shows days."""
    sums: dict[datetime, tuple[Decimal, Decimal, Decimal, int]] = {}
    for step in steps:
        if step.moment is None:
            continue
        at = step.moment if period.is_hourly else step.moment.replace(hour=0)
        cost, baseline, saved, requests = sums.get(at, (NO_MONEY, NO_MONEY, NO_MONEY, 0))
        sums[at] = (
            cost + step.cost_usd,
            baseline + step.baseline_usd,
            saved + step.saved_usd,
            requests + step.requests,
        )
    return sums


def _money(amount: Decimal) -> Row:
    return {"value": f"{amount:f}", "text": usd(amount)}


def _number(number: int) -> Row:
    return {"value": str(number), "text": count(number)}


def _milliseconds(number: float | None) -> Row:
    return {"value": "" if number is None else f"{number:.1f}", "text": milliseconds(number)}
