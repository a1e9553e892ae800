"""Who works at which scan: chosen from rows, never by the broker's order, and held by a lease with a fence.

A workspace runs at most RUNNING_PER_WORKSPACE scans at once, and one of a project, so that results arrive in order.
Of those that wait, the workspace comes first that runs the fewest, and among these the one that was served longest ago.
A worker that dies loses its lease by the clock; its number in the row no longer fits, so it can write nothing after.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from django.db import connection, transaction
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from avyay_site.accounts.models import Workspace
from raksha.models import Scan, ScanState
from raksha.scanning.announcing import announce, ring

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=30)
RENEWED_EVERY = timedelta(seconds=5)
RUNNING_PER_WORKSPACE = 2
MOST_ATTEMPTS = 3
RETRY_AFTER = timedelta(seconds=15)
QUEUE_LOCK = 0x72616B7368612D71  # one claim at a time, or two workers would count the same running scans
LOST = f"The worker was lost {MOST_ATTEMPTS} times while it ran; the code may need more memory than there is."


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work at a scan, until somebody else has a higher fence."""

    scan_id: str
    workspace_id: str
    project_id: str
    fence: int


def claim_next(*, now: datetime) -> Claim | None:
    """Take the scan whose turn it is; None when none may run."""
    with transaction.atomic():
        _lock_queue()
        release_abandoned(now=now)
        scan_id = _choose(now)
        claim = _take(scan_id, now) if scan_id is not None else None
    if claim is not None:
        ring(claim.workspace_id, claim.scan_id)
    return claim


def claim_this(scan_id: str, *, now: datetime) -> Claim | None:
    """Take a scan that waits, out of turn: somebody stands beside it; None when it does not wait any more."""
    with transaction.atomic():
        _lock_queue()
        is_waiting = Scan.objects.filter(pk=scan_id, state=ScanState.QUEUED).exists()
        return _take(scan_id, now) if is_waiting else None


def _lock_queue() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [QUEUE_LOCK])


def _take(scan_id: str, now: datetime) -> Claim:
    Scan.objects.filter(pk=scan_id).update(
        state=ScanState.RUNNING,
        fence=F("fence") + 1,
        attempts=F("attempts") + 1,
        leased_until=now + LEASE,
        started_at=Coalesce("started_at", now),
        retry_at=None,
    )
    return Claim(
        *Scan.objects.filter(pk=scan_id).values_list("pk", "workspace_id", "project_id", "fence").get()
    )


def get_claimable_ids(*, now: datetime, most: int) -> list[str]:
    """Return scans that could be claimed now, one a workspace: each deserves a hint."""
    return [scan_id for scan_id, *_ in _candidates(now)[:most]]


def release_abandoned(*, now: datetime) -> int:
    """Have scans of lost workers tried again, or end them with a reason; return how many there were."""
    columns = ("attempts", "pk", "workspace_id", "project_id", "fence")
    abandoned = list(Scan.objects.abandoned(now).values_list(*columns))
    for attempts, *claim in abandoned:
        release(Claim(*claim), attempts=attempts, reason=LOST, now=now)
    return len(abandoned)


def release(
    claim: Claim, *, attempts: int, reason: str, now: datetime, after: timedelta = timedelta(0)
) -> None:
    """Put a scan back in the queue while it has attempts left; else end it as failed with the reason."""
    held = Scan.objects.held(claim.scan_id, claim.fence)
    if attempts >= MOST_ATTEMPTS:
        end(claim, reason, now=now)
    elif held.update(state=ScanState.QUEUED, leased_until=None, retry_at=now + after):
        ring(claim.workspace_id, claim.scan_id)
    log.warning("scan_released", scan_id=claim.scan_id, attempts=attempts)


def end(claim: Claim, reason: str, *, now: datetime) -> int:
    """End a scan as failed, if the claim still holds; return whether it did."""
    count: int = Scan.objects.held(claim.scan_id, claim.fence).update(
        state=ScanState.FAILED, reason=reason[:500], leased_until=None, finished_at=now
    )
    if count:
        announce(claim.workspace_id, claim.project_id, claim.scan_id, ScanState.FAILED)
    return count


def _choose(now: datetime) -> str | None:
    candidates = _candidates(now)
    return candidates[0][0] if candidates else None


def _candidates(now: datetime) -> list[tuple[str, str, datetime]]:
    """Return the oldest waiting scan of each workspace that may run one more, whose turn it is first."""
    running = Scan.objects.filter(state=ScanState.RUNNING)
    counts = dict(running.order_by().values_list("workspace_id").annotate(Count("pk")))
    full = [workspace_id for workspace_id, count in counts.items() if count >= RUNNING_PER_WORKSPACE]
    waiting = (
        Scan.objects.filter(Q(retry_at=None) | Q(retry_at__lte=now), state=ScanState.QUEUED)
        .exclude(workspace_id__in=full)
        .exclude(project_id__in=running.order_by().values("project_id"))
        .order_by("workspace_id", "created_at", "id")
        .distinct("workspace_id")
        .values_list("pk", "workspace_id", "created_at")
    )
    oldest: list[tuple[str, str, datetime]] = list(waiting)
    served = _latest_starts([workspace_id for _, workspace_id, _ in oldest]) if len(oldest) > 1 else {}
    never = datetime.min.replace(tzinfo=UTC)
    return sorted(
        oldest, key=lambda row: (counts.get(row[1], 0), served.get(row[1]) or never, row[2], row[0])
    )


def _latest_starts(workspace_ids: list[str]) -> dict[str, datetime | None]:
    """Return when each workspace was served last, by one look into an index each."""
    latest = (
        Scan.objects.filter(workspace_id=OuterRef("pk"), started_at__isnull=False)
        .order_by("-started_at")
        .values("started_at")[:1]
    )
    found = Workspace.objects.filter(pk__in=workspace_ids).order_by().annotate(latest=Subquery(latest))
    return dict(found.values_list("pk", "latest"))
