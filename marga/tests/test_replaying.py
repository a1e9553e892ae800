from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marga.policies import BUILT_IN, parse_policy
from marga.pricing import Price, Usage
from marga.replaying import Offer, Stored, replay, suffices
from marga.routing import ANYTHING, Candidate, KeyRules

PRICES = {
    "local": Price(Decimal(0), Decimal(0)),
    "mid": Price(Decimal(1), Decimal(4)),
    "big": Price(Decimal(5), Decimal(20)),
}
HOUSE = Offer(
    tuple(
        Candidate(
            id=name,
            name=name,
            tier=tier,
            provider_id="p",
            provider="home",
            input_usd=float(PRICES[name].input_usd_per_mtok or 0),
            output_usd=float(PRICES[name].output_usd_per_mtok or 0),
        )
        for tier, name in enumerate(PRICES)
    ),
    PRICES,
)
CALL = Stored(
    request_id="req-0",
    workspace_id="w",
    session="",
    protocol="chat",
    model_requested="auto",
    model_used="big",
    provider="home",
    policy="auto",
    tier=2,
    task="",
    is_hinted=False,
    need=0.1,
    doubt=0.0,
    is_locked=False,
    is_cached=False,
    usage=Usage(1_000, 500),
    seconds=1.0,
    cost_usd=Decimal("0.015"),
    capabilities=frozenset(),
    rules=ANYTHING,
)


def run(*calls: Stored, policy: Any = "auto", only: str = ""):
    chosen = BUILT_IN[policy] if isinstance(policy, str) else parse_policy("p", policy)
    return replay(calls, chosen, lambda workspace_id: HOUSE, only=only)


def test_a_cheaper_policy_is_shown_with_what_it_saves_and_what_it_costs_in_quality():
    report = run(CALL, CALL._replace(request_id="req-1", need=0.5))

    assert (report.requests, report.decided, report.changed) == (2, 2, 2)
    assert report.cost_before_usd == Decimal("0.030")
    assert report.cost_after_usd == Decimal("0.003")
    assert report.tiers_before == {"local": 0, "mid": 0, "frontier": 2}
    assert report.tiers_after == {"local": 1, "mid": 1, "frontier": 0}
    assert sorted(report.changes) == [("big", "local", 1), ("big", "mid", 1)]
    assert report.quality_before.value == 1.0
    assert report.quality_after.value == pytest.approx((0.9 + 0.75) / 2)
    assert report.quality_change.value == pytest.approx(-0.175)


def test_a_call_that_stays_keeps_what_it_really_cost():
    report = run(CALL._replace(need=0.9, cost_usd=Decimal("0.0042")))

    assert (report.changed, report.cost_after_usd) == (0, Decimal("0.0042"))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"is_cached": True}, "answered from a cache"),
        ({"model_requested": "big"}, "asked for by name"),
        ({"is_locked": True}, "bound to its model"),
        ({"policy": "cheap"}, "under another policy"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_the_policy_would_not_decide_is_left_alone(changes, reason):
    report = run(CALL._replace(**changes), only="auto")

    assert (report.decided, report.left_alone) == (0, {reason: 1})
    assert report.saved_share.value == 0.0


def test_what_would_be_refused_is_counted_by_its_code():
    report = run(CALL._replace(rules=KeyRules(allowed_models=("gone",))))

    assert report.refused == {"model_not_allowed": 1}


def test_a_cascade_pays_for_its_samples_and_for_half_of_the_strong_answers():
    policy = {"cascade": {"tasks": ["arithmetic"]}, "tiers": {"mid": 1.0}}
    report = run(CALL._replace(task="arithmetic"), policy=policy)

    assert report.cost_after_usd == Decimal("0.0015")
    assert report.quality_after.value == pytest.approx(0.95)


def test_the_same_calls_give_the_same_report_and_it_is_json():
    calls = [CALL._replace(request_id=f"req-{n}", need=n / 50) for n in range(50)]
    report = run(*calls)

    assert report == run(*calls)
    document = json.loads(json.dumps(report.as_json()))
    assert document["cost_before_usd"] == "0.750"
    assert document["changes"][0].keys() == {"from", "to", "requests"}


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40), st.sampled_from(["auto", "cheap", "best"]))
def test_estimates_lie_within_their_intervals_and_probabilities_between_nought_and_one(needs, policy):
    report = run(
        *(CALL._replace(request_id=f"req-{n}", need=need) for n, need in enumerate(needs)), policy=policy
    )

    for estimate in (report.saved_share, report.quality_before, report.quality_after, report.quality_change):
        assert estimate.low - 1e-9 <= estimate.value <= estimate.high + 1e-9 or len(needs) < 20
        assert estimate.low <= estimate.high
    assert 0 <= report.quality_after.value <= 1
    assert sum(report.tiers_after.values()) == report.decided


@given(st.floats(0, 1))
def test_a_higher_tier_never_suffices_less(need):
    assert suffices(need, 0) <= suffices(need, 1) <= suffices(need, 2) == 1.0


def test_one_long_conversation_makes_the_interval_wide():
    alone = [CALL._replace(request_id=f"req-{n}", need=0.1 if n % 2 else 0.9) for n in range(200)]
    talking = [call._replace(session=f"s{n % 2}") for n, call in enumerate(alone)]

    def width(calls: list[Stored]) -> float:
        saved = run(*calls).saved_share
        return float(saved.high - saved.low)

    assert width(talking) > 2 * width(alone)
