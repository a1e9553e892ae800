"""What the workers of the gateway share through Redis, and nothing more: losing it costs accuracy, never a call.

Every use is bounded in time, and a server that hangs is left alone like one that is gone: a slow store is worse
than a dead one, since each request would wait for it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from marga.gateway.logs import Log

TIMEOUT_SECONDS = 0.05
MOST_FAILURES = 5
MOST_AT_ONCE = 64
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
FAILURES = (RedisError, OSError, TimeoutError)

T = TypeVar("T")


class Shared:
    """The gateway's one Redis client, with its own breaker. url None: there is no Redis, and none is missed."""

    def __init__(self, url: str | None, log: Log, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._url = url
        self._log = log
        self._timeout_seconds = timeout_seconds
        self._redis: Redis | None = None
        self._failures = 0
        self._in_use = 0
        self._is_told = False
        self._prober: asyncio.Task[None] | None = None
        self.is_up = False
        self.down_since = time.monotonic()

    async def start(self) -> None:
        """Connect; without an answer go on alone, and keep looking in the background."""
        if self._url is None:
            return
        # No timeouts of redis-py's own: on Python 3.11 its wait_for can swallow the cancellation of a call.
        self._redis = Redis.from_url(
            self._url,
            socket_timeout=None,
            socket_connect_timeout=None,
            max_connections=2 * MOST_AT_ONCE,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
        )
        if not await self._answers():
            self._prober = asyncio.create_task(self._probe())

    async def close(self) -> None:
        """Let go of every connection."""
        if self._prober is not None:
            self._prober.cancel()
            await asyncio.gather(self._prober, return_exceptions=True)
        if self._redis is not None:
            with suppress(*FAILURES):
                await self._redis.aclose()

    async def call(self, work: Callable[[Redis], Awaitable[T]]) -> T | None:
        """Return what work gets from Redis, or None: at once while it is down, else within the time allowed."""
        if not self.is_up or self._redis is None or self._in_use >= MOST_AT_ONCE:
            return None
        self._in_use += 1
        try:
            async with asyncio.timeout(self._timeout_seconds):
                found = await work(self._redis)
        except FAILURES as exc:
            self._failed(exc)
            return None
        finally:
            self._in_use -= 1
        self._failures = 0
        return found

    def _failed(self, exc: BaseException) -> None:
        self._failures += 1
        if self._failures >= MOST_FAILURES and self.is_up:
            self.is_up = False
            self.down_since = time.monotonic()
            self._tell(exc)
            self._prober = asyncio.create_task(self._probe())

    def _tell(self, exc: BaseException) -> None:
        self._is_told = True
        self._log.event("shared_state_down", level="warning", reason=str(exc) or repr(exc))

    async def _probe(self) -> None:
        """Ask again and again until it answers: no request ever pays for finding out."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            await asyncio.sleep(pause)
            if await self._answers():
                return
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    async def _answers(self) -> bool:
        if self._redis is None:
            return False
        try:
            async with asyncio.timeout(self._timeout_seconds):
                await self._redis.ping()
        except FAILURES as exc:
            if not self._is_told:
                self._tell(exc)
            return False
        self._failures = 0
        self.is_up = True
        if self._is_told:
            self._is_told = False
            self._log.event("shared_state_up")
        return True
