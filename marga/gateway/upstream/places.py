"""A bounded number of places, given out in the order of asking."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from marga.gateway.upstream.failures import Unreachable


class Places:
    """Who takes one, or is given one, gives it back once."""

    def __init__(self, most: int, *, most_waiting: int = 20_000) -> None:
        self._most = most
        self._most_waiting = most_waiting
        self.taken = 0
        self._line: OrderedDict[asyncio.Future[None], None] = OrderedDict()

    @property
    def waiting(self) -> int:
        """Return how many stand in line."""
        return len(self._line)

    def take(self) -> bool:
        """Take a place if one is free and nobody waits for it."""
        if self.taken >= self._most or self._line:
            return False
        self.taken += 1
        return True

    async def wait(self) -> None:
        """Stand in line for a place.

        Raises Unreachable when the line is full or the house closes.
        """
        if len(self._line) >= self._most_waiting:
            raise Unreachable("too many calls wait for a connection")
        given = asyncio.get_running_loop().create_future()
        self._line[given] = None
        try:
            await given
        except asyncio.CancelledError:
            self._line.pop(given, None)
            if not given.cancelled():  # it was given in the same moment: the next in line gets it
                self.give_back()
            raise

    def give_back(self) -> None:
        """Give a place to the first in line, or leave it free."""
        while self._line:
            given, _ = self._line.popitem(last=False)
            if not given.done():
                given.set_result(None)
                return
        self.taken -= 1

    def close(self) -> None:
        """Send everybody in line away."""
        while self._line:
            given, _ = self._line.popitem(last=False)
            if not given.done():
                given.set_exception(Unreachable("the gateway is closing"))
