"""Get a scan's code into its folder, without the lease running out meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path
from threading import Event
from typing import TypeVar

from django.conf import settings

from raksha.intake.archives import unpack_archive
from raksha.intake.folders import read_folder
from raksha.intake.git import fetch_repository
from raksha.intake.trees import Limits, Tree
from raksha.models import Scan, ScanSource, Stage
from raksha.scanning import walls
from raksha.scanning.errors import UnableToScan
from raksha.scanning.progress import Progress

LOOKED_EVERY_SECONDS = 0.1
T = TypeVar("T")


def upload_path(upload_id: str) -> Path:
    """Return where the bytes of an upload lie."""
    return Path(settings.VAR) / "uploads" / "raksha" / upload_id


def stage(scan: Scan, folder: Path, progress: Progress) -> Tree:
    """Return the scan's code, in a folder inside the scan's own.

    Raises UnableToScan, UnableToTake, LeaseLost.
    """
    into = folder / "code"
    into.mkdir(mode=0o700)
    if scan.source == ScanSource.REPOSITORY:
        progress.begin(Stage.FETCH)
        tree = meanwhile(progress, partial(_fetch, scan.url, scan.revision, _token(scan), into))
        progress.finish(Stage.FETCH)
    elif scan.source == ScanSource.UPLOAD:
        archive = _archive(scan)
        progress.begin(Stage.UNPACK)
        tree = meanwhile(progress, lambda _: unpack_archive(archive, into, Limits()))
    else:
        progress.begin(Stage.UNPACK)
        tree = meanwhile(progress, lambda _: read_folder(Path(scan.folder), into, Limits()))
    progress.count(Stage.UNPACK, len(tree.files))
    return tree


def _fetch(url: str, revision: str, token: str, into: Path, is_over: Event) -> Tree:
    return fetch_repository(
        url,
        revision,
        into,
        Limits(),
        sandbox=walls.host(),
        token=token,
        hosts=settings.RAKSHA_GIT_HOSTS,
        is_cancelled=is_over.is_set,
    )


def meanwhile(progress: Progress, work: Callable[[Event], T]) -> T:
    """Run work in a thread of its own, and keep the lease until it is done; it must not use the database.

    It is given an event that says when nobody waits for it any more.
    """
    is_over = Event()
    with ThreadPoolExecutor(1, thread_name_prefix="intake") as pool:
        future = pool.submit(work, is_over)
        try:
            while not wait([future], timeout=LOOKED_EVERY_SECONDS).done:
                progress.keep()
        finally:
            is_over.set()
        return future.result()


def _archive(scan: Scan) -> Path:
    path = upload_path(scan.upload_id) if scan.upload_id else None
    if path is None or not path.is_file():
        raise UnableToScan("The archive is not here any more; upload it again.")
    return path


def _token(scan: Scan) -> str:
    """Return the token of the project's own repository; it is shown to no other address."""
    project = scan.project
    return project.token.reveal() if project.token and scan.url == project.url else ""
