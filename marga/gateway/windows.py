"""What is used up at this moment: a sliding minute, or a level that rises and falls.

The minute before counts in proportion to how much of it is still in view.
"""

from __future__ import annotations

MINUTE = 60.0


class Window:
    """How much was used in the last minute."""

    __slots__ = ("_before", "_current", "_started_at")

    def __init__(self, now: float) -> None:
        self._started_at = now
        self._current = 0.0
        self._before = 0.0

    def used(self, now: float) -> float:
        """Return what was used in the minute up to now."""
        elapsed = now - self._started_at
        if elapsed >= MINUTE:
            self._before = self._current if elapsed < 2 * MINUTE else 0.0
            self._current = 0.0
            self._started_at += MINUTE * (elapsed // MINUTE)
            elapsed = now - self._started_at
        return self._before * (1 - elapsed / MINUTE) + self._current

    def add(self, amount: float) -> None:
        """Count amount in the current minute; a negative amount gives back what was reserved too much."""
        self._current = max(0.0, self._current + amount)

    def wait(self, now: float, allowed: float) -> float:
        """Return the seconds until no more than allowed counts as used."""
        if self.used(now) <= allowed:
            return 0.0
        elapsed = now - self._started_at
        if self._current <= allowed and self._before:
            return MINUTE * (1 - (allowed - self._current) / self._before) - elapsed
        return MINUTE - elapsed + (MINUTE * (1 - allowed / self._current) if self._current else 0.0)


class Level:
    """How much is open: calls, or money that calls may still cost."""

    __slots__ = ("level",)

    def __init__(self) -> None:
        self.level = 0

    def used(self, now: float) -> float:
        """Return what is open."""
        return self.level


Meter = Window | Level
