"""When a delivery is tried again."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from avyay_site.notifications import retrying


def test_waits_grow_from_30_seconds_to_24_hours_and_end():
    waits = [retrying.wait_after(attempts) for attempts in range(1, retrying.MOST_ATTEMPTS + 1)]

    assert waits[0] == timedelta(seconds=30)
    assert waits[-2] == timedelta(hours=24)
    assert waits[-1] is None
    assert list(retrying.WAITS) == sorted(retrying.WAITS)


@given(st.integers(min_value=1, max_value=10**6))
def test_a_rest_is_never_shorter_after_more_failures_and_bounded(failures):
    assert retrying.rest_after(failures) <= retrying.rest_after(failures + 1) <= timedelta(minutes=30)
