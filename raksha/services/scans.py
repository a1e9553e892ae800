"""Ask for scans, and call them off."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction

from avyay_site import limits
from avyay_site.accounts.access import Access, NotAllowed
from avyay_site.accounts.models import Role
from avyay_site.audit.services import record
from raksha import scanning, tasks
from raksha.models import Project, Scan, ScanSource, ScanState, Upload
from raksha.services import changing, uploads
from raksha.services.changing import Busy, InvalidValue, UnableToChange
from raksha.services.projects import checked_revision, checked_url, project_for

SCANS_PER_MINUTE = 600
MOST_WAITING = 1_000
ENDINGS = (".zip", ".gz", ".xz", ".zst", ".tgz", ".txz", ".tzst", ".tar")


class OtherScan(UnableToChange):
    """The idempotency key was used before, for another scan."""


@transaction.atomic
def request_scan(
    *,
    by: Access,
    now: datetime,
    project: Project | None = None,
    upload: Upload | None = None,
    url: str = "",
    revision: str = "",
    folder: str = "",
    name: str = "",
    idempotency_key: str = "",
) -> Scan:
    """Put a scan in the queue and return it at once.

    One of upload, url and folder says what is scanned; without any, the project's repository.
    project: else the one of the repository, or of the archive's name, made when there is none.
    idempotency_key: asking again with it for the same gives the same scan.
    Raises InvalidValue, Busy, OtherScan, UnableToChange, NotAllowed.
    """
    by.require_role(Role.MEMBER)
    changing.require_ours(by, project)
    changing.require_ours(by, upload)
    wanted = _wanted(by, project, upload, url, revision, folder)
    if idempotency_key:
        earlier: Scan | None = Scan.objects.visible_to(by).filter(idempotency_key=idempotency_key).first()
        if earlier is not None:
            return _same(earlier, wanted)
    _require_room(by)
    project = project or project_for(by=by, name=name or _name_of(upload, folder), url=wanted["url"])
    try:
        with transaction.atomic():
            scan: Scan = Scan.objects.create(
                workspace=by.workspace,
                project=project,
                requested_by=by.actor[:200],
                idempotency_key=idempotency_key[:255],
                created_at=now,
                **wanted,
            )
    except IntegrityError as exc:
        raise Busy("The same scan is being asked for at this moment; ask again.") from exc
    if upload is not None:
        uploads.keep_upload(upload, now=now)
    record(by=by, action="scan.request", target=scan, detail={"source": scan.source, "url": scan.url})
    scanning.ring(scan.workspace_id, scan.pk)
    tasks.run_scan.delay_on_commit(scan_id=scan.pk)
    return scan


def repeat_scan(*, by: Access, scan: Scan, now: datetime) -> Scan:
    """Ask for the same scan once more: of the archive while it is kept, else of the repository as it is by then.

    Raises what request_scan raises.
    """
    if scan.source == ScanSource.UPLOAD and scan.upload is None:
        raise UnableToChange("The archive is not kept any more; upload it again.")
    return request_scan(
        by=by,
        now=now,
        project=scan.project,
        upload=scan.upload,
        url=scan.url,
        revision=scan.revision,
        folder=scan.folder,
    )


@transaction.atomic
def cancel_scan(*, by: Access, scan: Scan, now: datetime) -> Scan:
    """Call a scan off: a waiting one never starts; of a running one the jobs are ended and nothing is recorded.

    Raises UnableToChange when it is over, NotAllowed.
    """
    by.require_role(Role.MEMBER)
    called_off = Scan.objects.active().filter(pk=scan.pk)
    if not called_off.update(state=ScanState.CANCELLED, leased_until=None, finished_at=now):
        raise UnableToChange("The scan is over already.")
    scan.refresh_from_db()
    record(by=by, action="scan.cancel", target=scan)
    scanning.announce(scan.workspace_id, scan.project_id, scan.pk, ScanState.CANCELLED)
    return scan


def reissue_waiting(*, now: datetime) -> int:
    """Send a hint for scans that may run: the broker lost theirs, or the worker that ran them is gone."""
    scanning.release_abandoned(now=now)
    waiting = scanning.get_claimable_ids(now=now, most=10)
    for scan_id in waiting:
        tasks.run_scan.delay_on_commit(scan_id=scan_id)
    return len(waiting)


def _wanted(
    by: Access, project: Project | None, upload: Upload | None, url: str, revision: str, folder: str
) -> dict[str, Any]:
    """Return the columns that say what is scanned."""
    if sum(map(bool, (upload, url, folder))) > 1:
        raise InvalidValue("Give one of an archive, a repository and a folder.", "source")
    if len(revision) > 250:
        raise InvalidValue("The revision is too long.", "revision")
    if folder:
        if by.user is not None or by.key is not None:
            raise NotAllowed("Folders of the server are scanned from its command line only.")
        return {
            "source": ScanSource.FOLDER,
            "folder": folder,
            "url": "",
            "upload": None,
            "revision": revision,
        }
    if upload is not None:
        return {"source": ScanSource.UPLOAD, "upload": upload, "url": "", "folder": "", "revision": revision}
    url = url or (project.url if project else "")
    if not url:
        raise InvalidValue("Give an archive or the address of a repository.", "source")
    url = checked_url(url)
    revision = checked_revision(revision or (project.default_revision if project else ""))
    return {"source": ScanSource.REPOSITORY, "url": url, "upload": None, "folder": "", "revision": revision}


def _same(earlier: Scan, wanted: dict[str, Any]) -> Scan:
    """Return the scan that was asked for before; the archive that came with the repetition is dropped."""
    upload: Upload | None = wanted["upload"]
    is_same = all(getattr(earlier, field) == wanted[field] for field in ("source", "url", "folder"))
    if upload is not None and earlier.upload is not None:
        is_same = is_same and earlier.upload.sha256 == upload.sha256
    if not is_same:
        raise OtherScan("This idempotency key was used for another scan; make a new one.")
    if upload is not None and upload.pk != earlier.upload_id:
        uploads.drop_upload(upload)
    return earlier


def _require_room(by: Access) -> None:
    if Scan.objects.visible_to(by).active().count() >= MOST_WAITING:
        raise Busy(f"{MOST_WAITING:,} scans of this workspace wait already; let some finish first.")
    if not limits.allow("scan", by.workspace_id, SCANS_PER_MINUTE).allowed:
        raise Busy(f"A workspace asks for at most {SCANS_PER_MINUTE} scans a minute; wait a moment.")


def _name_of(upload: Upload | None, folder: str) -> str:
    """Return what a project of an archive or a folder is called."""
    if upload is None:
        return Path(folder).name[:100]
    name = upload.name
    for ending in ENDINGS:
        name = name.removesuffix(ending)
    return name[:100] or "upload"
