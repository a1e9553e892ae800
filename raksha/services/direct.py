"""Scan something from this machine's command line, and wait for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from django.db import connection

from avyay_site.accounts import access
from avyay_site.accounts.access import Access
from avyay_site.accounts.models import Workspace
from raksha import scanning
from raksha.models import Project, Scan, Upload
from raksha.services import uploads
from raksha.services.changing import InvalidValue
from raksha.services.projects import project_for
from raksha.services.scans import request_scan

LOOKED_EVERY_SECONDS = 0.2
PIECE = 1 << 20
Watch = Callable[[Scan], None]


def scan_now(
    target: str,
    *,
    now: datetime,
    workspace: str = "",
    project: str = "",
    revision: str = "",
    watch: Watch | None = None,
) -> Scan:
    """Scan a folder, an archive or a repository's address; return the scan when it is over.

    workspace: slug; else the first one, made when there is none. project: name.
    watch: is shown the scan now and then, from another thread.
    Raises UnableToChange.
    """
    by = access.for_system(_workspace(workspace))
    scan = _request(by, target, project, revision, now)
    with _watched(scan, watch):
        # A worker may have been quicker; then this waits for it.
        if not scanning.run_this(str(scan.pk)):
            _wait_for(scan)
    scan.refresh_from_db()
    if watch is not None:
        watch(scan)
    return scan


def _request(by: Access, target: str, name: str, revision: str, now: datetime) -> Scan:
    if "://" in target:
        named = project_for(by=by, name=name, url="") if name else None
        return request_scan(by=by, now=now, url=target, revision=revision, project=named)
    path = Path(target).expanduser()
    if path.is_dir():
        return request_scan(
            by=by, now=now, folder=str(path.resolve()), project=_project_of_folder(by, path, name)
        )
    if path.is_file():
        return request_scan(by=by, now=now, upload=_upload(by, path, now), name=name)
    raise InvalidValue(f"{target} is no folder, no archive and no https address of a repository.", "target")


def _project_of_folder(by: Access, path: Path, name: str) -> Project:
    """Return the project whose code this folder is: the one that was scanned from there before, or one of its name."""
    folder = str(path.resolve())
    if name:
        return project_for(by=by, name=name[:100])
    mine = Scan.objects.visible_to(by).select_related("project")
    before: Scan | None = mine.filter(folder=folder).order_by("-created_at").first()
    if before is not None:
        return before.project
    name = path.resolve().name[:100] or "root"
    taken = Project.objects.visible_to(by).filter(name=name).exists()
    return project_for(by=by, name=folder[-100:] if taken else name)


def _upload(by: Access, path: Path, now: datetime) -> Upload:
    with path.open("rb") as file:
        return uploads.receive_upload(
            by=by, name=path.name, chunks=iter(lambda: file.read(PIECE), b""), now=now
        )


def _workspace(slug: str) -> Workspace:
    if slug:
        found = Workspace.objects.filter(slug=slug).first()
        if found is None:
            known = ", ".join(Workspace.objects.values_list("slug", flat=True)[:20])
            raise InvalidValue(
                f"There is no workspace {slug!r}; choose among: {known or 'none yet'}.", "workspace"
            )
        return found
    first: Workspace | None = Workspace.objects.order_by("created_at", "id").first()
    return first or Workspace.objects.create(slug="local", name="Local")


@contextmanager
def _watched(scan: Scan, watch: Watch | None) -> Iterator[None]:
    """Show the scan's row now and then meanwhile."""
    is_over = threading.Event()

    def look() -> None:
        try:
            while not is_over.wait(LOOKED_EVERY_SECONDS):
                if watch is not None:
                    watch(Scan.objects.get(pk=scan.pk))
        finally:
            connection.close()

    thread = threading.Thread(target=look, name="watch", daemon=True)
    if watch is not None:
        thread.start()
    try:
        yield
    finally:
        is_over.set()
        if watch is not None:
            thread.join()


def _wait_for(scan: Scan) -> None:
    turn = threading.Event()
    while Scan.objects.active().filter(pk=scan.pk).exists():
        turn.wait(LOOKED_EVERY_SECONDS)
