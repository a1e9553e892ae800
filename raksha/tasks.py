"""The queue boundary of the scanner."""

from __future__ import annotations

from django.utils import timezone

from avyay_site import hints
from raksha import scanning


@hints.task(queue="scan")
def run_scan(*, scan_id: str, **_: object) -> None:
    """Run the scan whose turn it is, which the rows say and not the message; come again while one waits."""
    is_idle = False
    try:
        is_idle = scanning.run_next() is None
    finally:
        # Also after a scan that broke: its place is free for the next one.
        if not is_idle:
            _pass_on()


def _pass_on() -> None:
    for waiting_id in scanning.get_claimable_ids(now=timezone.now(), most=1):
        run_scan.delay_on_commit(scan_id=waiting_id)
