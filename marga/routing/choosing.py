"""Which tier a request needs, and in which order the candidates of a pool serve it. Pure."""

from __future__ import annotations

from typing import NamedTuple

from marga.policies import FRONTIER, LOCAL, MID, TIERS, UP, Policy, TaskRule
from marga.routing.facts import KeyRules, Live, Needs, NoRoute
from marga.routing.options import Option, Pool, least_window, pattern, wanted_window

TYPICAL_OUTPUT_TOKENS = 400
"""How long an answer is expected to be; requests mostly allow far more than gets written."""
RETURN_CHANCE = 0.25
"""How often a conversation that left its warm model comes back, and has all of it read afresh."""
SECOND_USD = 0.001
"""What a second of waiting counts for where a policy balances latency with cost."""
ABOVE, BELOW, UNMAPPED = 1, 2, 100

Row = tuple[int, float, float, int, Option]
"""Rank (smaller serves better), price of a token in and out, position, option."""
Ranked = tuple[int, float, int, Option]
"""Rank, what counts against it, position, option."""


class Wanted(NamedTuple):
    """tier: the one required; reason: one word; why: the same for people; rule: of the task hinted at."""

    tier: int
    reason: str
    why: str
    task: str = ""
    rule: TaskRule | None = None


def required(policy: Policy, needs: Needs, rules: KeyRules) -> Wanted:
    """Return the tier that a request needs, within the tiers that its key may use."""
    wanted = _by_task(policy, needs) if needs.task and needs.is_hinted else None
    wanted = wanted or _by_need(policy, needs, rules)
    if wanted.tier < rules.lowest_tier:
        return wanted._replace(
            tier=rules.lowest_tier,
            reason=wanted.reason if wanted.rule else "floor",
            why=f"{wanted.why}; this key starts at {TIERS[rules.lowest_tier]}",
        )
    if wanted.tier > rules.highest_tier:
        return wanted._replace(
            tier=rules.highest_tier,
            reason=wanted.reason if wanted.rule else "ceiling",
            why=f"{wanted.why}; this key ends at {TIERS[rules.highest_tier]}",
        )
    return wanted


def _by_task(policy: Policy, needs: Needs) -> Wanted | None:
    rule = policy.tasks.get(needs.task)
    if rule is None or rule.tier is None:
        return None
    return Wanted(
        rule.tier,
        f"task:{needs.task}",
        f"{needs.task} goes to {rule.models[0] if rule.models else TIERS[rule.tier]}",
        needs.task,
        rule,
    )


def _by_need(policy: Policy, needs: Needs, rules: KeyRules) -> Wanted:
    mid, frontier = policy.thresholds(rules.quality_target)
    need = needs.need
    if need >= frontier:
        tier, reason, why = (
            FRONTIER,
            "need>=frontier",
            f"need {need:.2f} asks for frontier, from {frontier:.2f}",
        )
    elif need >= mid:
        tier, reason, why = MID, "need>=mid", f"need {need:.2f} asks for mid, from {mid:.2f}"
    else:
        tier, reason, why = LOCAL, "need<mid", f"need {need:.2f} is under {mid:.2f}, where mid begins"
    if needs.doubt >= policy.doubt:
        raised = abstained(policy, tier)
        if raised > tier:
            why = f"{why}; unlike anything known (doubt {needs.doubt:.2f}), so at least {TIERS[raised]}"
            tier, reason = raised, "abstained"
    rule = policy.tasks.get(needs.task) if needs.task and needs.is_hinted else None
    if rule is not None:
        return Wanted(tier, f"task:{needs.task}", f"{needs.task} goes to {rule.models[0]}", needs.task, rule)
    return Wanted(tier, reason, why)


def abstained(policy: Policy, tier: int) -> int:
    """Return the tier for a request that the classifier does not dare to judge."""
    if policy.abstain == UP:
        return min(tier + 1, FRONTIER)
    return max(tier, TIERS.index(policy.abstain)) if policy.abstain in TIERS else tier


def rows(pool: Pool, policy: Policy, wanted: Wanted) -> list[Row]:
    """Return the candidates with the rank that each has for what is wanted; worked out once."""
    key = (policy.name, wanted.task, wanted.tier)
    found = pool.rows.get(key)
    if found is None:
        found = pool.rows[key] = [
            (_rank(o, wanted), o.input_usd, o.output_usd, o.position, o) for o in pool.options
        ]
    return found


def _rank(option: Option, wanted: Wanted) -> int:
    """0 serves best; good enough comes before too weak, and the less weak before the weaker."""
    if wanted.rule is None:
        return 0 if option.tier >= wanted.tier else BELOW + FRONTIER - option.tier
    for place, glob in enumerate(wanted.rule.models):
        fits = wanted.rule.tier is None or option.tier <= wanted.tier
        if fits and pattern(glob).match(option.candidate.name):
            return place
    if option.tier == wanted.tier:
        return UNMAPPED
    return UNMAPPED + (ABOVE if option.tier > wanted.tier else BELOW + FRONTIER - option.tier)


def fitting(found: list[Row], pool: Pool, needs: Needs) -> list[Row]:
    """Leave out what cannot hold the request, and where there are others what cannot write as much as it allows.

    Where no window surely holds it, the largest that just may are left.
    Raises NoRoute when it is too long for any.
    """
    if needs.output_tokens > pool.smallest_output:
        found = [row for row in found if row[4].most_output >= needs.output_tokens] or found
    most = wanted_window(needs.input_tokens, needs.output_tokens)
    if pool.smallest_window >= most:
        return found
    if sure := [row for row in found if row[4].window >= most]:
        return sure
    largest = max(row[4].window for row in found)
    if largest < least_window(needs.input_tokens):
        raise too_long(needs.input_tokens, largest)
    return [row for row in found if row[4].window == largest]


def too_long(tokens: int, largest: int) -> NoRoute:
    """Say that no window holds so many tokens."""
    return NoRoute(
        400,
        "context_length_exceeded",
        f"The request holds about {tokens:,} tokens; the largest model that it may use takes {largest:,}. "
        "Shorten it, or start a new conversation.",
    )


def ranked(found: list[Row], policy: Policy, needs: Needs, live: Live) -> list[Ranked]:
    """Return candidates best first, by rank, then by what the policy orders by; health is not looked at yet."""
    tokens_in, tokens_out = needs.input_tokens, expected_output(needs)
    if policy.order == "latency":
        result = [(rank, live.latency_ms(o.id) or 0.0, at, o) for rank, _, _, at, o in found]
    elif policy.order == "balanced":
        result = [
            (rank, x * tokens_in + y * tokens_out + (live.latency_ms(o.id) or 0.0) / 1000 * SECOND_USD, at, o)
            for rank, x, y, at, o in found
        ]
    else:
        result = [(rank, x * tokens_in + y * tokens_out, at, o) for rank, x, y, at, o in found]
    if needs.warm and policy.prompt_cache:
        _credit_warm(result, needs)
    result.sort()
    if policy.order == "cost" and len(result) > 1 and result[0][1] == result[1][1]:
        _quickest_first(result, needs.warm, live)
    return result


def expected_output(needs: Needs) -> int:
    """Return how many tokens the answer will probably have."""
    return min(needs.output_tokens or TYPICAL_OUTPUT_TOKENS, TYPICAL_OUTPUT_TOKENS)


def cold_usd(option: Option, needs: Needs) -> float:
    """Return what a request costs there when nothing of it is cached."""
    return option.input_usd * needs.input_tokens + option.output_usd * expected_output(needs)


def _credit_warm(result: list[Ranked], needs: Needs) -> None:
    """Count for the warm candidate what its cached prefix saves now, and may cost if the conversation comes back."""
    for at, (rank, against, _, option) in enumerate(result):
        if option.id == needs.warm:
            saved = min(needs.warm_tokens, needs.input_tokens) * (option.input_usd - option.cached_usd)
            # Position -1: where staying costs the same as leaving, it stays.
            result[at] = (rank, against - saved * (1 + RETURN_CHANCE), -1, option)
            return


def _quickest_first(result: list[Ranked], warm: str, live: Live) -> None:
    """Among those that serve equally well for the same money, put the quickest first, but leave the warm one."""
    rank, against = result[0][:2]
    last = next((at for at, row in enumerate(result) if row[0] != rank or row[1] != against), len(result))
    result[:last] = sorted(
        result[:last], key=lambda row: (row[3].id != warm, live.latency_ms(row[3].id) or 0.0, row[2])
    )


def usable_first(result: list[Ranked], most: int, live: Live) -> tuple[list[Option], bool]:
    """Return at most `most` options, those in good health first, and whether the best one was passed over."""
    good: list[Option] = []
    ill: list[Option] = []
    for _, _, _, option in result:
        if live.is_usable(option.id):
            good.append(option)
            if len(good) == most:
                break
        else:
            ill.append(option)
    return (good + ill)[:most], bool(ill and good and result[0][3] is ill[0])
