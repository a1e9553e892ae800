"""What the gateway finds out and people should see: how credentials and models fare. Told to the web process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import orjson
from redis.asyncio import Redis

from marga.gateway.credentials import CredentialPool
from marga.gateway.shared import Shared

PATH = "/internal/gateway/report"
REPORT_SECONDS = 5.0
TELL_SECONDS = 1.0
KEPT_SECONDS = 7200
Row = Mapping[str, Any]


class Health(Protocol):
    """What is asked of the breakers."""

    def states(self) -> list[dict[str, Any]]: ...


class Reporter:
    """Tells only what changed since the last report that arrived, so that workers do not talk over each other."""

    def __init__(self, credentials: CredentialPool, health: Health) -> None:
        self._credentials = credentials
        self._health = health
        self._known: dict[tuple[str, str], Row] = {}
        self._sent: dict[tuple[str, str], Row] = {}

    def report(self, now: float, wall: float) -> bytes | None:
        """Return the JSON to post to PATH, or None when there is nothing new.

        now: monotonic seconds; wall: seconds since 1970 at the same moment.
        """
        rows: dict[str, list[dict[str, Any]]] = {
            "credentials": self._credentials.states(now, wall),
            "deployments": self._health.states(),
        }
        self._sent = {(kind, row["id"]): row for kind, some in rows.items() for row in some}
        fresh: dict[str, list[Row]] = {
            kind: [row for row in some if self._known.get((kind, row["id"])) != row]
            for kind, some in rows.items()
        }
        return orjson.dumps(fresh) if any(fresh.values()) else None

    def arrived(self) -> None:
        """The last report was taken: its rows need not be sent again until they change."""
        self._known = self._sent


async def share_standing(
    pool: CredentialPool, shared: Shared, *, prefix: str, now: float, wall: float
) -> None:
    """Tell the other workers which credentials rest or are dead, and hear it from them, as far as Redis is up.

    now: monotonic seconds; wall: seconds since 1970 at the same moment.
    """
    if not shared.is_up:
        return
    told = pool.told(now, wall)
    rows = await shared.call(lambda redis: _swap(redis, f"{prefix}accounts", told))
    if rows is None:
        pool.news.update(name for name in told if name in pool.accounts)
    else:
        pool.hear(rows, now, wall, told)


async def _swap(redis: Redis, name: str, told: Mapping[str, bytes | None]) -> dict[bytes, bytes]:
    pipe = redis.pipeline(transaction=False)
    for credential_id, text in told.items():
        if text is None:
            pipe.hdel(name, credential_id)
        else:
            pipe.hset(name, credential_id, text)
    pipe.expire(name, KEPT_SECONDS)
    pipe.hgetall(name)
    found: dict[bytes, bytes] = (await pipe.execute())[-1]
    return found
