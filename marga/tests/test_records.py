from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marga.records import FIELDS, NEEDED, parse_record
from marga.strict import WrongField


def sample(**changes):
    return {
        "request_id": "req_01JD0000000000000000000001",
        "occurred_at": "2026-03-02T09:30:00+00:00",
        "workspace_id": "ws_1",
        "key_id": "key_1",
        "product": "marga",
        "action": "chat.completions",
        "model_requested": "auto",
        "model_used": "gpt-5-mini",
        "provider": "openai",
        "status": 200,
        "input_tokens": 12,
        "output_tokens": 34,
        "cached_input_tokens": 0,
        "cache_write_tokens": 0,
        "reasoning_tokens": 0,
        "cost_usd": "0.00123",
        "is_estimated": False,
        "is_stream": False,
        "is_cancelled": False,
        "duration_ms": 120,
        "ttft_ms": None,
        "error_type": "",
        "trace": None,
    } | changes


def test_a_right_record_is_read_with_exact_money_and_utc_time():
    record = parse_record(sample(occurred_at="2026-03-02T10:30:00+01:00"))

    assert record.cost_usd == Decimal("0.00123")
    assert record.occurred_at == dt.datetime(2026, 3, 2, 9, 30, tzinfo=dt.UTC)
    assert record.occurred_at.tzinfo is dt.UTC


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"request_id": "short"}, "request_id"),
        ({"request_id": "req_01JD 0000"}, "request_id"),
        ({"occurred_at": "2026-03-02T09:30:00"}, "occurred_at"),
        ({"occurred_at": 1772443800}, "occurred_at"),
        ({"workspace_id": ""}, "workspace_id"),
        ({"key_id": 7}, "key_id"),
        ({"model_used": "x" * 201}, "model_used"),
        ({"model_used": "a\0b"}, "model_used"),
        ({"model_used": "\ud800"}, "model_used"),
        ({"status": 42}, "status"),
        ({"status": True}, "status"),
        ({"input_tokens": -1}, "input_tokens"),
        ({"output_tokens": 1.5}, "output_tokens"),
        ({"output_tokens": 10**13}, "output_tokens"),
        ({"cost_usd": 0.1}, "cost_usd"),
        ({"cost_usd": "-1"}, "cost_usd"),
        ({"cost_usd": "NaN"}, "cost_usd"),
        ({"cost_usd": "1e40"}, "cost_usd"),
        ({"is_stream": 1}, "is_stream"),
        ({"ttft_ms": -1}, "ttft_ms"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_wrong_field_is_named(changes, named):
    with pytest.raises(WrongField, match=named):
        parse_record(sample(**changes))


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_a_missing_field_is_named(name):
    record = sample()
    del record[name]

    with pytest.raises(WrongField, match=name):
        parse_record(record)


def test_what_an_older_gateway_leaves_out_has_its_usual_meaning():
    old = sample()
    del old["cache_write_tokens"], old["trace"]

    record = parse_record(old)

    assert (record.cache_write_tokens, record.trace, record.trace_problem) == (0, None, "")


def test_a_trace_that_cannot_be_read_costs_the_trace_and_not_the_record():
    record = parse_record(sample(trace={"need": 2}))

    assert record.cost_usd == Decimal("0.00123")
    assert record.trace is None
    assert "need" in record.trace_problem


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(name=st.sampled_from(sorted(FIELDS)), value=anything)
def test_whatever_stands_in_a_field_it_is_read_or_refused_with_a_sentence(name, value):
    try:
        record = parse_record(sample(**{name: value}))
    except WrongField as exc:
        said = str(exc)
    else:
        said = name
        assert record.occurred_at.tzinfo is dt.UTC
        assert (record.trace is None) == (name != "trace" or value is None or bool(record.trace_problem))
    assert name in said


@given(value=anything)
def test_what_is_no_record_is_refused(value):
    with pytest.raises(WrongField):
        parse_record(value)
