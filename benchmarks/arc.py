"""Memory: idle, with very many connections, with readers that dawdle, and a minute after they are gone."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from benchmarks import common, scripts
from benchmarks.calls import ask_all, chat, lines, request
from benchmarks.scripts import PROMPT
from benchmarks.stand import CHAT, HOST, Stand
from benchmarks.stub_upstream import FLOOD
from benchmarks.throughput import run

CONNECTIONS, SLOW_READERS = 10_000, 1_000
WARM_SECONDS, REST_SECONDS, SLOW_SECONDS, RECOVERY_SECONDS = 2, 20, 20, 60
SLOW_BYTES = 1_000
"""Read from each connection in each second."""
OPEN_AT_ONCE = 100
IDLE_BAR_MB, SLOW_BAR_MB, RATIO_BAR = 120, 300, 1.1


def measure(
    stand: Stand, connections: int = CONNECTIONS, slow_readers: int = SLOW_READERS
) -> dict[str, float]:
    """Load, rest, print and return the sizes. The stand should be fresh."""
    run(stand.url + CHAT, WARM_SECONDS, scripts.same(stand.folder, stand.key, "auto"))
    return asyncio.run(_arc(stand, connections, slow_readers))


async def _arc(stand: Stand, connections: int, slow_readers: int) -> dict[str, float]:
    await asyncio.sleep(REST_SECONDS)
    idle = resident(stand)
    sent = request(CHAT, stand.key, chat("auto", PROMPT))
    async with _peak(stand) as many, lines(HOST, stand.port, connections) as opened:
        failed = sum(reply.status != 200 for reply in await ask_all(opened, sent))
    await asyncio.sleep(REST_SECONDS)
    async with _peak(stand) as slow:
        served = await _dawdle(stand, slow_readers)
    await asyncio.sleep(RECOVERY_SECONDS)
    after = resident(stand)
    print(
        f"memory of the worker: idle {idle:.0f} MB (bar {IDLE_BAR_MB}); {connections:,} connections {many[0]:.0f} MB,"
        f" {failed} errors (bar 0); {slow_readers:,} slow readers {slow[0]:.0f} MB (bar {SLOW_BAR_MB}), {slow_readers - served} of them cut off;"
        f" {RECOVERY_SECONDS} s later {after:.0f} MB, {after / idle:.2f} x idle (bar {RATIO_BAR})"
    )
    return {
        "idle_mb": round(idle, 1),
        "connections": connections,
        "connections_mb": round(many[0], 1),
        "connections_errors": failed,
        "slow_readers": slow_readers,
        "slow_readers_cut_off": slow_readers - served,
        "slow_mb": round(slow[0], 1),
        "after_mb": round(after, 1),
        "ratio": round(after / idle, 3),
        "all_processes_mb": round(common.resident_mb(stand.process.pid), 1),
    }


def resident(stand: Stand) -> float:
    """Return the memory of the workers, without Granian's main process that only watches them."""
    return sum(common.own_resident_mb(worker) for worker in stand.workers)


@asynccontextmanager
async def _peak(stand: Stand) -> AsyncIterator[list[float]]:
    """Give a list whose one entry is the most memory seen so far."""
    seen = [resident(stand)]

    async def watch() -> None:
        while True:
            await asyncio.sleep(0.2)
            seen[0] = max(seen[0], resident(stand))

    watching = asyncio.create_task(watch())
    try:
        yield seen
    finally:
        watching.cancel()


async def _dawdle(stand: Stand, count: int) -> int:
    """Ask for ten megabytes on each of count connections, and read a little of each in every second.

    Returns how many had something to read in the last second still.
    """
    sent = request(CHAT, stand.key, chat("auto", f"{FLOOD.decode()} {PROMPT}", stream=True))
    loop = asyncio.get_running_loop()
    sockets = [socket.socket() for _ in range(count)]
    try:
        for at in range(0, count, OPEN_AT_ONCE):
            await asyncio.gather(
                *(_ask(loop, one, stand.port, sent) for one in sockets[at : at + OPEN_AT_ONCE])
            )
        served = 0
        for _ in range(SLOW_SECONDS):
            served = sum(map(_sip, sockets))
            await asyncio.sleep(1)
        return served
    finally:
        for one in sockets:
            one.close()


def _sip(one: socket.socket) -> bool:
    """Read a little; tell whether there was something."""
    with suppress(BlockingIOError, ConnectionError):
        return bool(one.recv(SLOW_BYTES))
    return False


async def _ask(loop: asyncio.AbstractEventLoop, one: socket.socket, port: int, sent: bytes) -> None:
    one.setblocking(False)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    await loop.sock_connect(one, (HOST, port))
    await loop.sock_sendall(one, sent)
