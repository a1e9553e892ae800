from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raksha.taint.java import literals


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"a\tb\\n\"\u0041\uuu0042\101\0\s"', 'a\tb\\n"ABA\0 '),
        (r'"\377\400"', "\xff 0"),
        ('""', ""),
        ('"""\n      hello\n        "x" \\\n      y"""', 'hello\n  "x" y'),
        ('"""\n    a  \n\n    b\n  """', "  a\n\n  b\n"),
        (r'"\ud83d\ude00"', "\U0001f600"),
    ],
)
def test_strings_have_their_exact_values(text, value):
    assert literals.string(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", (0, "")),
        ("1_000", (1000, "")),
        ("0x1FL", (31, "long")),
        ("0xFFFF_FFFF", (-1, "")),
        ("0b101", (5, "")),
        ("017", (15, "")),
        ("0L", (0, "long")),
        ("0xFFFFFFFFFFFFFFFFL", (-1, "long")),
    ],
)
def test_integers_have_their_exact_values(text, value):
    assert literals.integer(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("1e3f", (1000.0, "float")), ("1_0.5d", (10.5, "")), (".5", (0.5, "")), ("0x1.8p1", (3.0, ""))],
)
def test_decimals_have_their_exact_values(text, value):
    assert literals.decimal(text) == value


def test_half_a_surrogate_pair_can_still_be_written_out():
    assert json.dumps(literals.unescape(r"\ud83d")).encode() == b'"\\ufffd"'


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_unescaping_gives_back_what_was_escaped(text):
    units = [text.encode("utf-16-be")[i : i + 2].hex() for i in range(0, len(text.encode("utf-16-be")), 2)]

    assert literals.unescape("".join(f"\\u{unit}" for unit in units)) == text
