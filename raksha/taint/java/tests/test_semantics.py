from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raksha.taint.java import semantics
from raksha.taint.java.literals import Char

INTS = st.integers(-(1 << 31), (1 << 31) - 1)


@pytest.mark.parametrize(
    ("op", "one", "other", "result"),
    [
        ("+", "a", 1, "a1"), ("+", Char("a"), 1, 98), ("+", "x", Char("a"), "xa"), ("+", None, "a", "nulla"),
        ("+", "a", True, "atrue"), ("/", -7, 2, -3), ("%", -7, 2, -1), ("/", 7, 2.0, 3.5), ("-", 7, 9, -2),
        (">>>", -1, 28, 15), (">>", -8, 1, -4), ("<<", 1, 33, 2), ("&", True, False, False), ("+", "", 1.5, "1.5"),
    ],
)  # fmt: skip
def test_arithmetic_is_javas(op, one, other, result):
    made = semantics.binary(op, one, other)

    assert made == result
    assert type(made) is type(result)


@pytest.mark.parametrize(
    ("op", "one", "other"), [("*", 1 << 30, 4), ("/", 1, 0), ("+", True, 1), ("+", "", 1e20)]
)
def test_what_is_not_sure_raises(op, one, other):
    with pytest.raises(Exception):  # noqa: B017, PT011 - any error means unknown
        semantics.binary(op, one, other)


def test_equal_texts_may_be_different_objects():
    assert semantics.compare("!=", "a", "b")
    assert not semantics.compare("==", "a", None)
    assert semantics.compare("==", Char("a"), 97)
    with pytest.raises(semantics.NotSure):
        semantics.compare("==", "a", "a")


@given(INTS, INTS.filter(bool))
def test_quotient_and_remainder_belong_together(one, other):
    rest = semantics.binary("%", one, other)
    assert isinstance(rest, int)
    assert abs(rest) < abs(other)

    if (one, other) != (-(1 << 31), -1):
        quotient = semantics.binary("/", one, other)
        assert isinstance(quotient, int)
        assert quotient * other + rest == one


@given(st.integers())
def test_casts_keep_the_range_of_their_type(value):
    byte, letter = semantics.cast("byte", value), semantics.cast("char", value & 0x7FFF)

    assert isinstance(byte, int)
    assert -128 <= byte < 128
    assert isinstance(letter, Char)
    assert len(letter) == 1
