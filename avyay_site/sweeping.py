"""Issue again what the broker lost: each app that has rows waiting for work registers how to find them.

sweeping.register("notifications", services.reissue_lost)      # (*, now) -> how many were issued
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

import structlog

log = structlog.get_logger(__name__)


class Sweep(Protocol):
    """Find due rows, send a hint for each, and return how many."""

    def __call__(self, *, now: datetime) -> int: ...


_sweeps: dict[str, Sweep] = {}


def register(name: str, sweep: Sweep) -> None:
    """Have this sweep run with the others; under the same name it replaces the earlier one."""
    _sweeps[name] = sweep


def sweep_all(*, now: datetime) -> dict[str, int]:
    """Run every sweep and return what each issued; one that fails does not stop the others."""
    issued = {}
    for name, sweep in _sweeps.items():
        try:
            issued[name] = sweep(now=now)
        except Exception:
            # One app's fault must not keep the work of the others lost.
            log.exception("sweep_failed", sweep=name)
    if any(issued.values()):
        log.info("work_issued_again", **issued)
    return issued
