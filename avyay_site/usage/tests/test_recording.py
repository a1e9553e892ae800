from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avyay_site.accounts.tests.factories import WorkspaceFactory
from avyay_site.keys.models import ApiKey
from avyay_site.keys.tests.factories import issue
from avyay_site.usage import budgets, services
from avyay_site.usage.models import UsageDay, UsageRecord


def record(key, number, now, **changes):
    values = {
        "request_id": f"req_{number:08d}",
        "occurred_at": now,
        "workspace_id": key.workspace_id,
        "key_id": key.pk,
        "product": "marga",
        "action": "chat.completions",
        "cost_usd": Decimal("0.0000000001"),
    }
    return UsageRecord(**(values | changes))


@pytest.fixture
def key(db, now):
    return issue(WorkspaceFactory.create(), now=now).key


def test_every_column_of_a_record_is_inserted():
    columns = {field.column for field in UsageRecord._meta.concrete_fields}

    assert set(services.STORED) == columns - {"id"}


def test_records_come_back_as_they_were_given(key, now):
    given_ = record(
        key,
        1,
        now,
        model_requested='quote " brace } comma , backslash \\ ünïcode',
        model_used="NULL",
        provider="",
        status=502,
        error_type="upstream",
        is_estimated=True,
        is_stream=True,
        is_cancelled=True,
        duration_ms=7,
        ttft_ms=None,
        input_tokens=10**12,
    )

    assert len(services.record_usage([given_, record(key, 2, now, key_id=None, ttft_ms=3)])) == 2

    stored, keyless = UsageRecord.objects.order_by("request_id")
    for name in set(services.STORED) - {"created_at"}:
        assert getattr(stored, name) == getattr(given_, name), name
    assert (keyless.key_id, keyless.ttft_ms) == (None, 3)
    assert stored.created_at


def test_a_record_that_is_given_twice_in_one_delivery_is_stored_and_summed_once(key, now):
    assert len(services.record_usage([record(key, 1, now), record(key, 1, now)])) == 1
    assert UsageDay.objects.get().requests == 1


def test_a_day_is_a_utc_day_whatever_the_zone_of_the_record(key):
    late = dt.datetime(2026, 3, 2, 0, 30, tzinfo=dt.timezone(dt.timedelta(hours=2)))

    services.record_usage([record(key, 1, late)])

    assert UsageDay.objects.get().day_date == dt.date(2026, 3, 1)


def test_the_last_use_of_a_key_never_goes_back(key, now):
    services.record_usage([record(key, 1, now), record(key, 2, now - dt.timedelta(hours=1))])
    services.record_usage([record(key, 3, now - dt.timedelta(days=1))])

    assert ApiKey.objects.get(pk=key.pk).latest_used_at == now


@given(spent=st.decimals(0, 1000, places=4), budget=st.decimals("0.01", 1000, places=4))
def test_thresholds_are_passed_in_order_and_exactly(spent, budget):
    reached = budgets.passed(spent, budget)

    assert reached == tuple(percent for percent in (50, 80, 100) if spent >= budget * percent / 100)
    assert list(reached) == sorted(reached)
