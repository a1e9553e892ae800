"""Decide stored calls again, by another policy, and estimate what that would change. Pure.

What it rests on is said with the result: answers stay as long as they were; a changed model has nothing in its
cache; and how often a tier suffices follows from the classifier's calibrated need.
"""

from __future__ import annotations

import random
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from marga.policies import FRONTIER, LOCAL, TIERS, Policy
from marga.pricing import FREE, ZERO, Price, Usage, cost_usd
from marga.routing import ALL_WELL, Candidate, Decision, KeyRules, Needs, NoRoute, Router

NAME = "replayed"
BLOCKS_MOST, RESAMPLES, SEED = 400, 1000, 20261
CHANGES_SHOWN = 10
ESCALATED = 0.5
"""How many calls of a cascade are taken to need the strong model; benchmarks/cascade.py found 29 to 64 %."""

ASSUMPTIONS = (
    "An answer by another model is as long as the one that was given, and finds nothing in a prompt cache.",
    "Conversations inside a tool loop, or bound to what only one model can read, stay where they were.",
    "A local model suffices with the probability 1 - need, a middle one fails half as often, the strongest always does.",
    f"A cascade asks the strong model in {ESCALATED:.0%} of its calls, and suffices as often as a middle model.",
)


class Stored(NamedTuple):
    """One call as it was answered.

    tier: the index of the tier that answered. is_hinted: its client named the task.
    """

    request_id: str
    workspace_id: str
    session: str
    protocol: str
    model_requested: str
    model_used: str
    provider: str
    policy: str
    tier: int
    task: str
    is_hinted: bool
    need: float
    doubt: float
    is_locked: bool
    is_cached: bool
    usage: Usage
    seconds: float
    cost_usd: Decimal
    capabilities: frozenset[str]
    rules: KeyRules


class Offer(NamedTuple):
    """What a workspace has: its candidates, and their prices by id."""

    candidates: tuple[Candidate, ...]
    prices: Mapping[str, Price]


class Interval(NamedTuple):
    """An estimate with the bounds of its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Report:
    """What a policy would change. Costs, tiers and quality are of the calls that it would decide.

    quality: how many answers suffice, from 0 to 1. refused: by the code that a client would get.
    """

    requests: int
    decided: int
    changed: int
    cost_before_usd: Decimal
    cost_after_usd: Decimal
    saved_share: Interval
    quality_before: Interval
    quality_after: Interval
    quality_change: Interval
    tiers_before: dict[str, int]
    tiers_after: dict[str, int]
    changes: list[tuple[str, str, int]]
    left_alone: dict[str, int]
    refused: dict[str, int]
    assumptions: tuple[str, ...] = ASSUMPTIONS

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values; money as text."""
        values = dict(self.__dict__)
        for name in ("saved_share", "quality_before", "quality_after", "quality_change"):
            values[name] = {part: round(v, 6) for part, v in getattr(self, name)._asdict().items()}
        for name in ("cost_before_usd", "cost_after_usd"):
            values[name] = format(values[name], "f")
        values["changes"] = [dict(zip(("from", "to", "requests"), row, strict=True)) for row in self.changes]
        return values


class _House(NamedTuple):
    """A workspace under the new policy."""

    router: Router
    by_id: dict[str, Candidate]
    prices: Mapping[str, Price]


def _house(offer: Offer, policy: Policy) -> _House:
    by_id = {candidate.id: candidate for candidate in offer.candidates}
    return _House(Router(offer.candidates, {NAME: policy}), by_id, offer.prices)


@dataclass
class _Tally:
    """Running sums. blocks: cost before and after, quality before and after, count."""

    requests: int = 0
    decided: int = 0
    changed: int = 0
    before_usd: Decimal = ZERO
    after_usd: Decimal = ZERO
    tiers_before: Counter[str] = field(default_factory=Counter)
    tiers_after: Counter[str] = field(default_factory=Counter)
    changes: Counter[tuple[str, str]] = field(default_factory=Counter)
    left_alone: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    blocks: dict[int, list[float]] = field(default_factory=dict)

    def add(self, call: Stored, to: Candidate, cost: Decimal, quality: float) -> None:
        self.decided += 1
        self.before_usd += call.cost_usd
        self.after_usd += cost
        self.tiers_before[TIERS[call.tier]] += 1
        self.tiers_after[TIERS[to.tier]] += 1
        if not _is_same(call, to):
            self.changed += 1
            self.changes[call.model_used, to.name] += 1
        # A conversation stays together, since its calls are alike.
        block = zlib.crc32((call.session or call.request_id).encode()) % BLOCKS_MOST
        sums = self.blocks.setdefault(block, [0.0] * 5)
        for at, value in enumerate(
            (float(call.cost_usd), float(cost), suffices(call.need, call.tier), quality, 1.0)
        ):
            sums[at] += value


def replay(
    calls: Iterable[Stored], policy: Policy, offer_of: Callable[[str], Offer], *, only: str = ""
) -> Report:
    """Decide calls again by a policy.

    offer_of: what the workspace of this id may call. only: the policy whose calls are decided again; empty for all
    that were routed.
    """
    houses: dict[str, _House] = {}
    tally = _Tally()
    for call in calls:
        tally.requests += 1
        if reason := _left_alone(call, only):
            tally.left_alone[reason] += 1
            continue
        house = houses.get(call.workspace_id)
        if house is None:
            house = houses[call.workspace_id] = _house(offer_of(call.workspace_id), policy)
        try:
            decision = house.router.decide(_needs(call), call.rules, ALL_WELL)
        except NoRoute as refusal:
            tally.refused[refusal.code] += 1
            continue
        tally.add(call, house.by_id[decision.order[0]], *_estimate(call, decision, house, policy))
    return _report(tally)


def suffices(need: float, tier: int) -> float:
    """Return how probably an answer of a tier suffices, by what marga.policies.thresholds_for assumes too."""
    if tier >= FRONTIER:
        return 1.0
    return 1 - need if tier == LOCAL else 1 - need / 2


def _left_alone(call: Stored, only: str) -> str:
    """Return why a call is not decided again; empty when it is."""
    if call.is_cached:
        return "answered from a cache"
    if call.model_requested != "auto" and not call.model_requested.startswith("auto:"):
        return "asked for by name"
    if call.is_locked:
        return "bound to its model"
    return "under another policy" if only and call.policy != only else ""


def _needs(call: Stored) -> Needs:
    return Needs(
        model=f"auto:{NAME}",
        protocol=call.protocol or "chat",
        need=call.need,
        doubt=call.doubt,
        task=call.task,
        input_tokens=call.usage.input_tokens,
        output_tokens=call.usage.output_tokens,
        capabilities=call.capabilities,
        is_hinted=call.is_hinted,
    )


def _is_same(call: Stored, candidate: Candidate) -> bool:
    return call.model_used == candidate.name and call.provider in ("", candidate.provider)


def _estimate(call: Stored, decision: Decision, house: _House, policy: Policy) -> tuple[Decimal, float]:
    """Return what a call would cost, and how probably its answer would suffice."""
    first = house.by_id[decision.order[0]]
    cold = call.usage._replace(cached_input_tokens=0, cache_write_tokens=0)

    def cost(candidate_id: str) -> Decimal:
        return cost_usd(cold, house.prices.get(candidate_id, FREE), call.seconds)

    if decision.cascade and policy.cascade:
        samples = [decision.cheap[n % len(decision.cheap)] for n in range(policy.cascade.samples)]
        strong = cost(decision.strong[0]) * Decimal(str(ESCALATED))
        return sum(map(cost, samples), strong), suffices(call.need, LOCAL + 1)
    spent = call.cost_usd if _is_same(call, first) else cost(first.id)
    return spent, suffices(call.need, first.tier)


def _report(tally: _Tally) -> Report:
    resampled = _resampled(list(tally.blocks.values()))
    whole = [sum(column) for column in zip(*tally.blocks.values(), strict=True)] or [0.0] * 5
    measures = (_saved_share, _quality_before, _quality_after, _quality_change)
    saved, before, after, change = (
        _interval(measure(whole), [measure(sums) for sums in resampled]) for measure in measures
    )
    return Report(
        requests=tally.requests,
        decided=tally.decided,
        changed=tally.changed,
        cost_before_usd=tally.before_usd,
        cost_after_usd=tally.after_usd,
        saved_share=saved,
        quality_before=before,
        quality_after=after,
        quality_change=change,
        tiers_before={tier: tally.tiers_before[tier] for tier in TIERS},
        tiers_after={tier: tally.tiers_after[tier] for tier in TIERS},
        changes=[(*names, count) for names, count in tally.changes.most_common(CHANGES_SHOWN)],
        left_alone=dict(sorted(tally.left_alone.items())),
        refused=dict(sorted(tally.refused.items())),
    )


def _saved_share(sums: list[float]) -> float:
    return 1 - sums[1] / sums[0] if sums[0] else 0.0


def _quality_before(sums: list[float]) -> float:
    return sums[2] / sums[4] if sums[4] else 0.0


def _quality_after(sums: list[float]) -> float:
    return sums[3] / sums[4] if sums[4] else 0.0


def _quality_change(sums: list[float]) -> float:
    return _quality_after(sums) - _quality_before(sums)


def _resampled(blocks: list[list[float]]) -> list[list[float]]:
    """Return the sums of bootstrap samples of whole blocks; the same for the same blocks."""
    chance = random.Random(SEED)  # noqa: S311 (statistics, not a secret)
    return [
        [sum(column) for column in zip(*chance.choices(blocks, k=len(blocks)), strict=True)]
        for _ in range(RESAMPLES if blocks else 0)
    ]


def _interval(value: float, samples: list[float]) -> Interval:
    if not samples:
        return Interval(value, value, value)
    ordered = sorted(samples)
    return Interval(value, ordered[int(0.025 * len(ordered))], ordered[int(0.975 * len(ordered))])
