"""Many connections at once, each with a call: what wrk does not do on one thread with open idle sockets."""

from __future__ import annotations

import asyncio
import json
import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

OPEN_AT_ONCE = 200
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Connections:
    """Open connections to one server."""

    def __init__(self, connections: list[Connection]) -> None:
        self._connections = connections

    async def call_all(self, key: str, prompt: str) -> int:
        """Send one chat call on every connection at the same time; return how many were answered with 200."""
        body = json.dumps({"model": "bench", "messages": [{"role": "user", "content": prompt}]}).encode()
        head = (
            f"POST /v1/chat/completions HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {key}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        ).encode()
        for _, writer in self._connections:
            writer.write(head + body)
        answers = await asyncio.gather(*(_answer(reader) for reader, _ in self._connections))
        return sum(answers)


async def _answer(reader: asyncio.StreamReader) -> bool:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    await reader.readexactly(length)
    return head.startswith(b"HTTP/1.1 200")


@asynccontextmanager
async def hold_connections(host: str, port: int, count: int) -> AsyncIterator[Connections]:
    """Open count connections and close them at the end."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    connections: list[Connection] = []
    try:
        while len(connections) < count:
            some = min(OPEN_AT_ONCE, count - len(connections))
            connections += await asyncio.gather(*(asyncio.open_connection(host, port) for _ in range(some)))
        yield Connections(connections)
    finally:
        for _, writer in connections:
            writer.close()
