"""Ends a call that takes too long or that nobody waits for any more.

Most calls are over before anything here has to happen, so a call has no timer of its own: one patrol looks at all
open calls twenty times a second, and a client is watched for leaving only once its call has lasted a glance.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

TICK_SECONDS = 0.05
GLANCE_SECONDS = 0.04
CLIENT_LEFT = "client_left"
NEVER = float("inf")
Receive = Callable[[], Awaitable[dict[str, Any]]]


class Patrol:
    """Makes its rounds while there is anything to watch."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._watches: set[Watch] = set()
        self._next: asyncio.TimerHandle | None = None

    def add(self, watch: Watch) -> None:
        """Look at watch from now on."""
        self._watches.add(watch)
        if self._next is None:
            self._next = self.loop.call_later(TICK_SECONDS, self._round)

    def remove(self, watch: Watch) -> None:
        """Look at watch no more; safe to repeat."""
        self._watches.discard(watch)

    def _round(self) -> None:
        now = self.loop.time()
        for watch in [watch for watch in self._watches if watch.due <= now]:
            watch.look(now)
        self._next = self.loop.call_later(TICK_SECONDS, self._round) if self._watches else None


class Watch:
    """Cancels task at most once for each begin(); stopped says why. due: when there is something to do."""

    __slots__ = (
        "_deadline",
        "_patrol",
        "_quiet_seconds",
        "_reason",
        "_receive",
        "_sent_at",
        "_speak",
        "_task",
        "_watcher",
        "body_read",
        "due",
        "stopped",
    )

    def __init__(self, patrol: Patrol, task: asyncio.Task[None], receive: Receive) -> None:
        self._patrol = patrol
        self._task = task
        self._receive = receive
        self._watcher: asyncio.Task[None] | None = None
        self._deadline = self.due = NEVER
        self._reason = ""
        self._speak: Callable[[], None] | None = None
        self._quiet_seconds = 0.0
        self._sent_at = 0.0
        self.body_read = False
        self.stopped = ""
        patrol.add(self)

    def begin(self, seconds: float, reason: str) -> None:
        """From now on, stop with reason after seconds."""
        now = self._patrol.loop.time()
        self._deadline = now + seconds
        self._reason = reason
        if self.body_read and self._watcher is None:
            # The earlier of the two: a lively stream begins a stage with every piece, and must not put it off.
            self.due = min(self.due, now + GLANCE_SECONDS)
        else:
            self.due = self._next_due()

    def extend(self, seconds: float) -> None:
        """Something moved: count the seconds of the present stage anew."""
        self._deadline = self._patrol.loop.time() + seconds

    def sent(self) -> None:
        """Something went to the client: silence begins anew."""
        self._sent_at = self._patrol.loop.time()

    def break_silence(self, speak: Callable[[], None], seconds: float) -> None:
        """Call speak whenever nothing went to the client for seconds."""
        self._speak = speak
        self._quiet_seconds = seconds
        self.sent()
        self.due = min(self.due, self._next_due())

    def stop(self, reason: str) -> None:
        """Cancel the task, once."""
        if not self.stopped:
            self.stopped = reason
            self._task.cancel()

    def again(self) -> str:
        """Return why the task was stopped, and be ready to stop it again."""
        reason, self.stopped = self.stopped, ""
        return reason

    def close(self) -> None:
        """Let go of the client; nothing is cancelled after this."""
        self._speak = None
        self._patrol.remove(self)
        if self._watcher is not None:
            self._watcher.cancel()

    def look(self, now: float) -> None:
        """Do what is due."""
        if now >= self._deadline:
            self._deadline = NEVER
            self.stop(self._reason)
        if self.body_read and self._watcher is None:
            self._watcher = self._patrol.loop.create_task(self._watch_client())
        if self._speak is not None and now >= self._sent_at + self._quiet_seconds:
            self._sent_at = now
            self._speak()
        self.due = self._next_due()

    def _next_due(self) -> float:
        if self._speak is None:
            return self._deadline
        return min(self._deadline, self._sent_at + self._quiet_seconds)

    async def _watch_client(self) -> None:
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self.stop(CLIENT_LEFT)
                return
