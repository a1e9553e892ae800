"""A worker's part of a limit: what it may use without asking anybody.

All parts of a limit together never exceed it. Without a word from Redis a part is the equal one, limit / workers; from
there a worker gives away what it does not need before another one may have it. Nothing here waits or does I/O.
"""

from __future__ import annotations

import math
from zlib import crc32

from marga.gateway.windows import Meter

STARVED_SECONDS = 1.0
"""So long after it had to ask, a worker does not try to go back to the equal part by itself."""

QUIET_SECONDS = 5.0
"""So long after that it gives up what it has above the equal part."""

KEPT_SECONDS = 0.05
FLOOR = 0.1
"""The part of the equal part that a worker takes back at once when Redis is lost: the overshoot that is allowed."""


class Lease:
    """held: how much may be used; meter: how much is. Money is in whole nano-dollars, gone is what was spent of total.

    waiting: calls that wait for more; wanted: what they cost together.
    restores_after: seconds without Redis until what was given away counts as free again.
    """

    __slots__ = (
        "_before",
        "_growth",
        "_slot",
        "_turn",
        "_workers",
        "elsewhere",
        "gone",
        "held",
        "kept_until",
        "is_alone",
        "is_registered",
        "meter",
        "name",
        "refused_cost",
        "refused_until",
        "restored_at",
        "restores_after",
        "share",
        "starved_until",
        "total",
        "waiting",
        "wanted",
    )

    def __init__(
        self, name: str, total: int, meter: Meter, *, slot: int, workers: int, restores_after: float
    ) -> None:
        self.name = name
        self.meter = meter
        self.total = total
        self.gone = 0
        self.elsewhere = 0
        self.waiting = 0
        self.wanted = 0.0
        self.is_alone = False
        self.is_registered = False
        self.kept_until = -math.inf
        self.refused_cost = 0.0
        self.refused_until = -math.inf
        self.starved_until = -math.inf
        self.restored_at = -math.inf
        self.restores_after = restores_after
        self._turn = crc32(name.encode()) % 1024
        self._slot = slot
        self._workers = workers
        self._before = 0
        self._growth = 0
        self.held = self.share = self._equal_part()

    @property
    def turn(self) -> int:
        """Where the remainder of an uneven division begins, so that it is not always the first worker that gets it."""
        return self._turn

    @property
    def left(self) -> int:
        """Return what there is for all workers together."""
        return self.total - self.gone

    def resize(self, total: int, gone: int = 0) -> None:
        """Take over a changed limit, and what the web process says is spent of it."""
        if total == self.total and gone <= self.gone:
            return
        self.total, self.gone = total, max(gone, self.gone)
        self.share = self._equal_part()
        if not self.is_registered:
            self.held = self.share

    def used(self, now: float) -> int:
        """Return what is in use, rounded up."""
        return math.ceil(self.meter.used(now))

    def fits(self, cost: float, now: float) -> bool:
        """Tell whether cost may be used now.

        What is larger than the whole limit fits when nothing else is in use; so does, without Redis, what is larger
        than the equal part, or it could never be used at all.
        """
        used, held = self.meter.used(now), self.held
        if used + cost <= held:
            return True
        most = self.share if self.is_alone else self.left
        return cost > most and held >= most > 0 and used <= 0

    def remaining(self, now: float) -> int:
        """Return an estimate of what all workers together may still use."""
        return max(0, self.left - self.used(now) - self.elsewhere)

    def can_grow(self, cost: float, now: float) -> bool:
        """Tell whether asking the other workers may help: not when as much was asked for in vain just now."""
        if self._workers == 1 or self.held >= self.left:
            return False
        return now >= self.refused_until or cost < self.refused_cost

    def hunger(self, now: float) -> int:
        """Return how much more the waiting calls need: with some in advance, so as not to ask each time."""
        short = math.ceil(min(self.wanted, self.left)) + self.used(now) - self.held
        return max(0, min(self.left - self.held, max(short, self.left // (2 * self._workers))))

    def watch_growth(self, now: float) -> None:
        """Note how fast the use grows from one look to the next."""
        used = self.used(now)
        self._growth = max(0, used - self._before)
        self._before = used

    def give(self, now: float) -> bool:
        """Let go of what is not needed here; tell whether anything changed.

        While calls wait here that need more than there is, what there is helps nobody: all of it goes.
        """
        if now < self.kept_until:
            return False
        used = self.used(now)
        lower = max(0, used if self.waiting else used + 2 * self._growth)
        if lower >= self.held:
            return False
        self.held, self.is_registered = lower, True
        return True

    def settle(self, now: float) -> int:
        """Move towards the equal part; return how much to take back if nobody needs it."""
        if now < self.starved_until:
            return 0
        if self.held > self.share and now >= self.starved_until + QUIET_SECONDS:
            self.held = max(self.share, min(self.held, self.used(now) + 2 * self._growth))
        return max(0, self.share - self.held)

    def stand_alone(self, now: float, down_seconds: float) -> None:
        """Without Redis: give up what is above the equal part, and take back what is below it when that is safe."""
        self.is_alone = True
        if self.held > self.share:
            self.held = max(self.share, min(self.held, self.used(now)))
        elif down_seconds >= self.restores_after:
            self.held = self.share
        else:
            self.held = max(self.held, int(self.share * FLOOR))

    def grant(self, amount: int, elsewhere: int, gone: int, now: float) -> None:
        """Take over what the script gave, and what it knows of the others.

        What is enough for a waiting call stays here until that had time to take it.
        """
        self.held += amount
        self.is_alone = False
        self.elsewhere = elsewhere
        if amount:
            self.is_registered = True
            if self.waiting and (
                self.held >= self.left or self.used(now) + self.wanted / self.waiting <= self.held
            ):
                self.kept_until = now + KEPT_SECONDS
        self.resize(self.total, gone)

    def debit(self, amount: int) -> None:
        """Pay amount out of the part held here, as it moves from open to spent."""
        self.held -= amount
        self.is_registered = True

    def _equal_part(self) -> int:
        left = self.left
        if self._workers == 1:
            return left
        if self._slot >= self._workers or left <= 0:
            return 0
        extra = (self._slot + self._turn) % self._workers < left % self._workers
        return left // self._workers + extra


class MoneyLease(Lease):
    """Money does not come back with time, so without Redis it is divided anew only now and then.

    What is spent is known from the web process; calls begun under the division before have ended by the next one.
    """

    __slots__ = ()

    def stand_alone(self, now: float, down_seconds: float) -> None:
        """Divide what is left anew once every restores_after seconds."""
        self.is_alone = True
        if down_seconds >= self.restores_after and now >= self.restored_at + self.restores_after:
            self.restored_at = now
            self.held = max(self.share, self.used(now))
