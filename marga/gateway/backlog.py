"""Work for after an answer went out: a few at a time, never many waiting, and never in the way of requests."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from marga.gateway.logs import Log

Work = Callable[[], Awaitable[None]]
MOST_WAITING = 32
AT_ONCE = 2


class Backlog:
    """Takes work while there is room. What waits at the end of the process is dropped: it is nobody's answer."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._waiting: deque[Work] = deque()
        self._workers: set[asyncio.Task[None]] = set()
        self._is_closed = False

    def offer(self, work: Work) -> bool:
        """Take work, and tell whether there was room for it."""
        if self._is_closed or len(self._waiting) >= MOST_WAITING:
            return False
        self._waiting.append(work)
        self._begin()
        return True

    async def close(self) -> None:
        """Drop what waits and stop what runs."""
        self._is_closed = True
        self._waiting.clear()
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    def _begin(self) -> None:
        if self._is_closed or not self._waiting or len(self._workers) >= AT_ONCE:
            return
        worker = asyncio.get_running_loop().create_task(self._work())
        self._workers.add(worker)
        worker.add_done_callback(self._ended)

    def _ended(self, worker: asyncio.Task[None]) -> None:
        self._workers.discard(worker)
        if not worker.cancelled() and (failure := worker.exception()) is not None:
            self._log.event("background_failed", level="error", reason=repr(failure))
        self._begin()

    async def _work(self) -> None:
        while self._waiting:
            await self._waiting.popleft()()
