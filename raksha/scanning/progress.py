"""Show how far a scan is, and keep its lease while at it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from raksha.models import Scan, Stage
from raksha.scanning import claiming
from raksha.scanning.announcing import ring_progress
from raksha.scanning.claiming import Claim
from raksha.scanning.errors import LeaseLost

SHOWN_EVERY = timedelta(seconds=0.3)
ASKED_EVERY = timedelta(seconds=1)
Clock = Callable[[], datetime]


class Progress:
    """Counts by stage, written now and then; `keep` is called often, from the one thread that talks to the database."""

    def __init__(self, claim: Claim, clock: Clock) -> None:
        self.claim = claim
        self.now = clock
        self._stages: dict[str, dict[str, Any]] = {}
        self._began_at: dict[str, datetime] = {}
        self._is_changed = False
        self._shown_at = self._asked_at = self._kept_at = clock()

    def begin(self, stage: Stage, *, total: int = 0) -> None:
        """Start a stage of so many parts; 0 when nobody can tell."""
        self._began_at[stage] = self.now()
        self._stages[stage] = {"state": "running", "done": 0, "total": total, "seconds": 0.0}
        self._is_changed = True
        self.keep()

    def advance(self, stage: Stage, parts: int = 1) -> None:
        """Count parts of a stage as done."""
        self._stages[stage]["done"] += parts
        self._is_changed = True

    def count(self, stage: Stage, parts: int) -> None:
        """End a stage whose number of parts is known only now."""
        if stage not in self._stages:
            self.begin(stage)
        self._stages[stage] |= {"done": parts, "total": parts}
        self.finish(stage)

    def finish(self, stage: Stage, *, state: str = "done") -> None:
        """End a stage: done, skipped or failed."""
        self._stages.setdefault(stage, {"done": 0, "total": 0, "seconds": 0.0})["state"] = state
        self._time(stage, self.now())
        self._began_at.pop(stage, None)
        self._is_changed = True
        self.keep()

    def hold(self, time: timedelta) -> None:
        """Keep the lease for so long, because what comes now cannot look at the clock.

        Raises LeaseLost.
        """
        self._write(self.now(), time)

    def snapshot(self) -> dict[str, Any]:
        """Return the counts as they are stored."""
        now = self.now()
        for stage in self._began_at:
            self._time(stage, now)
        return {stage: dict(values) for stage, values in self._stages.items()}

    def keep(self) -> None:
        """Renew the lease and show progress when it is time to.

        Raises LeaseLost.
        """
        now = self.now()
        if now - self._kept_at >= claiming.RENEWED_EVERY or (
            self._is_changed and now - self._shown_at >= SHOWN_EVERY
        ):
            self._write(now)
        elif now - self._asked_at >= ASKED_EVERY:
            self._require(Scan.objects.held(self.claim.scan_id, self.claim.fence).exists())
            self._asked_at = now

    def _write(self, now: datetime, lease: timedelta = claiming.LEASE) -> None:
        held = Scan.objects.held(self.claim.scan_id, self.claim.fence)
        count = held.update(leased_until=now + lease, progress=self.snapshot())
        self._require(bool(count))
        if self._is_changed:
            ring_progress(self.claim.workspace_id, self.claim.scan_id)
        self._is_changed = False
        self._shown_at = self._asked_at = self._kept_at = now

    def _require(self, is_held: bool) -> None:
        if not is_held:
            raise LeaseLost(self.claim.scan_id)

    def _time(self, stage: str, now: datetime) -> None:
        if stage in self._began_at:
            self._stages[stage]["seconds"] = round((now - self._began_at[stage]).total_seconds(), 3)
