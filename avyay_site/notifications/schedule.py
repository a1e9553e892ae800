"""What notifications do by the clock."""

from __future__ import annotations

from django.utils import timezone

from avyay_site import hints, schedules, sweeping
from avyay_site.notifications import services


@hints.task(queue="default")
def forget_old(**_: object) -> None:
    """Delete deliveries that are past keeping, the oldest first."""
    services.forget_old(now=timezone.now())


sweeping.register("notifications", services.reissue_lost)
schedules.every(forget_old, seconds=60 * 60, name="notifications: forget old deliveries")
