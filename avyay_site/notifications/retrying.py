"""When a delivery is tried again, and when to give up. Pure."""

from __future__ import annotations

from datetime import timedelta

WAITS = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=8),
    timedelta(hours=24),
)
MOST_ATTEMPTS = len(WAITS) + 1
FAILURES_UNTIL_DISABLED = 20
LONGEST_REST = timedelta(minutes=30)


def wait_after(attempts: int) -> timedelta | None:
    """Return the wait after so many failed attempts of one delivery; None: give up."""
    return WAITS[attempts - 1] if attempts < MOST_ATTEMPTS else None


def rest_after(failures: int) -> timedelta:
    """Return how long a channel rests after so many failures in a row, whichever delivery comes next.

    A dead receiver with many messages waiting is thus asked rarely, and takes no time from the others.
    """
    seconds: int = 15 * 2 ** min(failures - 1, 10)
    return min(timedelta(seconds=seconds), LONGEST_REST)
