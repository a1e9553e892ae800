"""Run one scan from its claim to its report."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction

from raksha import coverage, sandbox
from raksha.coverage import Skip
from raksha.intake.trees import Tree, UnableToTake, Unavailable
from raksha.models import Project, Scan, ScanState, Stage
from raksha.scanning import claiming, covering, intelligence, judging, packaging, recording, staging, walls
from raksha.scanning.announcing import announce
from raksha.scanning.claiming import Claim
from raksha.scanning.comparing import Look
from raksha.scanning.engines import Engine, available, missing
from raksha.scanning.errors import LeaseLost, NotNow, UnableToScan
from raksha.scanning.folders import working_folder
from raksha.scanning.jobs import Jobs, Runner
from raksha.scanning.looking import Seen, look
from raksha.scanning.progress import Clock, Progress

log = structlog.get_logger(__name__)

DISK_FULL = "The disk of the scanner is full; free some space, then scan again."
NO_MEMORY = "The scanner has too little memory for this code."
SANDBOX = "The sandbox could not run the engines: {}"
INTERNAL = "Something went wrong inside the scanner; its log says more under the id of this scan."


def run(
    claim: Claim, *, clock: Clock, runner: Runner | None = None, engines: Sequence[Engine] | None = None
) -> None:
    """Carry a claimed scan out; whatever happens, its row ends in a state that says so, and its folder is removed."""
    scan = Scan.objects.select_related("project", "project__workspace").get(pk=claim.scan_id)
    with structlog.contextvars.bound_contextvars(scan_id=scan.pk, workspace_id=scan.workspace_id):
        try:
            progress = Progress(claim, clock)
            with working_folder(claim) as folder:
                tree = staging.stage(scan, folder, progress)
                _look_and_record(scan, tree, progress, runner or walls.host().call, engines or available())
        except LeaseLost:
            log.info("scan_given_up")
        except (NotNow, Unavailable, sandbox.Broken) as exc:
            _try_again(claim, exc, clock)
        except (UnableToScan, UnableToTake, sandbox.Walless) as exc:
            claiming.end(claim, str(exc), now=clock())
        except Exception as exc:
            reason = _known_reason(exc)
            if reason is None:
                log.exception("scan_broke")
            claiming.end(claim, reason or INTERNAL, now=clock())
            if reason is None:
                raise


def _look_and_record(
    scan: Scan, tree: Tree, progress: Progress, runner: Runner, engines: Sequence[Engine]
) -> None:
    jobs = Jobs(str(tree.folder), runner, progress, seconds=settings.RAKSHA_SCAN_SECONDS)
    seen = look(scan.workspace_id, tree, engines, jobs, progress)
    progress.begin(Stage.INTELLIGENCE, total=len(seen.packages))
    known = intelligence.with_reach(intelligence.find(seen.packages, now=progress.now()), tree, jobs.ask)
    progress.count(Stage.INTELLIGENCE, len(seen.packages))
    progress.begin(Stage.REPORT)
    progress.hold(4 * claiming.LEASE)
    _record(scan, tree, seen, known, progress, engines)


@transaction.atomic
def _record(
    scan: Scan,
    tree: Tree,
    seen: Seen,
    known: intelligence.Known,
    progress: Progress,
    engines: Sequence[Engine],
) -> None:
    """Write findings, packages and the scan's own end together, if the lease still holds."""
    claim, now = progress.claim, progress.now()
    if not Scan.objects.held(scan.pk, claim.fence).select_for_update(of=("self",)).exists():
        raise LeaseLost(scan.pk)
    project = Project.objects.select_for_update().get(pk=scan.project_id)
    detections = [*seen.detections, *known.detections]
    skipped = [*tree.skipped, *known.skipped]
    comparison = recording.record(scan, project, detections, _look(tree, seen, known), now=now)
    packaging.keep(project, seen.packages)
    intelligence.rank(recording.to_rank(comparison, project), now=now)
    lacking = missing()
    report = _report(tree, seen, skipped, lacking, detections, now)
    is_partial = bool(lacking) or coverage.is_partial([*skipped, *_engine_skips(seen)])
    is_passing, verdicts = judging.judge(scan, project, is_partial=is_partial)
    progress.count(Stage.REPORT, len(detections))
    values: dict[str, Any] = {
        "state": ScanState.FINISHED,
        "is_partial": is_partial,
        "progress": progress.snapshot(),
        "coverage": report,
        "counts": judging.counts_of(project, comparison),
        "changes": recording.changes_of(comparison, project),
        "is_passing": is_passing,
        "verdicts": verdicts,
        "versions": seen.versions,
        "commit": tree.commit[:64],
        "revision": scan.revision or tree.revision[:250],
        "leased_until": None,
        "finished_at": now,
        "reason": "",
    }
    Scan.objects.held(scan.pk, claim.fence).update(**values)
    announce(scan.workspace_id, scan.project_id, scan.pk, ScanState.FINISHED)
    log.info("scan_finished", files=len(tree.files), findings=len(detections), is_partial=is_partial)


def _look(tree: Tree, seen: Seen, known: intelligence.Known) -> Look:
    skipped: dict[str, Sequence[Skip]] = {name: part.skipped for name, part in seen.looks.items()}
    # A package's finding is seen again only where its lockfile was read and its advisories are there.
    skipped["packages"] = [*skipped.get("packages", ()), *known.skipped]
    return Look(
        engines=seen.answers, paths=[file.path for file in tree.files], skipped={**skipped, "": tree.skipped}
    )


def _report(
    tree: Tree,
    seen: Seen,
    skipped: Sequence[Skip],
    lacking: Sequence[str],
    detections: Sequence[Any],
    now: Any,
) -> dict[str, Any]:
    return covering.coverage_of(
        paths=[file.path for file in tree.files],
        looked_at={path for answers in seen.answers.values() for path in answers},
        skipped=skipped,
        engines=seen.looks,
        missing_engines=lacking,
        detections=detections,
        feeds=covering.feed_ages(now=now),
    )


def _engine_skips(seen: Seen) -> list[Skip]:
    return [skip for part in seen.looks.values() for skip in part.skipped]


def _try_again(claim: Claim, exc: Exception, clock: Clock) -> None:
    """Put the scan back in the queue, since its trouble may pass."""
    reason = SANDBOX.format(exc) if isinstance(exc, sandbox.Broken) else str(exc)
    log.warning("scan_put_off", reason=reason)
    attempts = Scan.objects.values_list("attempts", flat=True).get(pk=claim.scan_id)
    claiming.release(claim, attempts=attempts, reason=reason, now=clock(), after=claiming.RETRY_AFTER)


def _known_reason(exc: Exception) -> str | None:
    """Return what people can do about a machine that is full; None for what nobody expected."""
    if isinstance(exc, MemoryError):
        return NO_MEMORY
    if isinstance(exc, OSError) and exc.errno in (errno.ENOSPC, errno.EDQUOT):
        return DISK_FULL
    return None
