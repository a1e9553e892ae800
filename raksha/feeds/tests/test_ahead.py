from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raksha.feeds.ahead import ahead


@given(st.lists(st.integers()), st.integers(1, 4))
def test_all_items_come_in_order(items, depth):
    assert list(ahead(items, depth=depth)) == items


def test_an_error_comes_after_what_was_before_it():
    def items():
        yield 1
        raise ValueError("broken")

    seen = []  # type: ignore[var-annotated]
    with pytest.raises(ValueError, match="broken"):
        seen.extend(item for item in _noting(ahead(items()), seen))

    assert seen == [1]


def test_a_consumer_that_stops_leaves_no_thread_behind():
    before = threading.active_count()

    for item in ahead(range(1_000_000)):
        if item == 3:
            break

    assert threading.active_count() == before


def _noting(items, seen):
    for item in items:
        seen.append(item)
        yield from ()
