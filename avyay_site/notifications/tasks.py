"""The queue boundary of notifications."""

from __future__ import annotations

from django.utils import timezone

from avyay_site import hints
from avyay_site.notifications import sending


@hints.task(queue="default")
def send_due(*, channel_id: str, **_: object) -> None:
    """Send one due message of a channel, and come again for the next one."""
    if sending.send_next(channel_id=channel_id, now=timezone.now()):
        send_due.delay_on_commit(channel_id=channel_id)
