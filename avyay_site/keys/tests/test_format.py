from __future__ import annotations

import functools
import string
import zlib

from hypothesis import given
from hypothesis import strategies as st

from avyay_site.keys import format as key_format

BODIES = st.text(key_format.BASE62, min_size=key_format.RANDOM_LENGTH, max_size=key_format.RANDOM_LENGTH)


def key_of(body: str) -> str:
    start = key_format.PREFIX + body
    return start + key_format.checksum(start)


def test_a_made_key_is_well_formed_and_none_is_made_twice():
    keys = {key_format.generate() for _ in range(200)}

    assert len(keys) == 200
    assert all(key_format.is_well_formed(key) and len(key) == key_format.LENGTH for key in keys)


@given(body=BODIES, place=st.integers(0, key_format.LENGTH - 1), letter=st.sampled_from(string.printable))
def test_one_changed_character_is_noticed(body, place, letter):
    key = key_of(body)
    changed = key[:place] + letter + key[place + 1 :]

    assert key_format.is_well_formed(key)
    assert key_format.is_well_formed(changed) == (changed == key)


@given(body=BODIES, place=st.integers(0, key_format.RANDOM_LENGTH - 2))
def test_two_swapped_neighbours_are_noticed(body, place):
    swapped = body[:place] + body[place + 1] + body[place] + body[place + 2 :]
    typed = key_format.PREFIX + swapped + key_of(body)[-key_format.CHECK_LENGTH :]

    assert key_format.is_well_formed(typed) == (swapped == body)


@given(text=st.text(max_size=80))
def test_no_other_text_is_well_formed(text):
    assert not key_format.is_well_formed(text)


@given(text=st.text(min_size=key_format.RANDOM_LENGTH, max_size=key_format.RANDOM_LENGTH))
def test_a_key_of_other_letters_is_refused_even_with_a_right_checksum(text):
    is_base62 = all(letter in key_format.BASE62 for letter in text)

    assert key_format.is_well_formed(key_of(text)) == is_base62


@given(body=BODIES, pepper=st.text(min_size=1), other=st.text(min_size=1))
def test_the_digest_depends_on_key_and_pepper_and_shows_neither(body, pepper, other):
    key = key_of(body)
    digest = key_format.digest(key, pepper)

    assert digest == key_format.digest(key, pepper)
    assert len(digest) == 64
    assert (digest == key_format.digest(key, other)) == (pepper == other)
    assert body not in digest


@given(body=BODIES)
def test_what_may_be_shown_keeps_most_of_the_key_back(body):
    shown = key_format.display(key_of(body))

    assert shown.startswith(key_format.PREFIX + body[:4] + "…")
    assert len(shown) == len(key_format.PREFIX) + 4 + 1 + 4
    assert body not in shown


@given(body=st.text(key_format.BASE62, max_size=60))
def test_the_checksum_is_the_crc32_in_six_base62_digits(body):
    check = key_format.checksum(body)

    assert len(check) == 6
    assert functools.reduce(lambda n, digit: n * 62 + key_format.BASE62.index(digit), check, 0) == zlib.crc32(
        body.encode()
    )
