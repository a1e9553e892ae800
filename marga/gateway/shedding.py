"""Turns calls away early when there are too many, the greedy ones first, so that those admitted are served well.

Two things run out: places (every open call holds memory and a connection) and the one core that a worker runs on. Places
are counted. The core is too busy when timers come late; then so many calls a second are admitted as were finished, and
that number follows how late the timers still are. What one key may have is what is left once those who want less have
theirs (max-min fairness). A call without a place waits a moment in a short queue: gaps are filled, and a client that
asks again at once is slowed down.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable

from marga.gateway.errors import Refusal, retry_after

PERIOD_SECONDS = 0.05
OVERLOAD_LATE_SECONDS = 0.2
OVERLOAD_SECONDS = 5.0
"""Timers must be so late for so long before anybody is turned away: thousands who connect at once are no overload."""

LATE_SECONDS = 0.015
"""How late they may be once it is one."""

EASY_PERIODS = 20
QUEUE_SECONDS = 0.04
MOST_QUEUED = 64
NEAR = 0.75
"""From this part of all places on, no key gets more than its fair share of them."""

SLOWER, FASTER = 0.9, 1.05
SLACK = 0.7
"""So much of its part a greedy key gets: the others' calls do not come evenly, and the last ones need room too."""

LEAST_PER_SECOND = 20.0


class Shedding:
    """The door of one worker. enter() and leave() frame each call; look() is called once a period."""

    def __init__(self, places: int, clock: Callable[[], float]) -> None:
        self._places = places
        self._clock = clock
        self._open: dict[str, int] = {}
        self._queue: deque[tuple[str, asyncio.Future[bool]]] = deque()
        self._asked: Counter[str] = Counter()
        self._admitted: Counter[str] = Counter()
        self._finished = 0
        self._rate = 0.0
        self._late_for = 0.0
        self._easy_periods = 0
        self._left = 0.0
        self._filled_at = 0.0
        self._quota = 1.0
        self._part = 1.0
        self._entered = 0
        self.open = 0
        self.shed = 0
        self.allowed_per_second: float | None = None
        """How many calls are admitted while the core is too busy; None: as many as come."""

    def try_enter(self, key_id: str) -> bool:
        """Take a place for a call of key_id if there is one at this moment."""
        if self.allowed_per_second is not None:
            self._asked[key_id] += 1
        if not self._may_enter(key_id):
            return False
        self._take(key_id)
        return True

    async def enter(self, key_id: str) -> None:
        """Take a place for a call of key_id, at once or after a moment.

        Raises Refusal: 503 when there is none.
        """
        if self.allowed_per_second is not None:
            self._asked[key_id] += 1
        if self._may_enter(key_id):
            self._take(key_id)
            return
        if (
            len(self._queue) >= MOST_QUEUED
            or sum(key == key_id for key, _ in self._queue) >= self._queue_part()
        ):
            raise self._refused()
        loop = asyncio.get_running_loop()
        ticket = (key_id, loop.create_future())
        self._queue.append(ticket)
        timer = loop.call_later(QUEUE_SECONDS, _give_up, ticket[1])
        try:
            has_place = await ticket[1]
        except asyncio.CancelledError:
            if ticket[1].done() and not ticket[1].cancelled() and ticket[1].result():
                self.leave(key_id)
            raise
        finally:
            timer.cancel()
            if ticket in self._queue:
                self._queue.remove(ticket)
        if not has_place:
            raise self._refused()

    def leave(self, key_id: str) -> None:
        """Give the place back."""
        self.open -= 1
        self._finished += 1
        left = self._open[key_id] - 1
        if left:
            self._open[key_id] = left
        else:
            del self._open[key_id]
        if self._queue:
            self._serve_queue()

    def look(self, late_seconds: float, span_seconds: float) -> None:
        """Judge the period that has just ended: how late its timer was, and how long it lasted in all."""
        finished, self._finished = self._finished / span_seconds, 0
        self._rate = finished if not self._rate else 0.7 * self._rate + 0.3 * finished
        is_late = late_seconds > LATE_SECONDS
        self._late_for = self._late_for + span_seconds if late_seconds > OVERLOAD_LATE_SECONDS else 0.0
        if self.allowed_per_second is None:
            if self._late_for < OVERLOAD_SECONDS:
                return
            self.allowed_per_second = max(LEAST_PER_SECOND, SLOWER * self._rate)
            self._left, self._filled_at = 1.0, self._clock()
            self._easy_periods = 0
        else:
            self._adapt(is_late, span_seconds)
        if self.allowed_per_second is None:
            self._asked.clear()
            self._admitted.clear()
        else:
            self._deal()
        self._serve_queue()

    def _adapt(self, is_late: bool, span_seconds: float) -> None:
        allowed = self.allowed_per_second or 0.0
        is_easy = not is_late and self._asked.total() <= 0.8 * allowed * span_seconds
        self._easy_periods = self._easy_periods + 1 if is_easy else 0
        if self._easy_periods >= EASY_PERIODS:
            self.allowed_per_second = None
        elif is_late:
            self.allowed_per_second = max(LEAST_PER_SECOND, SLOWER * allowed)
        elif not is_easy:
            self.allowed_per_second = FASTER * allowed

    def _deal(self) -> None:
        """Set what part of those that enter may be of one key, by what all asked for in the period that has ended."""
        entered, self._entered = max(1, self._entered), 0
        self._part = fair_quota(self._asked.values(), entered) / entered
        self._asked.clear()

    def _fill(self, allowed: float) -> None:
        """Let in what the time since the last look allows, of a long turn of the loop only a part: so turns get short."""
        now = self._clock()
        if now > self._filled_at:
            most = max(1.0, allowed * LATE_SECONDS)
            span, self._filled_at = min(now - self._filled_at, LATE_SECONDS), now
            self._left = min(most, self._left + allowed * span)
            self._quota = max(1.0, SLACK * self._part * self._left)
            self._admitted.clear()

    def _may_enter(self, key_id: str) -> bool:
        if self.open >= self._places:
            return False
        if self.open >= NEAR * self._places:
            has = self._open.get(key_id, 0)
            if has >= max(1, self._places // (len(self._open) + (has == 0))):
                return False
        if self.allowed_per_second is None:
            return True
        self._fill(self.allowed_per_second)
        return self._left >= 1 and self._admitted[key_id] < self._quota

    def _take(self, key_id: str) -> None:
        self.open += 1
        self._open[key_id] = self._open.get(key_id, 0) + 1
        if self.allowed_per_second is not None:
            self._left -= 1
            self._entered += 1
            self._admitted[key_id] += 1

    def _serve_queue(self) -> None:
        for _ in range(len(self._queue)):
            key_id, ticket = self._queue.popleft()
            if ticket.done():
                continue
            if self._may_enter(key_id):
                self._take(key_id)
                ticket.set_result(True)
            else:
                self._queue.append((key_id, ticket))

    def _queue_part(self) -> int:
        return max(1, MOST_QUEUED // (len({key for key, _ in self._queue}) + 1))

    def _refused(self) -> Refusal:
        self.shed += 1
        return Refusal(
            503, "overloaded", "Too many calls are open; try again shortly.", headers=[retry_after(1)]
        )


def fair_quota(wanted: Iterable[int], available: int) -> int:
    """Return the most that one may have so that what all get fits into available, and nothing is left over unused."""
    rest, count = available, 0
    ordered = sorted(wanted)
    for index, want in enumerate(ordered):
        count = len(ordered) - index
        if want * count > rest:
            return max(1, rest // count)
        rest -= want
    return max(1, available)


def _give_up(ticket: asyncio.Future[bool]) -> None:
    if not ticket.done():
        ticket.set_result(False)


async def watch(door: Shedding) -> None:
    """Have door look at each period, until cancelled."""
    while True:
        began = time.perf_counter()
        await asyncio.sleep(PERIOD_SECONDS)
        span = time.perf_counter() - began
        door.look(span - PERIOD_SECONDS, span)
