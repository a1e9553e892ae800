"""Which stretch of time a usage page shows. Pure: the clock is an argument."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
CHOICES = (("24h", "24 h"), ("7d", "7 days"), ("30d", "30 days"), ("custom", "Custom"))
LONGEST_DAYS = 400


@dataclass(frozen=True)
class Period:
    """From starts_at until before ends_at, in steps of an hour or a day (UTC)."""

    choice: str
    starts_at: datetime
    ends_at: datetime

    @property
    def is_hourly(self) -> bool:
        return self.choice == "24h"

    @property
    def first_date(self) -> date:
        return self.starts_at.date()

    @property
    def final_date(self) -> date:
        """Return the last day that is shown."""
        return (self.ends_at - timedelta(microseconds=1)).date()

    def steps(self) -> Iterator[datetime]:
        """Yield the start of each hour or day, oldest first."""
        step = HOUR if self.is_hourly else DAY
        moment = self.starts_at
        while moment < self.ends_at:
            yield moment
            moment += step


def choose(choice: str, *, now: datetime, first: date | None = None, final: date | None = None) -> Period:
    """Return the period of a choice; a custom one without usable dates is seven days.

    Days are whole UTC days that end with today; 24 h are whole hours that end with this one.
    """
    tomorrow = datetime.combine(now.date() + DAY, time.min, UTC)
    if choice == "24h":
        end = now.replace(minute=0, second=0, microsecond=0) + HOUR
        return Period(choice, end - DAY, end)
    if choice == "custom" and first and final and first <= final and (final - first).days < LONGEST_DAYS:
        start = datetime.combine(first, time.min, UTC)
        return Period(choice, start, datetime.combine(final + DAY, time.min, UTC))
    days = 30 if choice == "30d" else 7
    return Period("30d" if days == 30 else "7d", tomorrow - days * DAY, tomorrow)
