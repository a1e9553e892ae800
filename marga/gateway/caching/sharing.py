"""The second tier: answers that all workers share through Redis. Losing it, or its being slow, costs hits only."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Protocol, TypeVar

from marga.gateway.caching.entry import Entry, NotAnEntry, pack, seal, unpack
from marga.gateway.caching.identity import DIGEST_BYTES, workspace_mark

PREFIX = b"marga:cache:"
LARGEST_VALUE = 1 << 20
LARGEST_CONTENT = 8 << 20
SCAN_COUNT = 1000
IDENTITY_BYTES = len(workspace_mark("")) + DIGEST_BYTES

T = TypeVar("T")


class Store(Protocol):
    """The gateway's Redis client: answers None where Redis is down or too slow."""

    async def call(self, work: Callable[[Any], Awaitable[T]]) -> T | None: ...


class SharedTier:
    """Keys: `marga:cache:` + identity (its first bytes are the workspace's mark); values expire by themselves."""

    def __init__(self, store: Store | None, key: bytes) -> None:
        self._store = store
        self._key = key
        self.refused = 0

    async def get(self, identity: bytes) -> Entry | None:
        """Return what another worker kept; a value that was not sealed for this identity counts as none."""
        if self._store is None:
            return None
        data = await self._store.call(lambda redis: redis.get(PREFIX + identity))
        if data is None:
            return None
        try:
            return unpack(data, identity, self._key, most_bytes=LARGEST_CONTENT)
        except NotAnEntry:
            self.refused += 1
            return None

    async def put(self, identity: bytes, entry: Entry, ttl_seconds: int) -> bool:
        """Keep entry for other workers; False if it is too large, or Redis is away."""
        if self._store is None or len(entry.body) > LARGEST_CONTENT // 2:
            return False
        data = pack(entry, identity, self._key)
        if len(data) > LARGEST_VALUE:
            return False
        done = await self._store.call(lambda redis: redis.set(PREFIX + identity, data, ex=ttl_seconds))
        return bool(done)

    async def point(self, sense: bytes, identity: bytes, ttl_seconds: int) -> None:
        """Let a question's sense lead to the identity whose answer serves it."""
        if self._store is not None:
            data = identity + seal(identity, sense, self._key)
            await self._store.call(lambda redis: redis.set(PREFIX + sense, data, ex=ttl_seconds))

    async def pointed(self, sense: bytes) -> bytes | None:
        """Return the identity that a sense leads to, if it was sealed for this sense."""
        if self._store is None:
            return None
        data = await self._store.call(lambda redis: redis.get(PREFIX + sense))
        if data is None:
            return None
        identity = data[:IDENTITY_BYTES] if isinstance(data, bytes) else b""
        if identity and hmac.compare_digest(data[IDENTITY_BYTES:], seal(identity, sense, self._key)):
            return identity
        self.refused += 1
        return None

    async def forget(self, workspace_id: str, identity: bytes | None) -> None:
        """Delete one answer, or all of a workspace; where Redis is away they expire there, believed by nobody."""
        if self._store is None:
            return
        if identity is not None:
            await self._store.call(lambda redis: redis.unlink(PREFIX + identity))
        else:
            await self._sweep(self._store, workspace_mark(workspace_id))

    async def _sweep(self, store: Store, mark: bytes) -> None:
        pattern = PREFIX + _literal(mark) + b"*"
        cursor: int | None = 0
        while cursor is not None:
            # None where Redis is away; 0 where the last page was read.
            cursor = await store.call(partial(_unlink_page, cursor=cursor, pattern=pattern)) or None


async def _unlink_page(redis: Any, *, cursor: int, pattern: bytes) -> int:
    following, keys = await redis.scan(cursor, match=pattern, count=SCAN_COUNT)
    if keys:
        await redis.unlink(*keys)
    return int(following)


def _literal(mark: bytes) -> bytes:
    """Write bytes so that a pattern of Redis takes them as they are."""
    return b"".join(b"\\" + bytes([byte]) if byte in b"*?[]\\^-" else bytes([byte]) for byte in mark)
