"""Clear away what scans and uploads left behind, whatever was killed."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from raksha.models import Upload
from raksha.models.scans import ACTIVE
from raksha.scanning import claiming, folders
from raksha.scanning.staging import upload_path

log = structlog.get_logger(__name__)

MOST_AT_ONCE = 1_000
STRAY_AFTER = timedelta(hours=1)
"""Files without a row are left alone for so long: an upload may be under way."""


def sweep(*, now: datetime) -> dict[str, int]:
    """Release scans of lost workers and remove leftovers; return how many of each."""
    done = {
        "scans": claiming.release_abandoned(now=now),
        "folders": folders.sweep(),
        "uploads": forget_uploads(now=now),
        "strays": remove_strays(),
    }
    if any(done.values()):
        log.info("scans_swept", **done)
    return done


def forget_uploads(*, now: datetime) -> int:
    """Remove uploads whose time is over, unless a scan still waits for one."""
    old = Upload.objects.filter(expires_at__lte=now).exclude(scans__state__in=ACTIVE).order_by("expires_at")
    pks = list(old.values_list("pk", flat=True)[:MOST_AT_ONCE])
    for pk in pks:
        upload_path(pk).unlink(missing_ok=True)
    Upload.objects.filter(pk__in=pks).delete()
    return len(pks)


def remove_strays() -> int:
    """Remove files of uploads that were cut half-way, or whose row is gone."""
    folder = upload_path("x").parent
    if not folder.is_dir():
        return 0
    # The age of a file is by the system's clock, as the file system stamped it.
    stale = [path for path in folder.iterdir() if _age_seconds(path) >= STRAY_AFTER.total_seconds()]
    known = set(Upload.objects.filter(pk__in=[path.name for path in stale]).values_list("pk", flat=True))
    strays = [path for path in stale if path.name not in known]
    for path in strays:
        path.unlink(missing_ok=True)
    return len(strays)


def _age_seconds(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0
