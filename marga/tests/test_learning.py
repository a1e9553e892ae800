"""Need learns from verdicts: nothing from nothing, little from few, never the wrong way and never too far."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marga.learning import MOST, Case, offset, shifted

NEEDS = st.floats(0, 1)
CASES = st.lists(st.builds(Case, NEEDS, st.sampled_from([-1.0, 0.0, 1.0]), st.floats(0.1, 1)), max_size=60)


def test_without_verdicts_nothing_is_shifted():
    assert offset([]) == 0.0
    assert shifted(0.3, 0.0) == 0.3


@given(CASES)
def test_a_shift_is_bounded(cases):
    assert abs(offset(cases)) <= MOST


@given(CASES, st.builds(Case, NEEDS, st.just(1.0), st.floats(0.1, 1)))
def test_one_more_bad_answer_never_lowers_need(cases, bad):
    assert offset([*cases, bad]) >= offset(cases)


@given(CASES, st.builds(Case, NEEDS, st.sampled_from([-1.0, 0.0]), st.floats(0.1, 1)))
def test_one_more_good_answer_never_raises_need(cases, good):
    assert offset([*cases, good]) <= offset(cases)


@given(CASES, st.data())
def test_a_verdict_that_turns_bad_never_lowers_need(cases, data):
    at = data.draw(st.integers(0, max(0, len(cases) - 1)))
    worse = [case._replace(badness=1.0) if n == at else case for n, case in enumerate(cases)]

    assert offset(worse) >= offset(cases)


@given(CASES)
def test_the_order_of_the_verdicts_says_nothing(cases):
    assert offset(cases) == pytest.approx(offset(cases[::-1]), abs=1e-4)


@given(NEEDS, st.floats(-MOST, MOST), st.floats(-MOST, MOST))
def test_shifted_need_stays_a_probability_and_follows_the_shift(need, one, other):
    low, high = sorted((one, other))

    assert 0 <= shifted(need, low) <= 1
    assert shifted(need, low) <= shifted(need, high)


@given(NEEDS, NEEDS, st.floats(-MOST, MOST))
def test_a_shift_keeps_the_order_of_needs(one, other, by):
    low, high = sorted((one, other))

    assert shifted(low, by) <= shifted(high, by)


def test_few_verdicts_shift_little_and_many_come_close_to_what_they_say():
    few = offset([Case(0.2, 1)] * 2 + [Case(0.2, 0)] * 2)
    many = offset([Case(0.2, 1)] * 200 + [Case(0.2, 0)] * 200)

    assert 0 < few < 0.5 < many
    assert shifted(0.2, many) == pytest.approx(0.5, abs=0.03)


def test_verdicts_as_bad_as_foretold_shift_nothing():
    assert offset([Case(0.25, 1)] * 25 + [Case(0.25, 0)] * 75) == pytest.approx(0, abs=0.001)


def test_as_many_better_as_worse_answers_raise_no_need():
    mixed = [Case(0.1, 1)] * 30 + [Case(0.1, -1)] * 30 + [Case(0.1, 0)] * 40

    assert offset(mixed) == offset([Case(0.1, 0)] * 100) < 0


def test_a_verdict_of_less_weight_shifts_less():
    assert 0 < offset([Case(0.2, 1, 0.5)]) < offset([Case(0.2, 1)])
