"""What a worker remembers of bodies whose answers are kept: a few facts, and where the answer is."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from marga.gateway.caching.caches import Plan
from marga.gateway.caching.entry import Entry
from marga.protocols.request import Request

MOST = 2_048


class Recollection(NamedTuple):
    """request: without its payload; rest: what every usage record of such a hit says, as JSON without its brace."""

    request: Request
    plan: Plan
    entry: Entry
    headers: tuple[tuple[bytes, bytes], ...]
    rest: bytes


class Recollections:
    """Bounded; the least recently used go first."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, Recollection] = OrderedDict()

    def get(self, mark: bytes) -> Recollection | None:
        """Return what is known of a body."""
        return self._known.get(mark)

    def put(self, mark: bytes, found: Recollection) -> None:
        """Remember a body."""
        self._known[mark] = found
        if len(self._known) > MOST:
            self._known.popitem(last=False)
