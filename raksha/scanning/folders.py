"""A folder for each attempt at a scan, gone afterwards whatever happens."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from django.conf import settings

from raksha.models import Scan, ScanState
from raksha.scanning.claiming import Claim

log = structlog.get_logger(__name__)


def root() -> Path:
    """Return the folder of these folders."""
    return Path(settings.VAR) / "scans"


@contextmanager
def working_folder(claim: Claim) -> Iterator[Path]:
    """Give the attempt's own empty folder; nobody else may look into it."""
    folder = root() / f"{claim.scan_id}-{claim.fence}"
    root().mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        remove(folder)


def remove(folder: Path) -> None:
    """Remove a folder and what is in it; links are removed, never followed. What stays is swept up later."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        log.warning("scan_folder_left", folder=folder.name)


def sweep() -> int:
    """Remove folders of attempts that do not run any more; return how many."""
    if not root().is_dir():
        return 0
    # Listed before the rows are asked: a folder that is made meanwhile is not on the list.
    folders = list(root().iterdir())
    running = Scan.objects.filter(state=ScanState.RUNNING).values_list("pk", "fence")
    current = {f"{scan_id}-{fence}" for scan_id, fence in running}
    stale = [folder for folder in folders if folder.name not in current]
    for folder in stale:
        remove(folder)
    return len(stale)
