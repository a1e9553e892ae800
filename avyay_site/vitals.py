"""How each part of the platform is, for the health strip: probed in parallel, kept for some seconds, never slow."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from avyay_site import health, shell
from avyay_site.shell import Health

DEADLINE_SECONDS = 0.3
KEPT_SECONDS = 5.0
TICK = "vitals.tick"
TICK_KEPT_SECONDS = 24 * 60 * 60
TICK_SILENCE = timedelta(seconds=90)
SEVERITY = {"good": 0, "idle": 1, "warn": 2, "bad": 3}


@dataclass(frozen=True)
class Vital:
    """One part and how it is. url_name: its page, if it has one."""

    name: str
    health: Health
    url_name: str = ""


def web() -> Health:
    """Tell that this process answers, since it is the one that asks."""
    return Health("good", "answering")


def database() -> Health:
    """Ask the database for a constant."""
    try:
        return _answering(health.check_database() == "ok")
    finally:
        connection.close()


def redis() -> Health:
    """Ask Redis for a sign of life."""
    if health.check_redis() == "ok":
        return Health("good", "answering")
    return Health("warn", "away", "Pages poll and limits are counted by each process until it is back.")


def _answering(answers: bool) -> Health:
    return Health("good", "answering") if answers else Health("bad", "not reached")


def gateway() -> Health:
    """Ask the gateway whether its process is up."""
    answer = httpx.get(f"{settings.GATEWAY_INTERNAL_URL}/healthz", timeout=DEADLINE_SECONDS, trust_env=False)
    return Health("good", "answering") if answer.is_success else Health("bad", f"status {answer.status_code}")


def worker() -> Health:
    """Ask the workers who is there; the first answer is enough."""
    from avyay_site.celery import app

    if app.control.ping(timeout=DEADLINE_SECONDS - 0.05, limit=1):
        return Health("good", "answering")
    return Health("bad", "silent", "No worker answers: jobs wait until one is started.")


def note_tick(*, now: datetime) -> None:
    """Keep when something was last done by the clock."""
    cache.set(TICK, now, TICK_KEPT_SECONDS)


def beat() -> Health:
    """Tell whether what runs every 20 seconds was done lately."""
    latest: datetime | None = cache.get(TICK)
    if latest is None:
        return Health("idle", "not seen yet")
    if timezone.now() - latest > TICK_SILENCE:
        return Health("warn", "silent", "Nothing was done on schedule lately: beat or the worker is away.")
    return Health("good", "on time")


PROBES: tuple[tuple[str, Callable[[], Health], str], ...] = (
    ("Web", web, ""),
    ("Gateway", gateway, ""),
    ("Worker", worker, ""),
    ("Beat", beat, ""),
    ("Database", database, ""),
    ("Redis", redis, ""),
)


class _Watch:
    """The latest answers; at most one round of probes is under way."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="vitals")
        self._lock = threading.Lock()
        self._answers: list[Vital] = []
        self._taken_at = -KEPT_SECONDS

    def look(self) -> list[Vital]:
        with self._lock:
            if time.monotonic() - self._taken_at >= KEPT_SECONDS:
                self._answers = self._probe()
                self._taken_at = time.monotonic()
            return self._answers

    def glance(self) -> list[Vital]:
        """Return what is known without waiting; have it renewed in the background when it is old."""
        if time.monotonic() - self._taken_at >= KEPT_SECONDS and not self._lock.locked():
            self._pool.submit(self.look)
        return self._answers

    def _probe(self) -> list[Vital]:
        asked = [*PROBES, *((part.name, part.health, part.url_name) for part in shell.parts())]
        futures = [(name, url_name, self._pool.submit(probe)) for name, probe, url_name in asked]
        wait([future for _, _, future in futures], timeout=DEADLINE_SECONDS)
        return [Vital(name, _answer(future), url_name) for name, url_name, future in futures]


def _answer(future: Future[Health]) -> Health:
    if not future.done():
        future.cancel()
        return Health("warn", "slow", f"No answer within {DEADLINE_SECONDS * 1000:.0f} ms.")
    if error := future.exception():
        return Health("bad", "not reached", type(error).__name__)
    return future.result()


_watch = _Watch()


def look() -> list[Vital]:
    """Return every part's health, at most some seconds old."""
    return _watch.look()


def overall() -> Health:
    """Return one sentence over all parts, from what is known already: pages never wait for it."""
    answers = _watch.glance()
    unwell = [vital for vital in answers if SEVERITY[vital.health.tone] >= SEVERITY["warn"]]
    if not answers:
        return Health("idle", "looking at all parts")
    if not unwell:
        return Health("good", "all parts healthy")
    tone = max((vital.health.tone for vital in unwell), key=SEVERITY.__getitem__)
    return Health(
        tone,
        f"{unwell[0].name}: {unwell[0].health.word}" if len(unwell) == 1 else f"{len(unwell)} parts unwell",
    )
