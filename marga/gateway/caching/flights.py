"""Let concurrent requests for one answer wait for the first of them, for a bounded time."""

from __future__ import annotations

import asyncio


class Flights:
    """The first to ask leads and must land, whatever happens; others wait, then look again."""

    def __init__(self) -> None:
        self._open: dict[bytes, asyncio.Future[None]] = {}

    def __len__(self) -> int:
        return len(self._open)

    def leads(self, identity: bytes) -> bool:
        """Return True for the first to ask; it calls land when its answer is kept or its attempt is over."""
        if identity in self._open:
            return False
        self._open[identity] = asyncio.get_running_loop().create_future()
        return True

    async def wait(self, identity: bytes, seconds: float) -> bool:
        """Wait until the leader has landed; False when the time is over first."""
        flight = self._open.get(identity)
        if flight is None:
            return True
        done, _ = await asyncio.wait((flight,), timeout=seconds)
        return bool(done)

    def land(self, identity: bytes) -> None:
        """Wake all who wait; safe to repeat."""
        flight = self._open.pop(identity, None)
        if flight is not None and not flight.done():
            flight.set_result(None)
