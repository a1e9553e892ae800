from __future__ import annotations

import json
import os
import subprocess
import sys
from decimal import Decimal

import pytest
from django.conf import settings
from django.db import OperationalError

from avyay_site import crypto, events
from avyay_site.accounts.tests.factories import WorkspaceFactory
from avyay_site.keys.services import Limits
from avyay_site.keys.tests.factories import issue
from avyay_site.usage.budgets import BudgetThreshold
from avyay_site.usage.models import UsageDay, UsageRecord
from marga import publishing, tracing
from marga.models import RequestTrace, SavingsDay
from marga.tests.factories import ModelFactory
from marga.tests.test_records import sample
from marga.tests.test_traces import trace

SNAPSHOT, USAGE = "/internal/gateway/snapshot", "/internal/gateway/usage"


@pytest.fixture
def bearer():
    return {"Authorization": f"Bearer {crypto.internal_token(settings.ENCRYPTION_KEYS)}"}


@pytest.fixture
def send(client, bearer, db):
    def send(records):
        body = json.dumps({"records": records})
        return client.post(USAGE, body, content_type="application/json", headers=bearer)

    return send


@pytest.fixture
def issued(db, now):
    return issue(WorkspaceFactory.create(), now=now)


def record_of(issued, number, **changes):
    owner = {"workspace_id": issued.key.workspace_id, "key_id": issued.key.pk}
    return sample(request_id=f"req_{number:026d}", **(owner | changes))


@pytest.mark.parametrize(
    ("internal", "host"),
    [("", "127.0.0.1"), ("http://web:8000", "web"), ("http://[::1]:8000/", "[::1]"), ("http://[::1]", "[::1]"), ("https://web.internal", "web.internal")],
)  # fmt: skip
def test_the_gateways_own_way_in_is_open_whatever_the_public_host_is(internal, host):
    code = "from avyay_site import settings; print(*settings.ALLOWED_HOSTS)"
    environment = {**os.environ, "AVYAY_ALLOWED_HOSTS": "avyay.example.org", "AVYAY_INTERNAL_URL": internal}

    said = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )

    assert {"avyay.example.org", "127.0.0.1", host} <= set(said.stdout.split())


@pytest.mark.parametrize("given", ["", "Bearer wrong", "Basic x", "Bearer é"])
def test_only_the_gateway_is_let_in(client, given):
    assert client.get(SNAPSHOT, headers={"Authorization": given}).status_code == 401
    assert client.post(USAGE, headers={"Authorization": given}).status_code == 401


def test_the_snapshot_is_sent_once_and_then_confirmed(client, bearer, issued):
    ModelFactory.create()

    first = client.get(SNAPSHOT, headers=bearer)
    second = client.get(SNAPSHOT, headers=bearer | {"If-None-Match": first["ETag"]})

    assert first.status_code == 200
    assert [key["digest"] for key in first.json()["keys"]] == [issued.key.digest]
    assert second.status_code == 304
    assert second.content == b""
    assert second["ETag"] == first["ETag"]


def test_a_database_that_is_away_is_said_so(client, bearer, monkeypatch, db):
    def away(*_, **__):
        raise OperationalError("gone")

    monkeypatch.setattr(publishing, "current_snapshot", away)

    answer = client.get(SNAPSHOT, headers=bearer)

    assert answer.status_code == 503
    assert answer["Retry-After"] == "1"


def test_usage_is_stored_once_however_often_it_is_delivered(send, issued):
    records = [record_of(issued, 1), record_of(issued, 2)]

    first, second = send(records), send([*records, record_of(issued, 3)])

    assert first.json() == {"inserted": 2, "duplicate": 0, "rejected": [], "spent_usd": {}}
    assert second.json()["inserted"] == 1
    assert second.json()["duplicate"] == 2
    assert UsageRecord.objects.count() == 3
    day = UsageDay.objects.get()
    assert (day.requests, day.input_tokens, day.cost_usd) == (3, 36, Decimal("0.00369"))


def test_wrong_records_are_named_and_the_right_ones_stored(send, issued):
    answer = send([record_of(issued, 1, status="ok"), record_of(issued, 2), "nonsense"])

    assert answer.status_code == 200
    assert answer.json()["inserted"] == 1
    assert [(one["index"], one["request_id"]) for one in answer.json()["rejected"]] == [
        (0, f"req_{1:026d}"),
        (2, ""),
    ]
    assert "status" in answer.json()["rejected"][0]["reason"]


def test_usage_of_a_key_that_is_gone_is_kept_without_it(send, issued):
    other = issue(WorkspaceFactory.create())

    answer = send([record_of(issued, 1, key_id="key_gone"), record_of(issued, 2, key_id=other.key.pk)])

    assert answer.json()["inserted"] == 2
    assert set(UsageRecord.objects.values_list("key_id", "workspace_id")) == {(None, issued.key.workspace_id)}


def test_usage_of_a_workspace_that_is_gone_is_named(send, issued):
    answer = send([record_of(issued, 1, workspace_id="ws_gone")])

    assert answer.json()["inserted"] == 0
    assert "workspace" in answer.json()["rejected"][0]["reason"]


def test_the_spend_of_keys_with_a_budget_is_answered(send, now, frozen_clock):
    limited = issue(WorkspaceFactory.create(), now=now, limits=Limits(monthly_budget_usd=Decimal(10)))

    answer = send([record_of(limited, 1, cost_usd="0.5", occurred_at=now.isoformat())])

    assert Decimal(answer.json()["spent_usd"][limited.key.pk]) == Decimal("0.5")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("[]", 400),
        ("{", 400),
        ('{"records": {}}', 400),
        ('{"records": [], "more": 1}', 400),
        (json.dumps({"records": [1] * 1001}), 413),
        (" " * (5 * 1024 * 1024), 413),
    ],
)
def test_a_body_that_is_no_delivery_is_refused(client, bearer, body, status, db):
    assert client.post(USAGE, body, content_type="application/json", headers=bearer).status_code == status


def test_a_budget_is_announced_once_a_month_at_each_threshold(
    send, now, django_capture_on_commit_callbacks, monkeypatch
):
    limited = issue(WorkspaceFactory.create(), now=now, limits=Limits(monthly_budget_usd=Decimal(10)))
    heard: list[object] = []
    monkeypatch.setattr(events, "_deliver", heard.append)

    with django_capture_on_commit_callbacks(execute=True):
        for number, cost in enumerate(("4.9", "0.1", "0.1", "3", "5", "1")):
            send([record_of(limited, number, cost_usd=cost, occurred_at=now.isoformat())])

    percents = [event.percent for event in heard if isinstance(event, BudgetThreshold)]
    assert percents == [50, 80, 100]


def test_a_trace_is_stored_with_its_record_and_once(send, issued):
    traced = record_of(issued, 1, trace=trace(), cost_usd="0.001", cache_write_tokens=5)

    send([traced])
    again = send([traced, record_of(issued, 2)])

    assert again.json()["inserted"] == 1
    assert UsageRecord.objects.get(request_id=traced["request_id"]).cache_write_tokens == 5
    stored = RequestTrace.objects.get()
    assert (stored.request_id, stored.workspace_id) == (traced["request_id"], issued.key.workspace_id)
    assert (stored.attempts[0]["model"], stored.capabilities) == ("gpt-5-mini", ["tools"])
    assert (stored.need, stored.saved_usd, stored.first_byte_ms) == (0.41, Decimal("0.009"), 120)
    days = {day.tier: day for day in SavingsDay.objects.all()}
    assert (days["mid"].requests, days["mid"].saved_usd) == (1, Decimal("0.009"))
    assert (days[""].requests, days[""].saved_usd, days[""].baseline_usd) == (1, 0, Decimal("0.00123"))


def test_a_trace_that_cannot_be_read_does_not_cost_the_record(send, issued):
    answer = send([record_of(issued, 1, trace=trace(need=7))])

    assert answer.json()["inserted"] == 1
    assert not RequestTrace.objects.exists()


def test_cached_and_extra_calls_are_told_apart_in_the_sums(send, issued):
    send(
        [
            record_of(issued, 1, trace=trace(cache="exact", saved_usd="0.01"), cost_usd="0"),
            record_of(issued, 2, action="shadow", cost_usd="0.02"),
        ]
    )

    days = {day.tier: day for day in SavingsDay.objects.all()}
    assert (days["mid"].cached, days["mid"].cache_saved_usd) == (1, Decimal("0.01"))
    assert (days[""].requests, days[""].cost_usd, days[""].saved_usd) == (
        0,
        Decimal("0.02"),
        Decimal("-0.02"),
    )


def test_record_and_trace_stand_or_fall_together(send, issued, monkeypatch):
    monkeypatch.setattr(tracing, "_add_to_days", lambda *_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        send([record_of(issued, 1, trace=trace())])

    assert not UsageRecord.objects.exists()
    assert not RequestTrace.objects.exists()
