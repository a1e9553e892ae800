"""Take archives in: to disk first, then as a row, so that a row always has its file."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from avyay_site import ids
from avyay_site.accounts.access import Access
from avyay_site.accounts.models import Role
from raksha import scanning
from raksha.models import Upload
from raksha.services.changing import Busy, InvalidValue

UNUSED_FOR = timedelta(hours=1)
MEGABYTE = 1024 * 1024
PART = ".part"


def receive_upload(*, by: Access, name: str, chunks: Iterable[bytes], now: datetime) -> Upload:
    """Store an archive and return its row; nothing stays of one that breaks off or is too large.

    Raises InvalidValue, Busy when the disk is full, NotAllowed, and whatever reading the chunks raises.
    """
    by.require_role(Role.MEMBER)
    upload_id = ids.new_id("upl")
    place = scanning.upload_path(upload_id)
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = place.with_name(upload_id + PART)
    try:
        sha256, size = _write(part, chunks)
        part.rename(place)
    finally:
        part.unlink(missing_ok=True)
    # From here a crash leaves a file without a row, which the sweep removes.
    row: Upload = Upload.objects.create(
        pk=upload_id,
        workspace=by.workspace,
        name=_shown(name),
        sha256=sha256,
        size=size,
        created_at=now,
        expires_at=now + UNUSED_FOR,
    )
    return row


def keep_upload(upload: Upload, *, now: datetime) -> None:
    """Keep an archive for as long as a scanned one is kept."""
    upload.expires_at = max(upload.expires_at, now + timedelta(hours=settings.RAKSHA_UPLOAD_HOURS))
    upload.save(update_fields=["expires_at"])


def drop_upload(upload: Upload) -> None:
    """Remove an archive that nobody needs."""
    scanning.upload_path(str(upload.pk)).unlink(missing_ok=True)
    upload.delete()


def _write(part: Path, chunks: Iterable[bytes]) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            for chunk in chunks:
                size += len(chunk)
                if size > settings.RAKSHA_UPLOAD_MB * MEGABYTE:
                    raise InvalidValue(
                        f"The archive is larger than {settings.RAKSHA_UPLOAD_MB} MB; leave out what is not source code.",
                        "file",
                    )
                digest.update(chunk)
                file.write(chunk)
    except OSError as exc:
        if exc.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Busy("The disk of the scanner is full; try again later.") from exc
        raise
    if not size:
        raise InvalidValue("The archive is empty.", "file")
    return digest.hexdigest(), size


def _shown(name: str) -> str:
    """Return the name as it may be stored and shown: its last part, without control characters."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in last if letter.isprintable())[:255]
