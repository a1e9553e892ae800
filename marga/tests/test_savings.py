from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from avyay_site.accounts import access
from avyay_site.accounts.tests.factories import WorkspaceFactory
from avyay_site.keys.tests.factories import issue
from marga import receiving, savings
from marga.models import Feedback, ShadowSample
from marga.tests.test_records import sample
from marga.tests.test_traces import trace

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)
NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
MIDNIGHT = NOON.replace(hour=0)


@pytest.fixture
def key():
    return issue(WorkspaceFactory.create(), now=NOON).key


@pytest.fixture
def asker(key):
    return access.for_system(key.workspace)


def take(key, *given):
    """Take in calls as the gateway sends them: (changes of the record, changes of the trace or None)."""
    records = []
    for number, (changes, traced) in enumerate(given):
        record = sample(
            request_id=f"req_{key.workspace_id[-6:]}{number:020d}",
            workspace_id=key.workspace_id,
            key_id=key.pk,
            occurred_at=NOON.isoformat(),
            trace=None if traced is None else trace(**traced),
        )
        records.append(record | changes)
    assert not receiving.take_usage(records, now=NOON).rejected


CALLS = (
    ({"cost_usd": "0.001", "model_used": "small"}, {"tier": "local", "baseline_usd": "0.01", "saved_usd": "0.009"}),
    ({"cost_usd": "0", "model_used": "small"}, {"tier": "local", "cache": "exact", "baseline_usd": "0.02", "saved_usd": "0.02"}),
    ({"cost_usd": "0.01", "model_used": "large"}, {"tier": "frontier", "baseline_usd": "0.01", "saved_usd": "0"}),
    ({"cost_usd": "0.004", "model_used": "large", "action": "shadow"}, None),
    ({"cost_usd": "0.003", "model_used": "old", "key_id": None}, None),
)  # fmt: skip


@pytest.mark.parametrize("until", [MIDNIGHT + DAY, MIDNIGHT + 3 * DAY], ids=["of single records", "of days"])
def test_the_sums_are_the_same_from_records_and_from_days(key, asker, until):
    take(key, *CALLS)

    found = savings.get_savings(asker, MIDNIGHT, until)

    assert (found.requests, found.cached) == (4, 1)
    assert found.cost_usd == Decimal("0.018")
    assert found.baseline_usd == Decimal("0.043")
    assert found.saved_usd == found.baseline_usd - found.cost_usd
    assert found.cache_saved_usd == Decimal("0.02")
    assert found.saved_share == pytest.approx(0.025 / 0.043)
    assert found.cached_share == 0.25


@pytest.mark.parametrize("until", [MIDNIGHT + DAY, MIDNIGHT + 3 * DAY], ids=["of single records", "of days"])
@pytest.mark.parametrize(
    ("group", "names"),
    [("model", ["small", "large", "old"]), ("tier", ["local", "frontier", ""])],
)
def test_groups_add_up_to_the_whole(key, asker, until, group, names):
    take(key, *CALLS)

    parts = savings.get_savings_by(asker, MIDNIGHT, until, group)

    assert [part.name for part in parts] == names
    whole = savings.get_savings(asker, MIDNIGHT, until)
    for field in savings.SUMMED:
        assert sum(getattr(part, field) for part in parts) == getattr(whole, field), field


@pytest.mark.parametrize("until", [MIDNIGHT + DAY, MIDNIGHT + 3 * DAY], ids=["of single records", "of days"])
def test_keys_are_shown_by_name_and_usage_without_one_stays(key, asker, until):
    take(key, *CALLS)

    parts = savings.get_savings_by(asker, MIDNIGHT, until, "key")

    assert [(part.name, part.label) for part in parts] == [(key.pk, "test key"), ("", "")]


def test_steps_are_hours_of_a_day_and_days_of_a_week(key, asker):
    later = {"occurred_at": (NOON + dt.timedelta(hours=1)).isoformat()}
    tomorrow = {"occurred_at": (NOON + DAY).isoformat()}
    take(key, ({}, {}), (later, {}), (tomorrow, {}))

    hours = savings.get_savings_by_step(asker, MIDNIGHT, MIDNIGHT + DAY)
    days = savings.get_savings_by_step(asker, MIDNIGHT, MIDNIGHT + 7 * DAY)

    assert [step.moment for step in hours] == [NOON, NOON + dt.timedelta(hours=1)]
    assert [(step.moment, step.requests) for step in days] == [(MIDNIGHT, 2), (MIDNIGHT + DAY, 1)]


@pytest.mark.parametrize("until", [MIDNIGHT + DAY, MIDNIGHT + 3 * DAY], ids=["of single records", "of days"])
def test_another_workspace_and_another_time_do_not_count(key, asker, until):
    other = issue(WorkspaceFactory.create(), now=NOON).key
    take(other, *CALLS)
    take(key, ({"occurred_at": (MIDNIGHT - dt.timedelta(seconds=1)).isoformat()}, {}))
    ShadowSample.objects.create(
        workspace=other.workspace,
        request_id="r",
        model_used="a",
        model_compared="b",
        verdict="loss",
        occurred_at=NOON,
    )

    found = savings.get_savings(asker, MIDNIGHT, until)

    assert (found.requests, found.cost_usd, found.shadow.samples) == (0, Decimal(0), 0)
    assert found.saved_share is found.cached_share is None
    assert sum(part.requests for part in savings.get_savings_by(asker, MIDNIGHT, until, "model")) == 0


def test_quality_stands_beside_the_savings_with_its_interval(key, asker):
    take(key, *CALLS)
    for number, verdict in enumerate(("win", "tie", "tie", "loss", "unclear")):
        ShadowSample.objects.create(
            workspace=key.workspace,
            request_id=f"r{number}",
            tier="local",
            model_used="small",
            model_compared="large",
            verdict=verdict,
            occurred_at=NOON,
        )
    for number, rating in enumerate((1, -1)):
        Feedback.objects.create(
            workspace=key.workspace,
            request_id=f"r{number}",
            rating=rating,
            model="large",
            actor="a",
            created_at=NOON,
        )

    found = savings.get_savings(asker, MIDNIGHT, MIDNIGHT + DAY)
    small, large, _ = savings.get_savings_by(asker, MIDNIGHT, MIDNIGHT + DAY, "model")

    assert (found.shadow.share, found.shadow.samples, found.shadow.unclear) == (0.75, 4, 1)
    assert found.shadow.low is not None
    assert found.shadow.low < 0.75
    assert (found.feedback.share, found.feedback.samples) == (0.5, 2)
    assert (small.shadow.samples, small.feedback.samples) == (4, 0)
    assert (large.shadow.samples, large.feedback.samples) == (0, 2)


def test_it_costs_the_same_however_much_there_is(key, asker, django_assert_num_queries):
    take(key, *CALLS)

    with django_assert_num_queries(3):
        savings.get_savings(asker, MIDNIGHT, MIDNIGHT + DAY)
    with django_assert_num_queries(2):
        savings.get_savings_by(asker, MIDNIGHT, MIDNIGHT + 30 * DAY, "key")
