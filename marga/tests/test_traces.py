from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marga.strict import WrongField
from marga.traces import DEFAULTS, parse_trace


def trace(**changes):
    return {
        "protocol": "chat",
        "policy": "auto",
        "tier": "mid",
        "task": "review",
        "need": 0.41,
        "doubt": 0.2,
        "reason": "need<frontier",
        "explain": "A middle model will do.",
        "cache": "",
        "attempts": [
            {"model": "gpt-5-mini", "provider": "openai", "credential": "main", "status": 200, "error": "", "started_ms": 1.26, "ms": 250}
        ],
        "baseline_model": "gpt-5.5",
        "baseline_usd": "0.01",
        "saved_usd": "0.009",
        "overhead_ms": 0.42,
        "first_byte_ms": 120,
        "input_tokens_estimated": 33,
        "capabilities": ["tools"],
        "session": "ab" * 16,
        "warnings": [],
        "bucket": "people",
    } | changes  # fmt: skip


def test_a_trace_is_read_with_exact_money():
    found = parse_trace(trace())

    assert (found.baseline_usd, found.saved_usd) == (Decimal("0.01"), Decimal("0.009"))
    assert found.attempts[0]["started_ms"] == 1.3
    assert (found.tier, found.need, found.price_id) == ("mid", 0.41, "")


def test_what_is_left_out_has_its_usual_meaning_and_what_is_new_is_passed_over():
    assert parse_trace({}) == parse_trace({"of_tomorrow": {"x": 1}})
    assert parse_trace({"attempts": [{"model": "x", "of_tomorrow": 1, "status": None}]}).attempts[0] == {
        "model": "x",
        "provider": "",
        "credential": "",
        "status": 0,
        "error": "",
        "started_ms": 0.0,
        "ms": 0.0,
    }


def test_a_try_that_is_no_try_at_the_answer_says_what_it_is_for_and_what_it_cost():
    given = [{"model": "x", "part": "sample", "cost_usd": "0.002"}, {"model": "y", "part": "verifier"}]

    found = parse_trace({"attempts": given}).attempts

    assert [(one["part"], Decimal(one["cost_usd"])) for one in found] == [
        ("sample", Decimal("0.002")),
        ("verifier", Decimal(0)),
    ]


def test_a_loss_is_a_saving_below_zero():
    assert parse_trace(trace(saved_usd="-0.5")).saved_usd == Decimal("-0.5")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"need": 1.2}, "need"),
        ({"need": float("nan")}, "need"),
        ({"doubt": True}, "doubt"),
        ({"tier": "2"}, "tier"),
        ({"cache": "hit"}, "cache"),
        ({"baseline_usd": 0.5}, "baseline_usd"),
        ({"baseline_usd": "-1"}, "baseline_usd"),
        ({"attempts": [1]}, "attempts"),
        ({"attempts": [{}] * 17}, "attempts"),
        ({"attempts": [{"status": "200"}]}, "status"),
        ({"attempts": [{"part": "sample", "cost_usd": -1}]}, "cost_usd"),
        ({"sample": "win"}, "sample"),
        ({"warnings": ["x\0"]}, "warnings"),
        ({"capabilities": "tools"}, "capabilities"),
        ({"explain": "x" * 501}, "explain"),
        ({"cache_identity": "abc"}, "cache_identity"),
        ({"cache_identity": "zz"}, "cache_identity"),
    ],
)
def test_a_wrong_field_is_named(changes, named):
    with pytest.raises(WrongField, match=named):
        parse_trace(trace(**changes))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def said_of(value):
    """Return how a value is refused; empty when it is read."""
    try:
        parse_trace(value)
    except WrongField as exc:
        return str(exc)
    return ""


@given(name=st.sampled_from(sorted(DEFAULTS)), value=anything)
def test_whatever_stands_in_a_field_it_is_read_or_refused_with_its_name(name, value):
    said = said_of(trace(**{name: value}))

    assert not said or any(word in said for word in (name, "status", "model", "error", "ms"))


@given(value=anything.filter(lambda value: not isinstance(value, dict)))
def test_what_is_no_object_is_refused(value):
    assert said_of(value)
