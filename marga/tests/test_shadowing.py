"""What the judge said comes with the record of the judging call, and is stored once."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from structlog.testing import capture_logs

from avyay_site.accounts.tests.factories import WorkspaceFactory
from marga import receiving
from marga.models import RequestTrace, SavingsDay, ShadowSample
from marga.tests.test_records import sample as record
from marga.tests.test_traces import trace

pytestmark = pytest.mark.django_db

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)


def said(**changes):
    return {
        "request_id": "req_the_answer",
        "task": "writing",
        "tier": "local",
        "model_used": "small",
        "model_compared": "large",
        "verdict": "tie",
        "judge": "judge",
        "used_usd": "0.001",
        "compared_usd": "0.01",
        "judge_usd": "0.002",
        **changes,
    }


def judged(workspace, verdict, **changes):
    return (
        record(
            workspace_id=workspace.pk,
            key_id=None,
            action="shadow",
            cost_usd="0.002",
            occurred_at=NOON.isoformat(),
            trace=trace(baseline_usd="0", saved_usd="-0.002", sample=verdict),
        )
        | changes
    )


def test_a_verdict_is_stored_with_the_record_once_and_in_its_workspace():
    workspace, other = WorkspaceFactory.create(), WorkspaceFactory.create()
    given = [judged(workspace, said(workspace_id=other.pk))]

    receiving.take_usage(given, now=NOON)
    receiving.take_usage(given, now=NOON)
    receiving.take_usage([judged(workspace, said(verdict="loss"), request_id="req_again_12345")], now=NOON)

    stored = ShadowSample.objects.get()
    assert (stored.workspace_id, stored.request_id, stored.verdict) == (workspace.pk, "req_the_answer", "tie")
    assert (stored.used_usd, stored.compared_usd, stored.judge_usd) == (
        Decimal("0.001"),
        Decimal("0.01"),
        Decimal("0.002"),
    )
    assert stored.occurred_at == NOON
    day = SavingsDay.objects.get()
    assert (day.requests, day.cost_usd, day.saved_usd) == (0, Decimal("0.004"), Decimal("-0.004"))


@pytest.mark.parametrize(
    "wrong",
    [said(verdict="?"), said(request_id="no id"), {"verdict": "tie"}, said(used_usd=1)],
    ids=["verdict", "id", "missing", "money"],
)
def test_a_verdict_that_cannot_be_read_costs_only_itself(wrong):
    workspace = WorkspaceFactory.create()

    with capture_logs() as logs:
        taken = receiving.take_usage([judged(workspace, wrong)], now=NOON)

    assert (taken.inserted, taken.rejected) == (1, ())
    assert RequestTrace.objects.count() == 1
    assert not ShadowSample.objects.exists()
    assert [line["event"] for line in logs] == ["sample_refused"]
