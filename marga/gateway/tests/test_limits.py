from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marga.gateway.errors import Refusal
from marga.gateway.limits import Limits
from marga.gateway.snapshot import Key
from marga.gateway.windows import Window

ZERO = Decimal(0)


def key(**changes) -> Key:
    fields = {
        "id": "key_1",
        "workspace_id": "ws",
        "name": "n",
        "bucket": "",
        "may_call": True,
        "requests_per_minute": None,
        "tokens_per_minute": None,
        "concurrency": None,
        "monthly_budget_usd": None,
        "spent_usd": ZERO,
        "expires_at": None,
    }
    return Key(**{**fields, **changes})


def admit(limits, k, now=0.0, tokens=0, usd=ZERO):
    return limits.admit(k, limits.state(k, now), tokens=tokens, max_usd=usd, now=now)


@given(st.lists(st.floats(min_value=0, max_value=3), min_size=1, max_size=400), st.integers(1, 50))
def test_never_more_than_the_limit_in_any_fixed_minute_and_little_more_in_a_sliding_one(gaps, limit):
    limits, k, now, taken = Limits(1), key(requests_per_minute=limit), 0.0, []
    for gap in gaps:
        now += gap
        try:
            admit(limits, k, now).close(0)
        except Refusal:
            continue
        taken.append(now)

    for begin in taken:
        assert sum(begin <= t < begin + 60 for t in taken) <= 2 * limit
    for minute in range(int(now // 60) + 1):
        assert sum(minute * 60 <= t < minute * 60 + 60 for t in taken) <= limit


@given(st.floats(0, 200), st.integers(1, 30), st.integers(0, 29))
def test_after_the_wait_that_is_promised_there_is_room(now, used, allowed):
    window = Window(0.0)
    for _ in range(used):
        window.add(1)

    wait = window.wait(now, allowed)

    assert window.used(now + wait + 1e-6) <= allowed + 1e-6


def test_requests_over_the_limit_are_refused_with_the_time_to_wait():
    limits, k = Limits(1), key(requests_per_minute=2)
    admit(limits, k)
    admit(limits, k)

    with pytest.raises(Refusal) as caught:
        admit(limits, k)

    assert caught.value.status == 429
    assert int(dict(caught.value.headers)[b"retry-after"]) > 0


def test_a_call_that_never_fits_is_not_told_to_wait():
    limits, k = Limits(1), key(tokens_per_minute=50)

    with pytest.raises(Refusal) as caught:
        admit(limits, k, tokens=51)

    assert caught.value.code == "tokens_per_minute_exceeded"
    assert caught.value.headers == [(b"x-should-retry", b"false")]
    admit(limits, k, tokens=50).close(50)


def test_workers_share_a_limit():
    limits, k = Limits(2), key(requests_per_minute=4)
    admit(limits, k)
    admit(limits, k)

    with pytest.raises(Refusal):
        admit(limits, k)


def test_reserved_tokens_are_given_back_when_less_was_used():
    limits, k = Limits(1), key(tokens_per_minute=100)
    admit(limits, k, tokens=90).close(10)

    admit(limits, k, tokens=90)


def test_a_call_ends_only_once():
    limits, k = Limits(1), key(concurrency=1)
    first = admit(limits, k)
    first.close(0)
    first.close(0)
    admit(limits, k)

    with pytest.raises(Refusal) as caught:
        admit(limits, k)

    assert caught.value.code == "too_many_concurrent_requests"


def test_of_200_parallel_calls_with_one_dollar_left_only_as_many_begin_as_it_can_pay():
    limits, k = Limits(1), key(monthly_budget_usd=Decimal(10), spent_usd=Decimal(9))
    for _ in range(3):
        admit(limits, k, usd=Decimal("0.3"))

    for _ in range(197):
        with pytest.raises(Refusal) as caught:
            admit(limits, k, usd=Decimal("0.3"))
        assert caught.value.status == 402
        assert (b"x-should-retry", b"false") in caught.value.headers


def test_a_budget_counts_what_web_does_not_know_yet_and_then_what_web_says():
    limits, k = Limits(1), key(monthly_budget_usd=Decimal(1))
    state = limits.state(k, 0.0)
    limits.book(k, state, Decimal(1), position=1)
    with pytest.raises(Refusal):
        admit(limits, k)

    limits.shipped(1, {"key_1": "0.5"})
    admit(limits, k).close(0)
    limits.shipped(1, {"key_1": "1.0"})

    with pytest.raises(Refusal):
        admit(limits, k)


def test_headers_carry_the_same_numbers_in_the_old_and_the_new_form():
    limits, k = Limits(1), key(requests_per_minute=10, tokens_per_minute=1000)
    admit(limits, k, tokens=100)

    headers = dict(limits.headers(k, limits.state(k, 0.0), 0.0))

    assert headers[b"x-ratelimit-limit-requests"] == b"10"
    assert headers[b"x-ratelimit-remaining-requests"] == b"9"
    assert headers[b"x-ratelimit-remaining-tokens"] == b"900"
    assert headers[b"ratelimit-policy"] == b'"req";q=10;w=60, "tok";q=1000;w=60'
    assert headers[b"ratelimit"].startswith(b'"req";r=9;')


def test_states_of_keys_that_are_gone_are_dropped():
    limits, k = Limits(1), key(concurrency=1)
    admit(limits, k).close(0)

    limits.forget(set())

    assert limits._states == {}
