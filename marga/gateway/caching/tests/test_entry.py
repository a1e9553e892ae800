"""What comes back from outside is believed only if it was sealed here for the same identity."""

from __future__ import annotations

import zlib
from decimal import Decimal

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marga.gateway.caching.entry import Entry, NotAnEntry, pack, seal, seal_key, unpack
from marga.pricing import Usage

KEY = seal_key("secret")
MOST = 1 << 20


def entry(body: bytes = b'{"choices": []}') -> Entry:
    return Entry(body, "gpt", "openai", "d1", Usage(10, 5, 3, 2, 1), Decimal("0.000123"), 1_700_000_000.25)


@given(st.binary(max_size=2000))
def test_an_entry_survives_the_journey(body):
    assert unpack(pack(entry(body), b"id", KEY), b"id", KEY, most_bytes=MOST) == entry(body)


@given(st.binary(max_size=200))
def test_bytes_from_outside_are_refused_and_never_raise_anything_else(data):
    with pytest.raises(NotAnEntry):
        unpack(data, b"id", KEY, most_bytes=MOST)


@given(st.integers(min_value=0), st.integers(1, 255))
def test_one_changed_byte_is_seen(place, change):
    data = bytearray(pack(entry(), b"id", KEY))
    data[place % len(data)] ^= change

    with pytest.raises(NotAnEntry):
        unpack(bytes(data), b"id", KEY, most_bytes=MOST)


def test_a_sealed_entry_serves_no_other_identity_and_no_other_installation():
    data = pack(entry(), b"id", KEY)

    with pytest.raises(NotAnEntry):
        unpack(data, b"other", KEY, most_bytes=MOST)
    with pytest.raises(NotAnEntry):
        unpack(data, b"id", seal_key("another"), most_bytes=MOST)


def test_a_value_that_unpacks_to_more_than_allowed_is_refused_before_it_is_unpacked():
    framed = b"1z" + zlib.compress(b"{}\n" + bytes(50 << 20))

    with pytest.raises(NotAnEntry, match="too long"):
        unpack(seal(framed, b"id", KEY) + framed, b"id", KEY, most_bytes=MOST)


@pytest.mark.parametrize(
    "head",
    [{}, [], {"usage": [1, 2, 3, 4, 5, 6]}, {"cost_usd": "much"}, {"usage": 5}, {"created_at": None}],
    ids=["empty", "list", "usage_long", "cost", "usage", "created"],
)
def test_a_sealed_value_of_another_form_is_refused(head):
    good = {"model": "m", "provider": "p", "deployment": "d", "usage": [], "cost_usd": "0", "created_at": 1}
    content = orjson.dumps({**good, **head} if isinstance(head, dict) and head else head) + b"\n{}"
    framed = b"1p" + content

    with pytest.raises(NotAnEntry):
        unpack(seal(framed, b"id", KEY) + framed, b"id", KEY, most_bytes=MOST)


@pytest.mark.parametrize("data", [None, "text", 5, b""], ids=["none", "text", "number", "empty"])
def test_other_things_than_bytes_are_refused(data):
    with pytest.raises(NotAnEntry):
        unpack(data, b"id", KEY, most_bytes=MOST)
