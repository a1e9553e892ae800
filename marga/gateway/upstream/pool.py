"""Keeps connections for the next call: the one used last goes first, and one that rests too long is closed."""

from __future__ import annotations

import asyncio
from collections import deque

from marga.gateway.upstream.connection import READ_BYTES, Connection
from marga.gateway.upstream.dialing import Dialer, Origin
from marga.gateway.upstream.failures import Unreachable
from marga.gateway.upstream.places import Places

IDLE_SECONDS = 15.0
SWEEP_SECONDS = 5.0


class Pool:
    """All connections that one kind of trust opens; most of them carry a call at once, others wait in line."""

    def __init__(self, dialer: Dialer, *, most: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._dialer = dialer
        self._most = most
        self._places = Places(most)
        self._idle: dict[Origin, deque[Connection]] = {}
        self._origins: dict[Connection, Origin] = {}
        self._buffer = memoryview(bytearray(READ_BYTES))
        self._sweeping: asyncio.TimerHandle | None = None
        self._is_closed = False

    @property
    def open(self) -> int:
        """Return how many connections there are."""
        return sum(connection.is_usable() for connection in self._origins)

    @property
    def busy(self) -> int:
        """Return how many calls have a place."""
        return self._places.taken

    def kept(self, origin: Origin) -> Connection | None:
        """Return a kept connection, None when there is none or others wait for a place."""
        idle = self._idle.get(origin)
        if not idle or not self._places.take():
            return None
        connection = self._latest(idle)
        if connection is None:
            self._places.give_back()
        return connection

    async def obtain(self, origin: Origin) -> Connection:
        """Return a kept connection or a new one, waiting for a place in line.

        Raises OSError.
        """
        if self._is_closed:
            raise Unreachable("the gateway is closing")
        if not self._places.take():
            await self._places.wait()
        try:
            idle = self._idle.get(origin)
            return (self._latest(idle) if idle else None) or await self._new(origin)
        except BaseException:
            self._places.give_back()
            raise

    def close(self) -> None:
        """Close everything."""
        self._is_closed = True
        if self._sweeping is not None:
            self._sweeping.cancel()
        self._places.close()
        for connection in [*self._origins]:
            connection.close()
        self._idle.clear()
        self._origins.clear()
        self._dialer.close()

    async def _new(self, origin: Origin) -> Connection:
        self._make_room()
        connection = await self._dialer.open(origin, self._made)
        if self._is_closed or not connection.is_usable():
            connection.close()
            raise Unreachable(f"the connection to {origin.host} was closed at once")
        self._origins[connection] = origin
        return connection

    def _made(self) -> Connection:
        return Connection(self._loop, self._buffer, self._freed)

    def _latest(self, idle: deque[Connection]) -> Connection | None:
        while idle:
            connection = idle.pop()
            if connection.is_usable():
                return connection
            self._origins.pop(connection, None)
        return None

    def _freed(self, connection: Connection) -> None:
        """Keep a connection whose call is over, if it can carry another one."""
        if connection.is_usable() and not self._is_closed:
            origin = self._origins[connection]
            idle = self._idle.get(origin)
            if idle is None:
                idle = self._idle[origin] = deque()
            connection.idle_since = self._loop.time()
            idle.append(connection)
            if self._sweeping is None:
                self._sweeping = self._loop.call_later(SWEEP_SECONDS, self._sweep)
        else:
            self._origins.pop(connection, None)
        self._places.give_back()

    def _make_room(self) -> None:
        """Close the connection that rests longest at some origin when a new one would be one too many."""
        if len(self._origins) >= self._most:
            for idle in self._idle.values():
                if idle:
                    self._shut(idle.popleft())
                    return

    def _sweep(self) -> None:
        """Close what rests too long, and forget what the provider closed."""
        limit = self._loop.time() - IDLE_SECONDS
        for origin, idle in [*self._idle.items()]:
            while idle and (idle[0].idle_since <= limit or not idle[0].is_usable()):
                self._shut(idle.popleft())
            if not idle:
                del self._idle[origin]
        self._sweeping = self._loop.call_later(SWEEP_SECONDS, self._sweep) if self._idle else None

    def _shut(self, connection: Connection) -> None:
        self._origins.pop(connection, None)
        connection.close()
