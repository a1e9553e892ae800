"""The queue boundary of the scanner."""

from __future__ import annotations

from django.utils import timezone

from avyay_site import hints
from raksha import scanning


@hints.task(queue="scan")
def run_scan(*, scan_id: str, **_: object) -> None:
    """Run the scan whose turn it is, which the rows say and not the message; come again while one waits."""
    if scanning.run_next() is not None:
        for waiting_id in scanning.get_claimable_ids(now=timezone.now(), most=1):
            run_scan.delay_on_commit(scan_id=waiting_id)
