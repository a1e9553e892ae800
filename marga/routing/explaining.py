"""Why a candidate was chosen: one word for programs, and words for people. Pure."""

from __future__ import annotations

from typing import NamedTuple

from marga.policies import Policy
from marga.routing.choosing import Ranked, Wanted, cold_usd
from marga.routing.facts import Needs
from marga.routing.options import Option, Pool, wanted_window


class Said(NamedTuple):
    """reason: the word; why: the rest of a sentence that begins with the candidate."""

    reason: str
    why: str


def chosen(
    policy: Policy, wanted: Wanted, needs: Needs, pool: Pool, ranked: list[Ranked], *, is_shortened: bool
) -> Said:
    """Say why the first of the ranked came first.

    is_shortened: some candidates were left out because they are too small.
    """
    first = ranked[0][3]
    if wanted.rule:
        return Said(wanted.reason, wanted.why)
    if first.tier < wanted.tier:
        return Said("weaker", f"{wanted.why}; there is none of that tier")
    if first.id == needs.warm and policy.prompt_cache and _is_kept(first, ranked, needs):
        return Said("warm", f"{wanted.why}; it has most of the conversation in its cache")
    if policy.order == "cost":
        return _narrowed(first, wanted, pool, needs, is_shortened)
    return Said(wanted.reason, wanted.why)


def _is_kept(first: Option, ranked: list[Ranked], needs: Needs) -> bool:
    """Tell whether the warm candidate would not have come first with a cold cache."""
    mine = (cold_usd(first, needs), first.position)
    return any((cold_usd(o, needs), o.position) < mine for rank, _, _, o in ranked if rank == ranked[0][0])


def _narrowed(first: Option, wanted: Wanted, pool: Pool, needs: Needs, is_shortened: bool) -> Said:
    """Say when a cheaper model was left out, because it lacks something or is too small."""

    def is_cheaper(option: Option) -> bool:
        return option.tier >= wanted.tier and option.output_usd < first.output_usd

    if pool.lacking and any(map(is_cheaper, pool.lacking)):
        missing = ", ".join(sorted(needs.capabilities))
        return Said("capability", f"{wanted.why}; cheaper ones are not known to take {missing}")
    most = wanted_window(needs.input_tokens, needs.output_tokens)
    if is_shortened and any(o.window < most and is_cheaper(o) for o in pool.options):
        return Said("context", f"{wanted.why}; cheaper ones cannot hold about {needs.input_tokens:,} tokens")
    return Said(wanted.reason, wanted.why)
