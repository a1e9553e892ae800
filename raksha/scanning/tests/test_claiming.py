"""Whose turn it is, and what happens to the scans of workers that die."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from avyay_site import events
from avyay_site.accounts.tests.factories import WorkspaceFactory
from raksha.models import Scan, ScanState
from raksha.scanning import claiming, progress
from raksha.scanning.announcing import ScanFinished
from raksha.scanning.claiming import LEASE, MOST_ATTEMPTS, Claim, claim_next
from raksha.scanning.errors import LeaseLost
from raksha.tests import factories
from raksha.tests.factories import NOW

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def queue(workspace, count: int, *, at=NOW) -> list[Scan]:
    """Ask for scans of different projects, one second after the other."""
    return [
        factories.ScanFactory.create(project__workspace=workspace, created_at=at + number * SECOND)
        for number in range(count)
    ]


def claimed(count: int, now=NOW) -> list[str]:
    return [claim.workspace_id if (claim := claim_next(now=now)) else "" for _ in range(count)]


def take(now=NOW) -> Claim:
    claim = claim_next(now=now)
    assert claim is not None
    return claim


def finish(scan_id: str) -> None:
    Scan.objects.filter(pk=scan_id).update(state="finished", leased_until=None, finished_at=NOW)


def test_the_oldest_scan_of_a_workspace_comes_first(workspace):
    first, _ = queue(workspace, 2)

    assert take().scan_id == first.pk
    first.refresh_from_db()
    assert (first.state, first.attempts, first.fence, first.leased_until) == ("running", 1, 1, NOW + LEASE)


def test_a_workspace_runs_two_at_once_and_no_more(workspace):
    queue(workspace, 5)

    assert claimed(3) == [workspace.pk, workspace.pk, ""]


def test_two_scans_of_one_project_run_one_after_the_other(workspace):
    project = factories.ProjectFactory.create(workspace=workspace)
    first, second = (
        factories.ScanFactory.create(project=project, created_at=NOW + n * SECOND) for n in range(2)
    )

    assert take().scan_id == first.pk
    assert claim_next(now=NOW) is None
    finish(first.pk)
    assert take().scan_id == second.pk


def test_a_workspace_with_five_hundred_scans_does_not_hold_up_another(workspace):
    queue(workspace, 500)
    other = WorkspaceFactory.create()
    (late,) = queue(other, 1, at=NOW + timedelta(hours=1))

    assert take().workspace_id == workspace.pk
    assert take().scan_id == late.pk


def test_with_one_place_alone_workspaces_take_turns(workspace):
    queue(workspace, 5)
    other = WorkspaceFactory.create()
    queue(other, 5, at=NOW + timedelta(hours=1))
    served = []

    for number in range(6):
        claim = take(NOW + number * SECOND)
        served.append(claim.workspace_id)
        finish(claim.scan_id)

    assert served == [workspace.pk, other.pk] * 3


def test_a_scan_waits_until_it_may_be_tried_again(workspace):
    (scan,) = queue(workspace, 1)
    Scan.objects.filter(pk=scan.pk).update(retry_at=NOW + SECOND)

    assert claim_next(now=NOW) is None
    assert claiming.get_claimable_ids(now=NOW, most=5) == []
    assert take(NOW + SECOND).scan_id == scan.pk


def test_a_claim_takes_the_same_queries_however_long_the_queue_is(workspace, django_assert_max_num_queries):
    queue(workspace, 30)
    queue(WorkspaceFactory.create(), 30)

    with django_assert_max_num_queries(9):
        claim_next(now=NOW)


def test_a_lost_worker_s_scan_is_tried_again_by_whoever_comes_next(workspace):
    (scan,) = queue(workspace, 1)
    lost = take()

    again = take(NOW + LEASE)

    assert (again.scan_id, again.fence) == (scan.pk, 2)
    with pytest.raises(LeaseLost):
        progress.Progress(lost, lambda: NOW)._write(NOW)


def test_a_scan_that_loses_every_worker_ends_with_a_reason(workspace, django_capture_on_commit_callbacks):
    (scan,) = queue(workspace, 1)
    heard: list[ScanFinished] = []
    events.subscribe(ScanFinished, heard.append)

    with django_capture_on_commit_callbacks(execute=True):
        for attempt in range(MOST_ATTEMPTS + 1):
            claim_next(now=NOW + attempt * LEASE)

    scan.refresh_from_db()
    assert (scan.state, scan.attempts) == (ScanState.FAILED, 3)
    assert "lost 3 times" in scan.reason
    assert [(event.scan_id, event.state) for event in heard] == [(scan.pk, "failed")]


def test_a_lease_that_is_renewed_is_not_lost(workspace):
    (scan,) = queue(workspace, 1)
    clock = iter(NOW + number * SECOND for number in range(0, 1000, 6))
    shown = progress.Progress(take(), lambda: next(clock))

    for _ in range(20):
        shown.keep()

    scan.refresh_from_db()
    assert scan.leased_until is not None
    assert scan.leased_until > NOW + 100 * SECOND
    assert claiming.release_abandoned(now=NOW + 100 * SECOND) == 0


def test_a_cancelled_scan_is_noticed_within_about_a_second(workspace):
    (scan,) = queue(workspace, 1)
    moment = NOW
    shown = progress.Progress(take(), lambda: moment)
    Scan.objects.filter(pk=scan.pk).update(state="cancelled", leased_until=None, finished_at=NOW)

    moment = NOW + SECOND

    with pytest.raises(LeaseLost):
        shown.keep()


@pytest.mark.django_db(transaction=True)
def test_workers_that_claim_at_the_same_time_never_take_the_same_scan_nor_too_many(workspace):
    queue(workspace, 6)
    others = [WorkspaceFactory.create() for _ in range(2)]
    for other in others:
        queue(other, 6)

    def claim(_: int) -> str | None:
        try:
            found = claim_next(now=NOW)
            return found.scan_id if found else None
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        taken = [scan_id for scan_id in pool.map(claim, range(12)) if scan_id]

    assert len(taken) == len(set(taken)) == 6
    assert Scan.objects.filter(state="running", attempts=1, fence=1).count() == 6
