"""Addresses of names, remembered for a minute.

What is remembered longer is still served while one look-up runs in the background, so that a slow resolver slows only
the first call to a name. Few look-ups run at once: they share the loop's few threads with those of other pools.
"""

from __future__ import annotations

import asyncio
import socket

REMEMBER_SECONDS = 60.0
MOST_NAMES = 1_000
MOST_AT_ONCE = 2


class Names:
    """What the resolver said."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, tuple[str, ...]]] = {}
        self._asking: dict[str, asyncio.Task[tuple[str, ...]]] = {}
        self._turn = asyncio.Semaphore(MOST_AT_ONCE)

    async def find(self, host: str) -> tuple[str, ...]:
        """Return the addresses of host, in the order in which the system would try them.

        Raises OSError, ValueError.
        """
        known = self._known.get(host)
        if known is not None and known[0] > asyncio.get_running_loop().time():
            return known[1]
        task = self._asking.get(host)
        if task is None:
            self._asking[host] = task = asyncio.create_task(self._ask(host))
            task.add_done_callback(lambda done: self._asked(host, done))
        if known is not None:
            return known[1]
        return await asyncio.shield(task)

    def forget(self, host: str) -> None:
        """Ask anew the next time."""
        self._known.pop(host, None)

    def close(self) -> None:
        """Wait for no answer any more."""
        for task in self._asking.values():
            task.cancel()

    async def _ask(self, host: str) -> tuple[str, ...]:
        async with self._turn:
            found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
        return tuple(dict.fromkeys(str(address[0]) for *_, address in found))

    def _asked(self, host: str, task: asyncio.Task[tuple[str, ...]]) -> None:
        self._asking.pop(host, None)
        if task.cancelled() or task.exception() is not None:
            return  # those who wait hear it; what is known stays
        if len(self._known) >= MOST_NAMES:
            self._known.clear()
        self._known[host] = (asyncio.get_running_loop().time() + REMEMBER_SECONDS, task.result())
