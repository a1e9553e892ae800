from __future__ import annotations

import datetime as dt

import pytest

from avyay_site.accounts.tests.factories import WorkspaceFactory
from marga import tracing
from marga.models import CachePurge, RequestTrace

pytestmark = pytest.mark.django_db


def test_every_column_of_a_trace_is_inserted():
    columns = {field.column for field in RequestTrace._meta.concrete_fields}

    assert set(tracing.TRACE_COLUMNS) == columns - {"id"}


def test_old_traces_go_in_batches_and_the_newer_ones_stay(
    now, settings, monkeypatch, django_assert_num_queries
):
    settings.MARGA_TRACE_DAYS = 30
    monkeypatch.setattr(tracing, "BATCH", 2)
    workspace = WorkspaceFactory.create()
    for days in (0, 29, 31, 40, 50, 60, 70):
        moment = now - dt.timedelta(days=days)
        RequestTrace.objects.create(workspace=workspace, request_id=f"req_{days:08d}", occurred_at=moment)
        CachePurge.objects.create(workspace=workspace, purged_at=moment)

    with django_assert_num_queries(4):
        assert tracing.forget_old(now=now) == 5

    assert set(RequestTrace.objects.values_list("request_id", flat=True)) == {"req_00000000", "req_00000029"}
    assert CachePurge.objects.count() == 1


def test_one_run_has_an_end(now, settings, monkeypatch):
    monkeypatch.setattr(tracing, "BATCH", 1)
    monkeypatch.setattr(tracing, "BATCHES_MOST", 2)
    workspace = WorkspaceFactory.create()
    for number in range(3):
        RequestTrace.objects.create(
            workspace=workspace, request_id=f"req_{number:08d}", occurred_at=now - dt.timedelta(days=999)
        )

    assert tracing.forget_old(now=now) == 2
    assert tracing.forget_old(now=now) == 1
