from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marga.policies import (
    BUILT_IN,
    DEFAULT_TASKS,
    Cascade,
    InvalidPolicy,
    TaskRule,
    parse_policy,
    thresholds_for,
)

WHOLE = {
    "description": "For the night.",
    "tiers": {"mid": 0.2, "frontier": 0.5},
    "abstain": "mid",
    "doubt": 0.4,
    "tasks": {"review": {"tier": "local", "models": ["deepseek-r1*"]}, "letters": {"models": ["claude-*"]}},
    "order": "balanced",
    "cascade": {"tasks": ["arithmetic"], "samples": 3, "check": "agreement"},
    "shadow_percent": 1.5,
    "fallbacks": 1,
    "prompt_cache": False,
}


def test_a_whole_document_is_read():
    policy = parse_policy("night-work", WHOLE)

    assert (policy.name, policy.description) == ("night-work", "For the night.")
    assert policy.thresholds(None) == (0.2, 0.5)
    assert policy.tasks == {
        "review": TaskRule(0, ("deepseek-r1*",)),
        "letters": TaskRule(None, ("claude-*",)),
    }
    assert policy.cascade == Cascade(frozenset({"arithmetic"}), 3, "agreement")
    assert (policy.abstain, policy.doubt, policy.order) == ("mid", 0.4, "balanced")
    assert (policy.shadow_percent, policy.fallbacks, policy.prompt_cache) == (1.5, 1, False)


def test_an_empty_document_behaves_like_auto():
    empty, auto = parse_policy("empty", {}), BUILT_IN["auto"]

    assert empty.thresholds(None) == auto.thresholds(None) == (0.35, 0.6)
    assert empty.tasks is DEFAULT_TASKS
    assert thresholds_for(0.65) == (0.35, 0.6)


def test_one_threshold_alone_keeps_the_other_in_order():
    assert parse_policy("p", {"tiers": {"mid": 0.8}}).thresholds(None) == (0.8, 0.8)


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_higher_quality_target_never_lowers_what_is_required(one, other):
    low, high = sorted((one, other))

    assert thresholds_for(high) <= thresholds_for(low)
    assert all(0 <= t <= 1 for t in thresholds_for(one))


@given(st.sampled_from([*BUILT_IN.values(), parse_policy("mine", WHOLE)]), st.floats(0, 1))
def test_a_policy_that_states_its_thresholds_never_weakens_the_target_of_a_key(policy, target):
    asked = thresholds_for(target)

    assert all(mine <= theirs for mine, theirs in zip(policy.thresholds(target), asked, strict=True))


def test_a_quality_target_in_the_document_sets_the_thresholds():
    policy = parse_policy("p", {"quality_target": 0.9})

    assert policy.thresholds(None) == (0.1, 0.171429)
    assert policy.thresholds(0.5) == (0.1, 0.171429)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "A policy must be a mapping"),
        ({"tier": {}}, "tier is unknown; known are abstain"),
        ({"tiers": {"local": 0.1}}, "tiers.local is unknown"),
        ({"tiers": {"mid": "x"}}, "tiers.mid must be a number from 0 to 1"),
        ({"tiers": {"mid": True}}, "tiers.mid must be a number"),
        ({"tiers": {"mid": float("nan")}}, "tiers.mid must be a number"),
        ({"tiers": {"mid": 0.8, "frontier": 0.2}}, "tiers.frontier must not be below tiers.mid"),
        ({"tiers": 1}, "tiers must be a mapping"),
        ({"tiers": {}, "quality_target": 0.5}, "give it or tiers, not both"),
        ({"abstain": "down"}, "abstain must be one of up, stay, local"),
        ({"doubt": 2}, "doubt must be a number from 0 to 1"),
        ({"order": ["cost"]}, "order must be one of cost"),
        ({"tasks": []}, "tasks must be a mapping"),
        ({"tasks": {"Review!": {"tier": "mid"}}}, "tasks must name tasks in small letters"),
        ({"tasks": {"review": "local"}}, "tasks.review must be a mapping"),
        ({"tasks": {"review": {}}}, "tasks.review must name a tier, models, or both"),
        ({"tasks": {"review": {"tier": "best"}}}, "tasks.review.tier must be one of"),
        ({"tasks": {"review": {"models": "qwen*"}}}, "tasks.review.models must be a list"),
        ({"tasks": {"review": {"models": [""]}}}, "tasks.review.models must hold texts"),
        ({"cascade": True}, "cascade must be a mapping"),
        ({"cascade": {}}, "cascade.tasks must be a list"),
        (
            {"cascade": {"tasks": ["chat"], "samples": 1}},
            "cascade.samples must be a whole number from 2 to 5",
        ),
        ({"cascade": {"tasks": ["chat"], "check": "luck"}}, "cascade.check must be one of agreement"),
        ({"shadow_percent": 6}, "shadow_percent must be a number from 0 to 5"),
        ({"fallbacks": 1.0}, "fallbacks must be a whole number from 0 to 8"),
        ({"quality_target": -0.1}, "quality_target must be a number from 0 to 1"),
        ({"prompt_cache": "yes"}, "prompt_cache must be true or false"),
        ({"description": 3}, "description must be a text"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else None,
)
def test_a_wrong_document_is_refused_with_the_field_and_what_it_holds(document, message):
    with pytest.raises(InvalidPolicy) as refusal:
        parse_policy("p", document)

    assert message in str(refusal.value)


@pytest.mark.parametrize("name", ["", "Night", "a b", "x" * 41, None])
def test_a_name_that_no_client_could_write_is_refused(name):
    with pytest.raises(InvalidPolicy, match="name must be"):
        parse_policy(name, {})


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*WHOLE, "quality_target"]), values, max_size=4))
def test_no_document_is_worse_than_refused(document):
    try:
        parse_policy("p", document)
    except InvalidPolicy as refusal:
        assert str(refusal)  # noqa: PT017 (most are refused, some are right)


def test_the_built_in_policies_are_there():
    assert set(BUILT_IN) == {"auto", "cheap", "best"}
    assert json.dumps([policy.description for policy in BUILT_IN.values()])
