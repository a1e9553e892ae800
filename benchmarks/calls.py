"""A client of raw sockets: many connections, streams read event by event, readers that leave or dawdle."""

from __future__ import annotations

import asyncio
import json
import resource
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

OPEN_AT_ONCE = 200
LARGEST_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. status: 0 when the connection broke; token_seconds: from sending to the first content."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes
    token_seconds: float = 0.0
    has_left: bool = False


BROKEN = Reply(0, {}, b"")


def request(path: str, key: str, payload: object, headers: Mapping[str, str] | None = None) -> bytes:
    """Return the bytes of a POST."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    lines = [f"POST {path} HTTP/1.1", "host: bench", f"authorization: Bearer {key}"]
    lines += ["content-type: application/json", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def chat(model: str, prompt: str, **more: object) -> dict[str, Any]:
    """Return a chat request."""
    return {"model": model, "messages": [{"role": "user", "content": prompt}], **more}


class Line:
    """One connection at a time, opened again where the last call ended it."""

    def __init__(self, host: str, port: int) -> None:
        self._address = host, port
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter | None = None

    async def open(self) -> None:
        """Connect, unless that is done."""
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(*self._address, limit=LARGEST_PIECE)

    def close(self) -> None:
        """Hang up."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    async def ask(self, sent: bytes, *, leave_after: int = 0) -> Reply:
        """Send one request and read its answer. leave_after: hang up after so many events."""
        try:
            await self.open()
            if self._writer is None:
                raise AssertionError("an open line has a writer")
            began = time.perf_counter()
            self._writer.write(sent)
            return await self._answer(began, leave_after)
        except (OSError, asyncio.IncompleteReadError):
            self.close()
            return BROKEN

    async def _answer(self, began: float, leave_after: int) -> Reply:
        head = await self._reader.readuntil(b"\r\n\r\n")
        status, headers = _parsed(head)
        if b"content-length" in headers:
            body = await self._reader.readexactly(int(headers[b"content-length"]))
            return Reply(status, headers, body, time.perf_counter() - began)
        parts, events, token = [], 0, 0.0
        while part := await self._piece():
            parts.append(part)
            events += part.count(b"data:")
            if not token and (b'"content": "' in part or b'"content":"' in part):
                token = time.perf_counter() - began
            if leave_after and events >= leave_after:
                self.close()
                return Reply(status, headers, b"".join(parts), token, has_left=True)
        return Reply(status, headers, b"".join(parts), token)

    async def _piece(self) -> bytes:
        size = int(await self._reader.readuntil(b"\r\n"), 16)
        piece = await self._reader.readexactly(size + 2)
        return piece[:-2]


def _parsed(head: bytes) -> tuple[int, dict[bytes, bytes]]:
    first, *lines = head[:-4].split(b"\r\n")
    named = (line.split(b":", 1) for line in lines)
    return int(first.split(b" ", 2)[1]), {name.lower(): value.strip() for name, value in named}


@asynccontextmanager
async def lines(host: str, port: int, count: int) -> AsyncIterator[list[Line]]:
    """Open count connections, and close them at the end."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    opened = [Line(host, port) for _ in range(count)]
    try:
        for at in range(0, count, OPEN_AT_ONCE):
            await asyncio.gather(*(line.open() for line in opened[at : at + OPEN_AT_ONCE]))
        yield opened
    finally:
        for line in opened:
            line.close()


async def ask_all(opened: list[Line], sent: bytes) -> list[Reply]:
    """Send the same request on every connection at once."""
    return await asyncio.gather(*(line.ask(sent) for line in opened))
