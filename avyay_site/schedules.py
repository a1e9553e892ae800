"""What runs by the clock: declared in each app's `schedule.py`, kept as rows that operators edit in the admin.

schedules.every(sweep, seconds=20, name="platform: issue lost work again")
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.module_loading import autodiscover_modules

from avyay_site.hints import Hint


@dataclass(frozen=True)
class Schedule:
    """A task and its usual interval."""

    name: str
    task: str
    seconds: int


_declared: dict[str, Schedule] = {}


def every(task: Hint[Any], *, seconds: int, name: str) -> None:
    """Declare that a task runs every so many seconds, unless an operator says otherwise."""
    _declared[name] = Schedule(name=name, task=task.name, seconds=seconds)


def declared() -> list[Schedule]:
    """Return every declared schedule of all installed apps."""
    autodiscover_modules("schedule")
    return list(_declared.values())


def ensure_schedules(**_: object) -> list[str]:
    """Add the rows that are missing and return their names; rows that exist are the operators', and stay."""
    from django_celery_beat.models import IntervalSchedule, PeriodicTask

    added = []
    for schedule in declared():
        interval, _is_new = IntervalSchedule.objects.get_or_create(
            every=schedule.seconds, period=IntervalSchedule.SECONDS
        )
        _, is_new = PeriodicTask.objects.get_or_create(
            name=schedule.name,
            defaults={
                "task": schedule.task,
                "interval": interval,
                # With no worker running, ticks do not pile up: an old one is worth nothing when the next is there.
                "expire_seconds": max(schedule.seconds, 30),
            },
        )
        if is_new:
            added.append(schedule.name)
    return added
