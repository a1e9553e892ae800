"""The server's half of HTTP/1.1, as little of it as a made-up provider needs."""

from __future__ import annotations

import asyncio
from typing import cast

EVENT_STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"


def whole(body: bytes, status: str = "200 OK", *lines: str) -> bytes:
    """Return an answer of known length. lines: more headers."""
    head = [f"HTTP/1.1 {status}", "content-type: application/json", f"content-length: {len(body)}", *lines]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def piece(data: bytes) -> bytes:
    """Return data as one chunk."""
    return b"%x\r\n%b\r\n" % (len(data), data)


class Framing(asyncio.Protocol):
    """Reads a request only as far as needed to know where it ends, and hands it to `asked`."""

    def __init__(self) -> None:
        self._held = b""
        self._may_write = asyncio.Event()
        self._may_write.set()
        self._working: asyncio.Task[None] | None = None
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's own class, of the same form

    def connection_lost(self, exc: Exception | None) -> None:
        self._may_write.set()
        if self._working is not None:
            self._working.cancel()

    def pause_writing(self) -> None:
        self._may_write.clear()

    def resume_writing(self) -> None:
        self._may_write.set()

    def data_received(self, data: bytes) -> None:
        self._held += data
        while (end := self._held.find(b"\r\n\r\n")) >= 0:
            head = self._held[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self._held) < end + 4 + length:
                return
            body = self._held[end + 4 : end + 4 + length]
            self._held = self._held[end + 4 + length :]
            self.asked(head, body)

    def asked(self, head: bytes, body: bytes) -> None:
        """Answer one request. head: in lower case."""
        raise NotImplementedError

    def work(self, writing: asyncio.Task[None]) -> None:
        """Let a task write the answer; it is cancelled when the reader goes."""
        self._working = writing

    async def drained(self) -> None:
        """Return once the reader has taken enough of what was written."""
        await self._may_write.wait()
