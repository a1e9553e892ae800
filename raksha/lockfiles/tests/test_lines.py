"""Lines found while walking forward."""

from __future__ import annotations

from raksha.lockfiles import lines
from raksha.lockfiles.lines import Cursor


def test_lines_are_found_in_the_order_of_the_file():
    cursor = Cursor("a\nb\na\nc")

    assert [cursor.line_of("b"), cursor.line_of("a"), cursor.line_of("c")] == [2, 3, 4]


def test_the_first_needle_that_is_there_counts():
    assert Cursor("x\nb\na").line_of("nothing", "a", "b") == 3


def test_the_same_name_asked_for_twice_is_the_next_one():
    cursor = Cursor("a\nb\na")

    assert [cursor.line_of("a"), cursor.line_of("a"), cursor.line_of("a")] == [1, 3, 0]


def test_what_is_behind_or_missing_has_no_line_and_does_not_move_the_cursor():
    cursor = Cursor("a\nb\nc")
    cursor.line_of("b")

    assert cursor.line_of("a") == 0
    assert cursor.line_of("c") == 3


def test_a_file_of_one_line_has_one_line():
    assert Cursor('{"a": 1}').line_of("nothing") == 1


def test_searching_ends_in_a_file_that_is_in_another_order(monkeypatch):
    monkeypatch.setattr(lines, "MOST_MISSES", 3)
    cursor = Cursor("a\nb")

    assert [cursor.line_of("nothing") for _ in range(5)] == [0] * 5
    assert cursor.line_of("b") == 0
