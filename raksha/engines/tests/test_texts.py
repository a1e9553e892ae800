from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raksha.detections import Place
from raksha.engines.texts import Text


@given(st.text(st.characters(exclude_characters="\r"), max_size=60), st.data())
def test_a_place_is_counted_in_characters(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    before, whole = text[:start], text[:end]

    place = Text("a", text.encode("utf-8", "replace")).place(
        len(before.encode("utf-8", "replace")), len(whole.encode("utf-8", "replace"))
    )

    assert (place.line, place.column) == (before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1)
    assert (place.end_line, place.end_column) == (whole.count("\n") + 1, len(whole.rpartition("\n")[2]) + 1)


@given(st.binary(max_size=80), st.integers(0, 100), st.integers(0, 100))
def test_any_bytes_and_any_offsets_give_text(data, start, end):
    text = Text("a", data)

    place = text.place(start, end)

    assert "\0" not in text.matched(start, end) + text.lines(place.line, place.end_line)
    assert text.silence(place) == text.silence(place)


@pytest.mark.parametrize(
    ("source", "line", "word"),
    [
        ("x = f()  # nosemgrep: a.b", 1, "nosemgrep"),
        ("x = f()  # NoSec B101", 1, "nosec"),
        ("# nosemgrep\nx = f()", 2, "nosemgrep"),
        ("y = 1  # nosemgrep\nx = f()", 2, ""),
        ("x = f()\n# nosemgrep", 1, ""),
        ("// eslint-disable-next-line\nf()", 2, "eslint-disable-next-line"),
        ("f() // NOSONAR", 1, "nosonar"),
        ("nosecrets = f()", 1, ""),
        ("x = f()", 1, ""),
    ],
)
def test_what_asks_for_silence_is_told(source, line, word):
    assert Text("a", source.encode()).silence(Place("a", line, 1, line, 2)) == word


def test_lines_and_matches_are_bounded():
    text = Text("a", b"x" * 50_000_000)

    assert len(text.matched(0, 50_000_000)) == 2_000
    assert len(text.lines(1, 1)) == 500
    assert len(Text("a", b"x\n" * 1000).lines(1, 1000).split("\n")) == 20
