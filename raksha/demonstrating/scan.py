"""Scan the shop with every engine, and say what was found and where to look."""

from __future__ import annotations

import tempfile
from pathlib import Path

from django.utils import timezone

from avyay_site.accounts.models import Workspace
from avyay_site.demo import Stage, UnableToShow
from raksha.demonstrating import shop
from raksha.models import Finding, FindingState, Scan, ScanState
from raksha.services import UnableToChange, direct

PROJECT = "Demo shop"
SHOWN = 8


def show(stage: Stage) -> None:
    """Scan it.

    Raises UnableToShow.
    """
    stage.say("\nA scan of a small shop that was written to be vulnerable, by every engine:")
    scan = _scan()
    if scan.state != ScanState.FINISHED:
        raise UnableToShow(f"The scan {scan.get_state_display().lower()}: {scan.reason}")
    found = Finding.objects.filter(project=scan.project_id, state=FindingState.OPEN).most_urgent_first()
    for finding in found[:SHOWN]:
        stage.say(
            f"  {finding.priority:>3}  {finding.severity:<8}  {finding.title}  {finding.path}:{finding.line}"
        )
    stage.say(
        f"{found.count()} findings. The whole of it, with data flows and fixes: {stage.web}/app/scans/runs/{scan.pk}/"
    )


def _scan() -> Scan:
    workspace = Workspace.objects.order_by("created_at", "id").first()
    if workspace is None:
        raise UnableToShow("There is no workspace yet; `make up` makes the first one.")
    with tempfile.TemporaryDirectory(prefix="avyay-demo-") as folder:
        shop.write(Path(folder))
        try:
            return direct.scan_now(folder, workspace=workspace.slug, project=PROJECT, now=timezone.now())
        except UnableToChange as exc:
            raise UnableToShow(f"The shop was not scanned: {exc}") from exc
