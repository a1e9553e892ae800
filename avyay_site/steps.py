"""What products do once at each start of the platform, after the database is up to date. They register it in `ready`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

log = structlog.get_logger(__name__)

Step = Callable[[datetime], object]
_steps: dict[str, Step] = {}


def register(name: str, step: Step) -> None:
    """Have step run at each start; it must be quick, and safe to repeat. A second one of the name replaces the first."""
    _steps[name] = step


def run(now: datetime) -> None:
    """Run all steps; one that fails is logged, and neither stops the others nor the start."""
    for name, step in _steps.items():
        try:
            step(now)
        except Exception:
            log.exception("start_step_failed", step=name)
