"""What the platform itself does by the clock."""

from __future__ import annotations

from django.utils import timezone

from avyay_site import hints, schedules, sweeping, vitals, watching


@hints.task(queue="default")
def sweep(**_: object) -> None:
    """Issue again what the broker lost."""
    now = timezone.now()
    sweeping.sweep_all(now=now)
    vitals.note_tick(now=now)


@hints.task(queue="default")
def watch(**_: object) -> None:
    """Notice parts that are down or behind."""
    watching.watch(now=timezone.now())


schedules.every(sweep, seconds=20, name="platform: issue lost work again")
schedules.every(watch, seconds=60, name="platform: notice what is down or behind")
