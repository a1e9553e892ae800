from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from avyay_site.accounts import access
from avyay_site.accounts.tests.factories import WorkspaceFactory
from avyay_site.keys.tests.factories import issue
from avyay_site.usage.periods import Period, choose
from marga import savings, traffic
from marga.tests.traffic import take

pytestmark = pytest.mark.django_db

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
LENGTHS = ["24h", "7d"]


@pytest.fixture
def asker():
    """A workspace with calls of today and of before, beside another one's."""
    key = issue(WorkspaceFactory.create(), now=NOON - 20 * DAY).key
    take(key, "local", at=NOON, traced={"tier": "local"}, duration_ms=100, ttft_ms=10, cost_usd="0.01")
    take(key, "mid", at=NOON - HOUR, duration_ms=300, ttft_ms=30, cached_input_tokens=4, cost_usd="0.02")
    take(key, "failed", at=NOON - HOUR, status=502, duration_ms=9000, cost_usd="0", output_tokens=0)
    take(key, "shadow", at=NOON - HOUR, action="shadow", cost_usd="0.5")
    take(key, "old", at=NOON - 3 * DAY, cost_usd="0.04", duration_ms=300)
    take(issue(WorkspaceFactory.create(), now=NOON).key, "elsewhere", at=NOON, cost_usd="9")
    return access.for_system(key.workspace)


def period(choice: str) -> Period:
    return choose(choice, now=NOON)


def test_the_sums_are_of_the_period_and_of_the_workspace(asker):
    day, week = (traffic.get_totals(asker, period(choice)) for choice in LENGTHS)

    assert (day.requests, day.errors, day.cached_input_tokens) == (4, 1, 4)
    assert day.cost_usd == Decimal("0.53")
    assert day.error_share == 0.25
    assert (week.requests, week.errors, week.cost_usd) == (5, 1, Decimal("0.57"))
    assert traffic.get_spent_today(asker, now=NOON) == Decimal("0.53")


def test_a_period_without_calls_has_sums_of_nothing():
    asker = access.for_system(WorkspaceFactory.create())

    for choice in LENGTHS:
        found = traffic.get_totals(asker, period(choice))
        assert found == traffic.Totals()
        assert found.error_share is None
    assert traffic.get_latency(asker, period("24h"))["p50"] is None


def test_latency_is_of_answers_not_of_failures(asker):
    found = traffic.get_latency(asker, period("24h"))

    assert (found["p50"], found["p95"]) == (120, 282)
    assert found["ttft_p50"] == 20
    hours = traffic.get_latency_by_step(asker, period("24h"))
    assert hours[NOON] == {"p50": 100, "p95": 100, "ttft": 10}
    assert set(hours) == {NOON, NOON - HOUR}
    days = traffic.get_latency_by_step(asker, period("7d"))
    assert set(days) == {NOON.replace(hour=0), NOON.replace(hour=0) - 3 * DAY}


def test_tiers_are_counted_by_hour_and_by_day_without_extra_calls(asker):
    def counted(choice):
        found = savings.get_savings_by_step_and_tier(asker, period(choice).starts_at, period(choice).ends_at)
        return {(part.moment, part.name): part.requests for part in found if part.requests}

    midnight = NOON.replace(hour=0)
    assert counted("24h") == {(NOON, "local"): 1, (NOON - HOUR, "mid"): 2}
    assert counted("7d") == {
        (midnight, "local"): 1,
        (midnight, "mid"): 2,
        (midnight - 3 * DAY, "mid"): 1,
    }


def test_the_last_hour_of_a_model_is_told_from_older_ones(asker):
    assert traffic.get_recent_latency(asker, now=NOON) == {("gpt-5-mini", "openai"): 120.0}
    assert traffic.get_recent_latency(asker, now=NOON + 2 * HOUR) == {}
