"""Turn rows into what `parts/_chart.html` and the pages' drawings need. No reads."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from avyay_site.templatetags.avyay import count, milliseconds, usd
from avyay_site.usage.periods import Period
from marga.models import Tier
from marga.savings import SUMMED, Savings

TONES = {Tier.LOCAL: "saffron", Tier.MID: "mix", Tier.FRONTIER: "accent", "": "idle"}
NAMES = {**dict(Tier.choices), "": "No tier"}
NOTHING = Savings()
Row = dict[str, Any]
K = TypeVar("K", bound=Hashable)


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


def spend(period: Period, parts: Iterable[Savings]) -> Row:
    """Return what was spent, beside what the baseline would have cost."""
    sums = added(parts, lambda part: _step(period, part))

    def cells(at: datetime) -> list[Row]:
        found = sums.get(at, NOTHING)
        money = [_money(amount) for amount in (found.cost_usd, found.baseline_usd, found.saved_usd)]
        return [*money, _number(found.requests)]

    heads = [
        head("Spent", "accent", "usd"),
        head("Baseline", "idle", "usd", dash=True),
        head("Saved", unit="usd"),
        head("Requests"),
    ]
    return chart("spend", "Spend and what the baseline would have cost, USD", period, heads, cells)


def tiers(period: Period, parts: Sequence[Savings]) -> Row:
    """Return how many requests each tier answered."""
    sums = added(parts, lambda part: (_step(period, part), part.name))
    used = [tier for tier in NAMES if tier or any(not part.name and part.requests for part in parts)]
    return chart(
        "tiers",
        "Requests by tier",
        period,
        [head(NAMES[tier], TONES[tier]) for tier in used],
        lambda at: [_number(sums.get((at, tier), NOTHING).requests) for tier in used],
    )


def added(parts: Iterable[Savings], key: Callable[[Savings], K]) -> dict[K, Savings]:
    """Add up the parts that have the same key."""
    found: dict[K, Savings] = {}
    for part in parts:
        before = found.get(key(part), replace(NOTHING, name=part.name, moment=part.moment))
        sums: dict[str, Any] = {name: getattr(before, name) + getattr(part, name) for name in SUMMED}
        found[key(part)] = replace(before, **sums)
    return found


def _step(period: Period, part: Savings) -> datetime | None:
    """Return the step of the page that a part falls into: it shows days where short periods are summed by the hour."""
    return part.moment if period.is_hourly or part.moment is None else part.moment.replace(hour=0)


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


def _money(amount: Decimal) -> Row:
    return {"value": f"{amount:f}", "text": usd(amount)}


def _number(number: int) -> Row:
    return {"value": str(number), "text": count(number)}


def _milliseconds(number: float | None) -> Row:
    return {"value": "" if number is None else f"{number:.1f}", "text": milliseconds(number)}
