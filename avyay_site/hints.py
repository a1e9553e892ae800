"""The base of all tasks: a message is a hint that may be lost, because the row in Postgres is the truth.

    @hints.task(queue="scan")
    def run_scan(*, scan_id: str, **_: object) -> None: ...

    run_scan.delay_on_commit(scan_id=scan.pk)

`delay_on_commit` never fails its caller: with the broker away the hint is dropped, and the sweeper
issues it again from the row. After a failure the broker is left alone for a moment, so that an outage
costs one wait and not one per request.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache, partial
from typing import Any, ParamSpec, Protocol, cast

import structlog
from celery import shared_task
from celery.contrib.django.task import DjangoTask
from django.db import transaction
from kombu.exceptions import OperationalError
from kombu.pools import ProducerPool, producers
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

PATIENCE_SECONDS = 1.0
RETRY_SECONDS = 5.0

P = ParamSpec("P")


class Hint(Protocol[P]):
    """What callers use of a task."""

    name: str

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> None: ...

    def delay_on_commit(self, *args: P.args, **kwargs: P.kwargs) -> None: ...


def task(*, queue: str, **options: Any) -> Callable[[Callable[P, None]], Hint[P]]:
    """Make a function a task of a queue; options are Celery's, such as `autoretry_for`.

    Acknowledged when done, so that a killed worker's message comes back: the function must stand being run twice.
    """
    declare = shared_task(queue_name=queue, acks_late=True, ignore_result=True, **options)
    return cast("Callable[[Callable[P, None]], Hint[P]]", declare)


def route(name: str, args: object, kwargs: object, options: object, task: Any = None, **_: object) -> Any:
    """Send a task to the queue it was declared for; Celery's own `queue=` attribute ends with its version 6."""
    queue = getattr(task, "queue_name", None)
    return {"queue": queue} if queue else None


class HintTask(DjangoTask):  # type: ignore[type-arg]
    """A task whose message may get lost; what it does must be found in a row as well."""

    def delay_on_commit(self, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """Send the hint once the transaction has committed; at once outside of one."""
        transaction.on_commit(partial(self.hint, args, kwargs), robust=True)

    def hint(self, args: tuple[Any, ...], kwargs: dict[str, Any], **options: Any) -> bool:
        """Send a message now; return whether the broker took it."""
        if not _outage.is_over():
            log.info("hint_dropped", task=self.name)
            return False
        try:
            with _producers(self.app).acquire(block=True, timeout=PATIENCE_SECONDS) as producer:
                self.apply_async(args, kwargs, retry=False, producer=producer, **options)
        except (OperationalError, RedisError, OSError) as exc:
            _outage.begin()
            log.warning("hint_lost", task=self.name, error=type(exc).__name__)
            return False
        return True


@cache
def _producers(app: Any) -> ProducerPool:
    """Return a pool of connections with less patience than a worker's, which wait for messages on theirs."""
    connection = app.connection_for_write()
    patience = {"socket_timeout": PATIENCE_SECONDS, "socket_connect_timeout": PATIENCE_SECONDS}
    patience |= {"max_retries": 0}  # the row is swept up later; nobody waits for a second try
    connection.transport_options = {**connection.transport_options, **patience}
    pool: ProducerPool = producers[connection]
    return pool


class _Outage:
    ends_at = 0.0

    def is_over(self) -> bool:
        return time.monotonic() >= self.ends_at

    def begin(self) -> None:
        self.ends_at = time.monotonic() + RETRY_SECONDS


_outage = _Outage()


def forget_outage() -> None:
    """Try the broker again at the next hint, by a new connection; tests start from here."""
    _outage.ends_at = 0.0
    _producers.cache_clear()
