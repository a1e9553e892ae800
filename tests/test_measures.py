"""What the benchmarks reckon with: books, prices, slopes and limits."""

from __future__ import annotations

import json
import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import books, ledger, soak, speaking
from benchmarks.common import Load
from benchmarks.latency import best
from marga.gateway.metering import Meter
from marga.gateway.surfaces import WIRES
from marga.pricing import Price, Usage, cost_usd

PROTOCOLS = ("chat", "messages", "responses")


@st.composite
def usages(draw):
    read, written = draw(st.integers(1, 10**6)), draw(st.integers(1, 10**6))
    cached = draw(st.integers(0, read))
    stored = draw(st.integers(0, read - cached))
    return Usage(read, written, cached, draw(st.integers(0, written)), stored)


def told(protocol, usage):
    """What a protocol can say of a usage."""
    if protocol == "messages":
        return usage._replace(reasoning_tokens=0)
    return usage._replace(cache_write_tokens=0)


@pytest.mark.parametrize("calls_tool", [False, True])
@pytest.mark.parametrize("protocol", PROTOCOLS)
@given(usage=usages())
def test_the_provider_says_the_same_usage_plain_and_streamed(protocol, calls_tool, usage):
    answer = speaking.Answer("m", books.words_of(1), told(protocol, usage), calls_tool, tells=True)
    plain, streamed = Meter(WIRES[protocol]), Meter(WIRES[protocol])

    plain.see_whole(speaking.whole_answer(protocol, answer))
    for _, event in speaking.events(protocol, answer, wants_usage=True):
        data = event.partition(b"data: ")[2]
        if data.strip() != b"[DONE]":
            streamed.see(json.loads(data))

    assert plain.usage(0) == streamed.usage(0) == (answer.usage, False)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_each_word_of_a_stream_is_one_token(protocol):
    answer = speaking.Answer("m", books.words_of(7), Usage(10, 10), calls_tool=False, tells=True)

    tokens = sum(is_token for is_token, _ in speaking.events(protocol, answer, wants_usage=True))

    assert tokens == len(answer.words)


@pytest.mark.parametrize("model", sorted(ledger.PRICES))
@given(usage=usages())
def test_two_ways_of_reckoning_a_price_agree(model, usage):
    price = Price(*(None if text is None else Decimal(text) for text in ledger.PRICES[model]))

    assert ledger.cost_of(model, usage) == cost_usd(usage, price)


@given(st.floats(-5, 5), st.integers(10_000, 1_000_000))
def test_the_slope_of_a_straight_line_is_found(slope, calls):
    samples = [
        soak.Sample(calls * n // 200, 80 + slope * calls * n / 200 / soak.PER, 90, 5, 10) for n in range(201)
    ]

    found, half = soak.slope_of(samples, calls)

    assert found == pytest.approx(slope, abs=0.01)
    assert half == pytest.approx(0, abs=0.05)


def test_noise_without_growth_has_an_interval_that_holds_zero():
    chance = random.Random(3)  # noqa: S311 - the same noise each time
    samples = [soak.Sample(n * 500, 80 + chance.gauss(0, 1), 90, 5, 10) for n in range(2_000)]

    slope, half = soak.slope_of(samples, 1_000_000)

    assert abs(slope) < half < 1


def test_the_frontier_takes_the_fastest_step_within_the_limit_and_without_errors():
    steps = {
        8: Load(5_000, 1, 4.0, 0),
        16: Load(7_000, 2, 4.9, 0),
        32: Load(9_000, 3, 4.9, 2),
        64: Load(9_500, 6, 9.0, 0),
    }

    assert best(steps, 5) == 16
    assert best(steps, 10) == 64
    assert best(steps, 1) is None
