"""Periods cover whole hours or days and end with the present one."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from avyay_site.usage import periods

NOW = dt.datetime(2026, 3, 2, 9, 30, tzinfo=dt.UTC)
MOMENTS = st.datetimes(
    min_value=dt.datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds
    max_value=dt.datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.just(dt.UTC),
)


@given(MOMENTS, st.sampled_from(["24h", "7d", "30d", "custom", "nonsense", ""]))
def test_now_lies_in_the_last_step_of_every_ready_made_period(now: dt.datetime, choice: str):
    period = periods.choose(choice, now=now)

    *_, last = period.steps()

    assert last <= now < period.ends_at


@given(MOMENTS, st.dates(), st.dates())
def test_custom_period_holds_both_its_days_or_falls_back(now: dt.datetime, first: dt.date, final: dt.date):
    period = periods.choose("custom", now=now, first=first, final=final)

    if period.choice == "custom":
        assert (period.first_date, period.final_date) == (first, final)
    else:
        assert first > final or (final - first).days >= periods.LONGEST_DAYS


def test_a_day_has_twenty_four_hours_and_a_week_seven_days():
    assert len(list(periods.choose("24h", now=NOW).steps())) == 24
    assert len(list(periods.choose("7d", now=NOW).steps())) == 7
    assert len(list(periods.choose("30d", now=NOW).steps())) == 30


def test_seven_days_end_with_today():
    period = periods.choose("7d", now=NOW)

    assert period.first_date == dt.date(2026, 2, 24)
    assert period.final_date == dt.date(2026, 3, 2)
