"""Whether this process lives (`/healthz`), and whether it can serve (`/readyz`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

PATIENCE_SECONDS = 0.5
_notes: dict[str, Callable[[], str]] = {}


class Away(Exception):
    """A server that we asked does not answer."""


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer as long as the process does; it asks nobody else, so that an outage elsewhere restarts nothing."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Say whether requests can be served: 503 without a migrated database, "degraded" without Redis."""
    database = check_database()
    checks = {
        "database": database,
        "migrations": check_migrations() if database == "ok" else "unknown",
        "redis": check_redis(),
    }
    can_serve = checks["database"] == checks["migrations"] == "ok"
    status = ("ok" if checks["redis"] == "ok" else "degraded") if can_serve else "down"
    answer: dict[str, object] = {"status": status, "checks": checks}
    if notes := [said for ask in _notes.values() if (said := ask())]:
        answer["notes"] = notes
    return JsonResponse(answer, status=200 if can_serve else 503)


def add_note(name: str, ask: Callable[[], str]) -> None:
    """Have /readyz mention what ask says, unless that is empty; anybody may read it, and it costs no query."""
    _notes[name] = ask


def check_database() -> str:
    """Return `ok`, or `down` when no connection answers within the pool's two seconds."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "down"
    return "ok"


def check_migrations() -> str:
    """Return `ok`, or `missing` while the code knows migrations that the database does not."""
    try:
        return "ok" if _are_applied() else "missing"
    except DatabaseError:
        return "unknown"


def check_redis() -> str:
    """Return `ok`, or `down`."""
    try:
        _redis(settings.REDIS_URL).ping()
    except (redis.RedisError, OSError):
        return "down"
    return "ok"


_migrated_databases: set[str] = set()


def _are_applied() -> bool:
    """Look once and remember a yes: the code of a running process does not change."""
    name = str(connection.settings_dict["NAME"])
    if name not in _migrated_databases:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return False
        _migrated_databases.add(name)
    return True


def queue_lengths(queues: Iterable[str]) -> dict[str, int]:
    """Return how many messages wait in each queue of the broker.

    Raises Away.
    """
    prefix = settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"]
    try:
        with _redis(settings.REDIS_URL).pipeline(transaction=False) as pipe:
            names = list(queues)
            for name in names:
                pipe.llen(f"{prefix}{name}")
            return dict(zip(names, pipe.execute(), strict=True))
    except (redis.RedisError, OSError) as exc:
        raise Away("Redis does not answer.") from exc


@cache
def _redis(url: str) -> redis.Redis:
    return redis.Redis.from_url(
        url, socket_connect_timeout=PATIENCE_SECONDS, socket_timeout=PATIENCE_SECONDS, max_connections=4
    )
