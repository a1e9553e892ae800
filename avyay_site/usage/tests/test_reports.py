"""The usage page's numbers agree with the records, and are the workspace's own."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from avyay_site.accounts.access import Access
from avyay_site.accounts.tests.factories import MembershipFactory, access_of
from avyay_site.keys.models import ApiKey
from avyay_site.keys.tests.factories import issue
from avyay_site.usage import periods, reports
from avyay_site.usage.models import UsageRecord
from avyay_site.usage.services import record_usage

pytestmark = pytest.mark.django_db


@pytest.fixture
def access() -> Access:
    return access_of(MembershipFactory.create())


@pytest.fixture
def key(access: Access) -> ApiKey:
    return issue(access.workspace, name="laptop").key


def _record(key: ApiKey, number: int, at: dt.datetime, **changes) -> UsageRecord:
    fields = {
        "request_id": f"req_{key.pk}_{number}",
        "occurred_at": at,
        "workspace_id": key.workspace_id,
        "key": key,
        "product": "marga",
        "action": "chat.completions",
        "model_used": "opus",
        "input_tokens": 100,
        "output_tokens": 10,
        "cost_usd": Decimal("0.5"),
        "duration_ms": 100 * (number + 1),
    }
    return UsageRecord(**(fields | changes))


@pytest.mark.parametrize("choice", ["24h", "7d"])
def test_series_adds_up_to_the_records_and_has_every_step(
    access: Access, key: ApiKey, now: dt.datetime, choice: str
):
    record_usage(
        [_record(key, n, now - dt.timedelta(hours=n), status=502 if n == 3 else 200) for n in range(5)]
    )
    asked = reports.Asked(period=periods.choose(choice, now=now))

    series = reports.get_series(asked, access)

    total = reports.total(series)
    assert [at for at, _ in series] == list(asked.period.steps())
    assert (total["requests"], total["errors"], total["input_tokens"]) == (5, 1, 500)
    assert total["cost_usd"] == Decimal("2.5")


def test_another_workspace_is_not_counted(access: Access, key: ApiKey, now: dt.datetime):
    other = issue(MembershipFactory.create().workspace).key
    record_usage([_record(key, 0, now), _record(other, 1, now)])
    asked = reports.Asked(period=periods.choose("7d", now=now))

    assert reports.total(reports.get_series(asked, access))["requests"] == 1
    assert [row["name"] for row in reports.get_groups(asked, access, "key")] == ["laptop"]


def test_filters_keep_what_is_asked_for(access: Access, key: ApiKey, now: dt.datetime):
    second = issue(access.workspace, name="blog").key
    record_usage([_record(key, 0, now), _record(second, 1, now, model_used="haiku")])
    period = periods.choose("24h", now=now)

    by_key = reports.Asked(period=period, key_id=second.pk)
    by_model = reports.Asked(period=period, model="opus")
    by_product = reports.Asked(period=period, product="raksha")

    counted = [
        reports.total(reports.get_series(asked, access))["requests"]
        for asked in (by_key, by_model, by_product)
    ]
    assert counted == [1, 1, 0]


@pytest.mark.parametrize("choice", ["24h", "7d"])
@pytest.mark.parametrize("by", ["key", "product", "model"])
def test_groups_add_up_to_the_same_as_the_series(
    access: Access, key: ApiKey, now: dt.datetime, choice: str, by: str
):
    record_usage(
        [_record(key, n, now - dt.timedelta(hours=7 * n), status=502 if n == 1 else 200) for n in range(6)]
    )
    asked = reports.Asked(period=periods.choose(choice, now=now))

    groups = reports.get_groups(asked, access, by)

    total = reports.total(reports.get_series(asked, access))
    assert {name: sum(row[name] for row in groups) for name in total} == total


def test_groups_are_dearest_first(access: Access, key: ApiKey, now: dt.datetime):
    cheap = _record(key, 0, now, model_used="haiku", cost_usd=Decimal("0.01"))
    record_usage([cheap, _record(key, 1, now), _record(key, 2, now)])
    asked = reports.Asked(period=periods.choose("7d", now=now))

    groups = reports.get_groups(asked, access, "model")

    assert [(row["name"], row["requests"]) for row in groups] == [("opus", 2), ("haiku", 1)]


def test_latency_is_read_from_answered_requests(access: Access, key: ApiKey, now: dt.datetime):
    failed = _record(key, 99, now, status=500, duration_ms=60_000)
    record_usage([failed, *(_record(key, number, now) for number in range(3))])
    asked = reports.Asked(period=periods.choose("24h", now=now))

    latency = reports.get_latency(asked, access)

    assert latency["p50"] == 200
    assert latency["p95"] == pytest.approx(290)
