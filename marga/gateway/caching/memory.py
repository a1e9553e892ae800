"""Answers in this process: the least recently used go first, bounded in bytes. Pure but for its own state."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from marga.gateway.caching.entry import Entry
from marga.gateway.caching.identity import workspace_mark
from marga.gateway.caching.purges import Purges

LARGEST_SHARE = 8
"""No entry may take more than this part of the room, so that one answer cannot push out all others."""


class Memory:
    """max_bytes: for everything kept; 0 keeps nothing."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._kept: OrderedDict[bytes, tuple[Entry, float]] = OrderedDict()
        self.used_bytes = 0
        self.evicted = 0

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, identity: bytes, now: float, ttl_seconds: float) -> Entry | None:
        """Return the entry if it is younger than both its own time and ttl_seconds."""
        found = self._kept.get(identity)
        if found is None:
            return None
        entry, expires_at = found
        if now >= expires_at:
            self.drop(identity)
            return None
        if now >= entry.created_at + ttl_seconds:
            return None
        self._kept.move_to_end(identity)
        return entry

    def put(self, identity: bytes, entry: Entry, expires_at: float) -> bool:
        """Keep entry until expires_at or until room is needed; False if it is too large."""
        size = entry.size
        if size * LARGEST_SHARE > self._max_bytes:
            return False
        self.drop(identity)
        self._kept[identity] = (entry, expires_at)
        self.used_bytes += size
        while self.used_bytes > self._max_bytes:
            _, (oldest, _) = self._kept.popitem(last=False)
            self.used_bytes -= oldest.size
            self.evicted += 1
        return True

    def drop(self, identity: bytes) -> None:
        """Forget one entry, if there is one."""
        found = self._kept.pop(identity, None)
        if found is not None:
            self.used_bytes -= found[0].size

    def forget(self, purges: Purges, workspace_ids: Iterable[str]) -> None:
        """Drop what purges cover of these workspaces."""
        for workspace_id in workspace_ids:
            mark = workspace_mark(workspace_id)
            mine = [(i, entry) for i, (entry, _) in self._kept.items() if i.startswith(mark)]
            for identity, entry in mine:
                if purges.covers(workspace_id, identity, entry.created_at):
                    self.drop(identity)


class Pointers:
    """From one digest to another, bounded in number, the least recently used first to go.

    Two uses: the bytes of a body to the identity of its request, and the sense of a question to an identity.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, digest: bytes) -> bytes | None:
        """Return what digest points to."""
        found = self._kept.get(digest)
        if found is not None:
            self._kept.move_to_end(digest)
        return found

    def put(self, digest: bytes, target: bytes) -> None:
        """Let digest point to target."""
        self._kept[digest] = target
        self._kept.move_to_end(digest)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
