"""Take the next scan and run it, if this worker has room for one more."""

from __future__ import annotations

import threading
from functools import cache

from django.conf import settings
from django.utils import timezone

from raksha.scanning import claiming, running
from raksha.scanning.progress import Clock


def run_next(*, clock: Clock = timezone.now) -> str | None:
    """Run the scan whose turn it is, to its end; return its id, or None when none may run now.

    A worker has threads for other work too, so it runs only RAKSHA_SCANS_PER_WORKER scans at once.
    """
    room = _room(settings.RAKSHA_SCANS_PER_WORKER)
    if not room.acquire(blocking=False):
        return None
    try:
        claim = claiming.claim_next(now=clock())
        if claim is None:
            return None
        running.run(claim, clock=clock)
        return claim.scan_id
    finally:
        room.release()


def run_this(scan_id: str, *, clock: Clock = timezone.now) -> bool:
    """Run a certain scan to its end in this process; False when another has it or it is over."""
    claim = claiming.claim_this(scan_id, now=clock())
    if claim is not None:
        running.run(claim, clock=clock)
    return claim is not None


@cache
def _room(scans: int) -> threading.BoundedSemaphore:
    return threading.BoundedSemaphore(scans)
