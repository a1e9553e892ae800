"""The judge is blind, the draw is fair and repeatable, and only a clear word counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marga.judging import (
    QUOTED_MOST,
    are_alike,
    is_chosen,
    is_given_first,
    question,
    read,
)

IDS = [f"req_{n:08d}" for n in range(20_000)]


@pytest.mark.parametrize("percent", [0, 1, 5, 100])
def test_about_as_many_calls_are_chosen_as_the_policy_says(percent):
    share = 100 * sum(is_chosen(name, percent) for name in IDS) / len(IDS)

    assert share == pytest.approx(percent, abs=0.5)
    assert share == percent or 0 < percent < 100


def test_the_choice_is_always_the_same_and_another_seed_chooses_others():
    chosen = [name for name in IDS if is_chosen(name, 5)]

    assert chosen == [name for name in IDS if is_chosen(name, 5)]
    assert chosen != [name for name in IDS if is_chosen(name, 5, "other")]
    # Whoever is chosen at one per cent is also chosen at five.
    assert {name for name in IDS if is_chosen(name, 1)} <= set(chosen)


def test_either_answer_comes_first_as_often_also_among_the_chosen():
    for names in (IDS, [name for name in IDS if is_chosen(name, 10)]):
        share = sum(map(is_given_first, names)) / len(names)
        assert share == pytest.approx(0.5, abs=0.04)


@given(st.sampled_from(IDS))
def test_a_verdict_for_one_answer_is_a_verdict_against_the_other(name):
    asked = question("What?", "GIVEN", "COMPARED", request_id=name)
    comes_first = asked.index("GIVEN") < asked.index("COMPARED")

    assert comes_first == is_given_first(name)
    first, second = (read(f"It errs.\nVERDICT: {word}", request_id=name) for word in ("FIRST", "SECOND"))
    assert (first, second) == (("win", "loss") if comes_first else ("loss", "win"))
    assert read("Equal.\n**VERDICT: SAME**", request_id=name) == "tie"


@pytest.mark.parametrize(
    "reply", ["", "\n", "VERDICT: FIRST\nor maybe not", "FIRST", "VERDICT: FIRST or SECOND", "VERDICT: BOTH"]
)
def test_anything_but_a_clear_last_line_is_unclear(reply):
    assert read(reply, request_id="req_1") == "unclear"


def test_an_answer_cannot_end_its_own_quotation():
    marks = {question("a", "b", "c", request_id=name).split("[request ")[1][:12] for name in IDS[:100]}

    assert len(marks) == 100


def test_long_texts_lose_their_middle():
    asked = question("q", "a" * 10 * QUOTED_MOST, "b" * 10 * QUOTED_MOST, request_id="r")

    assert len(asked) < 3 * QUOTED_MOST


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [("42", " 42\n", True), ("Yes.", "yes.", True), ("a\n\nb", "a b", True), ("42", "43", False)],
)
def test_the_same_words_need_no_judge(one, other, alike):
    assert are_alike(one, other) is alike
