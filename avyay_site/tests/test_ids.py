from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from avyay_site import ids

MOMENTS = st.integers(0, 2**48 - 1)
RANDOMNESS = st.integers(0, 2**80 - 1)


@given(earlier=MOMENTS, later=MOMENTS, one=RANDOMNESS, other=RANDOMNESS)
def test_ids_sort_by_the_time_they_were_made(earlier, later, one, other):
    if earlier < later:
        assert ids.ulid(earlier, one) < ids.ulid(later, other)


@given(milliseconds=MOMENTS, randomness=RANDOMNESS)
def test_an_id_says_its_time_and_randomness_again(milliseconds, randomness):
    text = ids.ulid(milliseconds, randomness)
    number = 0
    for letter in text:
        number = number * 32 + ids.CROCKFORD.index(letter)

    assert len(text) == ids.ULID_LENGTH
    assert (number >> 80, number & (2**80 - 1)) == (milliseconds, randomness)


def test_the_known_example_of_the_specification():
    assert ids.ulid(1_469_918_176_385, 0).startswith("01ARYZ6S41")


def test_a_new_id_names_its_kind_and_is_new():
    made = {ids.new_id("key") for _ in range(500)}

    assert len(made) == 500
    assert all(re.fullmatch(r"key_[0-9A-HJKMNP-TV-Z]{26}", one) for one in made)


@given(st.lists(st.tuples(MOMENTS, st.integers(0, 2**72 - 1)), min_size=2))
def test_ids_of_one_process_rise_whatever_the_clock_does(moments):
    sequence = ids.Sequence()

    made = [sequence.following(milliseconds, randomness) for milliseconds, randomness in moments]

    assert made == sorted(set(made))
