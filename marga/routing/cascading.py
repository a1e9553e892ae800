"""Whom a cascade asks: cheaply first, and strongly when the cheap answers fail their check. Pure."""

from __future__ import annotations

from marga.policies import TIERS, Policy
from marga.routing.choosing import Ranked, Wanted, cold_usd
from marga.routing.facts import Decision, Live, Needs
from marga.routing.options import Option

WORTH_SHARE = 0.5
"""Of the strong answer's cost: what the cheap answers of a cascade may cost at most."""


def with_cascade(
    decision: Decision, policy: Policy, ranked: list[Ranked], wanted: Wanted, needs: Needs, live: Live
) -> Decision:
    """Add whom to ask cheaply first and whom when that fails.

    There is no cascade without two tiers, nor where the samples would cost about as much as the strong answer.
    """
    good = [row[3] for row in ranked if live.is_usable(row[3].id)]
    if not good or not policy.cascade:
        return decision
    lowest = min(option.tier for option in good)
    strong = [o for o in good if o.tier > lowest and o.tier >= wanted.tier]
    if not strong:
        return decision
    cheap = _unlike(
        sorted((o for o in good if o.tier == lowest), key=lambda o: (cold_usd(o, needs), o.position))
    )
    samples = policy.cascade.samples
    calls = samples + (policy.cascade.check == "verifier")
    asked = [cheap[n % len(cheap)] for n in range(calls)]
    if sum(cold_usd(o, needs) for o in asked) >= WORTH_SHARE * cold_usd(strong[0], needs):
        return decision
    return decision._replace(
        cascade=True,
        cheap=tuple(option.id for option in cheap[:calls]),
        strong=tuple(option.id for option in strong[: policy.fallbacks + 1]),
        explain=f"{decision.explain[:-1]}; first {samples} {TIERS[lowest]} answers are compared.",
    )


def _unlike(options: list[Option]) -> list[Option]:
    """Keep one of each model: the same one twice makes the same mistakes twice."""
    seen: dict[str, Option] = {}
    for option in options:
        seen.setdefault(option.candidate.name, option)
    return list(seen.values())
