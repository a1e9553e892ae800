"""Numbers, money and moments are written for people."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avyay_site.templatetags import avyay


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (None, "—"),
        (Decimal(0), "$0"),
        (Decimal("1234.5"), "$1,234.50"),
        (Decimal("0.25"), "$0.250"),
        (Decimal("0.0123"), "$0.0123"),
        (Decimal("0.0000421"), "$0.0000421"),
        (Decimal("-1234.5"), "-$1,234.50"),
        (Decimal("-0.0123"), "-$0.0123"),
    ],
)
def test_money_has_as_many_digits_as_matter(amount: Decimal | None, text: str):
    assert avyay.usd(amount) == text


@given(st.decimals(min_value="0.0000001", max_value="0.9", places=10))
def test_small_money_is_never_written_as_nothing(amount: Decimal):
    written = Decimal(avyay.usd(amount).removeprefix("$"))

    assert abs(written - amount) <= amount / 100


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (3, "just now"),
        (42, "42 s ago"),
        (600, "10 min ago"),
        (7200, "2 h ago"),
        (6 * 86400, "6 days ago"),
        (-600, "in 10 min"),
    ],
)
def test_distance_in_time(seconds: float, text: str):
    assert avyay.relative(seconds) == text


def test_moment_carries_its_absolute_time(frozen_clock: dt.datetime):
    html = avyay.ago(frozen_clock - dt.timedelta(minutes=5))

    assert 'title="2026-03-02 09:25:00 UTC"' in html
    assert ">5 min ago<" in html


@pytest.mark.parametrize(
    ("number", "text"), [(9, "9"), (9999, "9,999"), (48_210, "48.2k"), (1_234_567, "1.2M"), (None, "—")]
)
def test_large_numbers_are_short(number: int | None, text: str):
    assert avyay.brief(number) == text


@given(st.text())
def test_no_control_or_direction_character_is_left(text: str):
    assert not any(avyay.is_disturbing(char) for char in avyay.plain_controls(text))


def test_lists_are_written_as_words():
    assert avyay.written(["marga:call", "a\x1b[2J"]) == "marga:call, a�[2J"
