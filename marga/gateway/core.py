"""The parts of one gateway process, and their life."""

from __future__ import annotations

import asyncio
import ctypes
import functools
import gc
import hashlib
import resource
import socket
import time
from collections.abc import Callable, Coroutine
from typing import Any

from marga.classifier import Classifier
from marga.gateway.auth import Keys
from marga.gateway.backlog import Backlog
from marga.gateway.caching.caches import Caches
from marga.gateway.caching.recollections import Recollections
from marga.gateway.control import ControlLink
from marga.gateway.credentials import CredentialPool
from marga.gateway.health import Breakers, RetryBudget
from marga.gateway.lending import Lending
from marga.gateway.limits import Limits
from marga.gateway.logs import Log
from marga.gateway.metrics import Metrics
from marga.gateway.reporting import TELL_SECONDS, Reporter, share_standing
from marga.gateway.request_ids import RequestIds
from marga.gateway.scores import Scores
from marga.gateway.sessions import Sessions
from marga.gateway.settings import Settings
from marga.gateway.shared import Shared
from marga.gateway.shedding import Shedding, watch
from marga.gateway.slots import Slot
from marga.gateway.spool import Spool
from marga.gateway.upstream import Upstream
from marga.gateway.watch import Patrol

TRIM_SECONDS = 5.0
TRIM_ROUNDS = 10
RESTART_SECONDS = 1.0
SPARE_DESCRIPTORS = 256


class Core:
    """Everything that requests share."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.log = Log()
        self.metrics = Metrics()
        self.ids = RequestIds()
        self.keys = Keys(settings)
        self.shared = Shared(settings.redis_url, self.log)
        self._slot = Slot(settings.folder, settings.workers)
        self._place = _place(settings)
        lending = Lending(self.shared, workers=settings.workers, slot=self._slot.number, prefix=self._place)
        self.limits = Limits(settings.workers, lending)
        self.retries = RetryBudget(time.monotonic)
        self.scores = Scores(Classifier.load())
        self.sessions = Sessions()
        self.caches = Caches(
            max_bytes=settings.max_cache_bytes,
            secret=settings.pepper,
            store=self.shared,
            now=time.time(),
        )
        self.recollections = Recollections()
        self.spool = Spool(settings.spool, max_bytes=settings.max_spool_bytes)
        self.credentials = CredentialPool(self.limits.lending)
        self.health = Breakers(time.monotonic)
        self.reporter = Reporter(self.credentials, self.health)
        self.control = ControlLink(
            settings, self.keys, self.limits, self.spool, self.metrics, self.log, self.reporter
        )
        self.backlog = Backlog(self.log)
        self.open_calls = 0
        self.door: Shedding
        self.upstream: Upstream
        self.loop: asyncio.AbstractEventLoop
        self.patrol: Patrol
        self._housekeeping: set[asyncio.Task[None]] = set()
        self._is_closing = False

    async def start(self) -> None:
        """Make ready to serve; the snapshot may arrive later."""
        self.loop = asyncio.get_running_loop()
        self.patrol = Patrol(self.loop)
        places = min(self.settings.max_concurrent, _raise_descriptor_limit() - SPARE_DESCRIPTORS)
        self.door = Shedding(places, self.loop.time)
        self.log.start()
        self.spool.start()
        self.upstream = Upstream(
            max_connections=self.settings.max_upstream_connections, allowance=self.settings.allowance
        )
        await self.shared.start()
        await self.control.start()
        for work in (
            self._keep_house,
            self._share_standing,
            self.limits.lending.run,
            functools.partial(watch, self.door),
        ):
            self._keep_running(work)
        # What is loaded now lives as long as the process: keep the collector from walking it again and again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 50)

    async def close(self) -> None:
        """Deliver what can be delivered and let go of everything."""
        self._is_closing = True
        for task in self._housekeeping:
            task.cancel()
        await self.backlog.close()
        await self.control.close()
        await self.upstream.close()
        await self.shared.close()
        self.spool.close()
        self._slot.close()
        self.log.close()

    def _keep_running(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run work beside the requests; should it ever fail, say so and begin again."""

        def ended(task: asyncio.Task[None]) -> None:
            self._housekeeping.discard(task)
            if self._is_closing or task.cancelled() or task.exception() is None:
                return
            self.log.event("housekeeping_failed", level="error", reason=repr(task.exception()))
            self.loop.call_later(RESTART_SECONDS, self._keep_running, work)

        if not self._is_closing:
            task = self.loop.create_task(work())
            self._housekeeping.add(task)
            task.add_done_callback(ended)

    async def _share_standing(self) -> None:
        """Keep telling the other workers which credentials rest, and hear it from them."""
        while True:
            await asyncio.sleep(TELL_SECONDS)
            now = self.loop.time()
            await share_standing(self.credentials, self.shared, prefix=self._place, now=now, wall=time.time())

    async def _keep_house(self) -> None:
        """Give memory back to the system once a rush is over; connections go one by one, so do it a few times."""
        seen, rounds, known = self.metrics.duration.count, 0, self.keys.snapshot
        while True:
            await asyncio.sleep(TRIM_SECONDS)
            calls, seen = self.metrics.duration.count - seen, self.metrics.duration.count
            if calls > TRIM_SECONDS:
                rounds = TRIM_ROUNDS
            elif rounds and not self.open_calls:
                rounds -= 1
                gc.collect()
                _trim()
            if self.keys.snapshot is not known:
                known = self.keys.snapshot
                self._forget({deployment.id for deployment in known.deployments})
            self.caches.heed(known.purges)
            await self.caches.sweep()

    def _forget(self, known: set[str]) -> None:
        """Drop what is known of deployments that are gone."""
        self.health.forget(known)
        self.sessions.forget(known)


def _place(settings: Settings) -> str:
    """Return how the names of this machine's gateway begin in Redis: workers of another one have their own numbers."""
    place = f"{socket.gethostname()}:{settings.folder}".encode()
    return f"marga:{hashlib.sha256(place).hexdigest()[:12]}:"


def _trim() -> None:
    try:
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    except (OSError, AttributeError):
        return  # not glibc: its allocator gives memory back by itself


def _raise_descriptor_limit() -> int:
    """Allow as many open connections as the system lets us; return how many descriptors that is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (OSError, ValueError):
            return soft
    return hard if hard != resource.RLIM_INFINITY else 1 << 20
