"""Ends a call that takes too long or that nobody waits for any more.

Most calls are over before anything here has to happen, so everything is lazy: one timer, moved only when it fires,
and the client is watched for leaving only once a call has lasted longer than GLANCE_SECONDS.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

GLANCE_SECONDS = 0.05
CLIENT_LEFT = "client_left"
Receive = Callable[[], Awaitable[dict[str, Any]]]


class Watch:
    """Cancels task at most once for each begin(); stopped says why."""

    __slots__ = (
        "_armed_for",
        "_deadline",
        "_is_watching",
        "_loop",
        "_quiet_seconds",
        "_reason",
        "_receive",
        "_sent_at",
        "_speak",
        "_task",
        "_timer",
        "_watcher",
        "body_read",
        "stopped",
    )

    def __init__(self, loop: asyncio.AbstractEventLoop, task: asyncio.Task[None], receive: Receive) -> None:
        self._loop = loop
        self._task = task
        self._receive = receive
        self._timer: asyncio.TimerHandle | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._armed_for = float("inf")
        self._deadline = float("inf")
        self._reason = ""
        self._speak: Callable[[], None] | None = None
        self._quiet_seconds = 0.0
        self._sent_at = 0.0
        self.body_read = False
        self.stopped = ""

    def begin(self, seconds: float, reason: str) -> None:
        """From now on, stop with reason after seconds."""
        now = self._loop.time()
        self._deadline = now + seconds
        self._reason = reason
        due = self._deadline
        if self.body_read and self._watcher is None:
            due = min(due, now + GLANCE_SECONDS)
        self._arm(due)

    def extend(self, seconds: float) -> None:
        """Something moved: count the seconds of the present stage anew."""
        self._deadline = self._loop.time() + seconds

    def sent(self) -> None:
        """Something went to the client: silence begins anew."""
        self._sent_at = self._loop.time()

    def break_silence(self, speak: Callable[[], None], seconds: float) -> None:
        """Call speak whenever nothing went to the client for seconds."""
        self._speak = speak
        self._quiet_seconds = seconds
        self._sent_at = self._loop.time()
        self._arm(min(self._deadline, self._sent_at + seconds))

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
        """Let go of the timer and of the client; nothing is cancelled after this."""
        self._speak = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._watcher is not None:
            self._watcher.cancel()

    def _arm(self, due: float) -> None:
        if due >= self._armed_for:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._armed_for = due
        self._timer = self._loop.call_at(due, self._look)

    def _look(self) -> None:
        now = self._loop.time()
        self._armed_for = float("inf")
        if now >= self._deadline:
            self._deadline = float("inf")
            self.stop(self._reason)
        if self.body_read and self._watcher is None:
            self._watcher = self._loop.create_task(self._watch_client())
        due = self._deadline
        if self._speak is not None:
            if now >= self._sent_at + self._quiet_seconds:
                self._sent_at = now
                self._speak()
            due = min(due, self._sent_at + self._quiet_seconds)
        if due < float("inf"):
            self._arm(due)

    async def _watch_client(self) -> None:
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self.stop(CLIENT_LEFT)
                return
