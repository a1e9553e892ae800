"""What people have had forgotten. Pure: a purge holds for everything made before it, wherever it is kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Purge(NamedTuple):
    """identity: of one answer, or None for all of the workspace; at: seconds since the epoch."""

    workspace_id: str
    identity: bytes | None
    at: float


class Purges:
    """The latest purge of each workspace and of each single answer."""

    def __init__(self, purges: Iterable[Purge] = ()) -> None:
        self._latest: dict[tuple[str, bytes | None], float] = {}
        for workspace_id, identity, at in purges:
            place = (workspace_id, identity)
            self._latest[place] = max(at, self._latest.get(place, at))

    def covers(self, workspace_id: str, identity: bytes, created_at: float) -> bool:
        """Return whether an answer made at created_at shall be forgotten."""
        if not self._latest:
            return False
        whole = self._latest.get((workspace_id, None), 0.0)
        return created_at <= max(whole, self._latest.get((workspace_id, identity), 0.0))
