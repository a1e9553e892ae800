"""Opens connections: looks names up, checks the addresses where nobody vouches for them, and races them."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence
from itertools import chain, zip_longest
from typing import NamedTuple

from avyay_site.addresses import Allowance
from marga.gateway import guard
from marga.gateway.upstream.connection import Connection
from marga.gateway.upstream.failures import Unreachable
from marga.gateway.upstream.names import Names

CONNECT_SECONDS = 3.0
STAGGER_SECONDS = 0.25
"""RFC 8305, 5: so long one address is tried alone."""
KEEP_ALIVE = ((socket.TCP_KEEPIDLE, 60), (socket.TCP_KEEPINTVL, 30), (socket.TCP_KEEPCNT, 5))


class Origin(NamedTuple):
    """Where connections that are alike lead."""

    host: str
    port: int
    is_tls: bool


class Dialer:
    """Opens connections. allowance: what may be reached beside public addresses; None where all may be."""

    def __init__(self, tls: ssl.SSLContext, allowance: Allowance | None) -> None:
        self._tls = tls
        self._allowance = allowance
        self._names = Names()

    async def open(self, origin: Origin, made: Callable[[], Connection]) -> Connection:
        """Return a new connection.

        Raises OSError: Unreachable, guard.NotReachable, or what the system says.
        """
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                found = await self._names.find(origin.host)
                if self._allowance is not None:
                    guard.check(origin.host, found, self._allowance)
                return await self._race(origin, in_turns(found), made)
        except TimeoutError as exc:
            self._names.forget(origin.host)
            raise Unreachable(f"{origin.host} does not answer") from exc
        except guard.NotReachable:
            raise
        except OSError:
            self._names.forget(origin.host)  # it may have moved
            raise
        except ValueError as exc:
            raise Unreachable(f"{origin.host} is not a name") from exc

    def close(self) -> None:
        """Give up look-ups."""
        self._names.close()

    async def _race(self, origin: Origin, addresses: list[str], made: Callable[[], Connection]) -> Connection:
        """Connect to the first address that takes us, beginning with the next one whenever one dallies or fails."""
        if len(addresses) == 1:
            return await self._one(origin, addresses[0], made)
        failure: BaseException = Unreachable(f"{origin.host} has no address")
        started: set[asyncio.Task[Connection]] = set()
        running: set[asyncio.Task[Connection]] = set()
        winner: asyncio.Task[Connection] | None = None
        try:
            while addresses or running:
                if addresses:
                    task = asyncio.create_task(self._one(origin, addresses.pop(0), made))
                    started.add(task)
                    running.add(task)
                wait = STAGGER_SECONDS if addresses else None
                done, running = await asyncio.wait(running, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    error = task.exception()
                    if error is None:
                        winner = task
                        return task.result()
                    failure = error
            raise failure
        finally:
            for task in started - {winner}:
                task.cancel()
                task.add_done_callback(_discard)

    async def _one(self, origin: Origin, address: str, made: Callable[[], Connection]) -> Connection:
        connection = made()
        try:
            await asyncio.get_running_loop().create_connection(
                lambda: connection,
                address,
                origin.port,
                ssl=self._tls if origin.is_tls else None,
                server_hostname=origin.host.rstrip(".") if origin.is_tls else None,
            )
        except BaseException:
            connection.close()
            raise
        if connection.transport is not None:
            _keep_alive(connection.transport)
        return connection


def in_turns(addresses: Sequence[str]) -> list[str]:
    """Return addresses with both families in turns, beginning with the first one's (RFC 8305, 4)."""
    is_six = ":" in addresses[0] if addresses else False
    first = [address for address in addresses if (":" in address) == is_six]
    other = [address for address in addresses if (":" in address) != is_six]
    return [address for address in chain(*zip_longest(first, other)) if address]


def _keep_alive(transport: asyncio.Transport) -> None:
    """Let the system find out about peers that vanished, while an answer takes its time."""
    found = transport.get_extra_info("socket")
    if found is None:
        return
    found.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in KEEP_ALIVE:
        found.setsockopt(socket.IPPROTO_TCP, option, value)


def _discard(task: asyncio.Task[Connection]) -> None:
    """Close a connection that came too late."""
    if not task.cancelled() and task.exception() is None:
        task.result().close()
