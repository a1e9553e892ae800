"""Each workspace learns from its own verdicts, and the snapshot tells the gateway."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from avyay_site.accounts.tests.factories import WorkspaceFactory
from marga import adapting, publishing
from marga.gateway.snapshot import parse
from marga.models import Feedback, NeedShift, RequestTrace, ShadowSample

pytestmark = pytest.mark.django_db


def trace(workspace, number, now, *, need=0.2, tier="local"):
    return RequestTrace.objects.create(
        workspace=workspace,
        request_id=f"req_{workspace.pk}{number:04d}",
        occurred_at=now,
        need=need,
        tier=tier,
    )


def judge(workspace, numbers, verdict, now, *, task="writing", tier="local", at=None):
    for number in numbers:
        found = trace(workspace, number, now, tier=tier)
        ShadowSample.objects.create(
            workspace=workspace,
            request_id=found.request_id,
            task=task,
            tier=tier,
            model_used="small",
            model_compared="large",
            verdict=verdict,
            occurred_at=at or now,
        )


def rate(workspace, numbers, rating, now):
    for number in numbers:
        found = trace(workspace, number, now)
        Feedback.objects.create(
            workspace=workspace,
            request_id=found.request_id,
            rating=rating,
            actor="a",
            task="writing",
            tier="local",
            created_at=now,
        )


def shifts(workspace):
    return {row.task: (row.log_odds, row.verdicts) for row in NeedShift.objects.filter(workspace=workspace)}


def test_losses_raise_the_need_of_that_task_in_that_workspace_only(now):
    workspace, other = WorkspaceFactory.create(), WorkspaceFactory.create()
    judge(workspace, range(10), "loss", now)
    judge(workspace, range(10, 40), "tie", now, task="chat")
    judge(other, range(3), "unclear", now)

    assert adapting.learn(now=now) == 2

    found = shifts(workspace)
    assert found["writing"][0] > 0 > found["chat"][0]
    assert (found["writing"][1], found["chat"][1]) == (10, 30)
    assert shifts(other) == {}
    publishing.forget()
    published = publishing.current_snapshot(None, now=now)
    assert published is not None
    document = json.loads(published.body)
    learned = parse(document, etag="", encryption_keys=[]).catalogue(workspace.pk).learned
    assert learned == {task: log_odds for task, (log_odds, _) in found.items()}


def test_people_teach_less_than_the_judge(now):
    one, other = WorkspaceFactory.create(), WorkspaceFactory.create()
    judge(one, range(6), "loss", now)
    rate(other, range(6), -1, now)

    adapting.learn(now=now)

    assert 0 < shifts(other)["writing"][0] < shifts(one)["writing"][0]


def test_old_verdicts_strong_models_and_forgotten_calls_teach_nothing(now):
    workspace = WorkspaceFactory.create()
    judge(workspace, range(5), "loss", now, at=now - adapting.PERIOD - dt.timedelta(days=1))
    judge(workspace, range(5, 9), "loss", now, tier="frontier")
    judge(workspace, range(9, 12), "loss", now)
    RequestTrace.objects.filter(tier="local").delete()

    assert adapting.learn(now=now) == 0
    assert shifts(workspace) == {}


def test_nothing_new_writes_nothing_and_what_is_outlived_goes(now):
    workspace = WorkspaceFactory.create()
    judge(workspace, range(10), "loss", now)
    adapting.learn(now=now)
    before = publishing._fingerprint(now)

    assert adapting.learn(now=now) == 0
    assert publishing._fingerprint(now) == before

    assert adapting.learn(now=now + adapting.PERIOD + dt.timedelta(days=1)) == 1
    assert shifts(workspace) == {}
    assert publishing._fingerprint(now) != before
