"""What a worker remembers of bodies whose answers are kept: a few facts, and where the answer is.

Never the answer itself: that would keep alive what the cache has let go, beyond the bound on its bytes.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from marga.gateway.caching.caches import Plan
from marga.protocols.request import Request

MOST = 2_048


class Recollection(NamedTuple):
    """request: without its payload; kept_at: when its answer was kept, by which another one is told apart; rest: what every usage record of such a hit says, as JSON without its brace."""

    request: Request
    plan: Plan
    kept_at: float
    headers: tuple[tuple[bytes, bytes], ...]
    rest: bytes


class Recollections:
    """Bounded; the least recently used go first."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, Recollection] = OrderedDict()

    def get(self, mark: bytes) -> Recollection | None:
        """Return what is known of a body."""
        found = self._known.get(mark)
        if found is not None:
            self._known.move_to_end(mark)
        return found

    def put(self, mark: bytes, found: Recollection) -> None:
        """Remember a body."""
        self._known[mark] = found
        if len(self._known) > MOST:
            self._known.popitem(last=False)
