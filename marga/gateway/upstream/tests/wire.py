"""A connection whose transport the test plays, and answers as providers send them."""

from __future__ import annotations

import asyncio
import zlib
from typing import Any

from marga.gateway.upstream.answer import Answer
from marga.gateway.upstream.connection import READ_BYTES, Connection

JSON = b'{"id":"chatcmpl-1","choices":[{"message":{"content":"Gr\xc3\xbc\xc3\x9fe"}}]}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Request-Id: a\r\nx-request-id: b\r\n"
PLAIN = HEAD + b"Content-Length: %d\r\n\r\n" % len(JSON) + JSON
_FOLDED = zlib.compressobj(wbits=31)
GZIPPED = _FOLDED.compress(JSON) + _FOLDED.flush()


def chunked(*pieces: bytes, extension: bytes = b"", trailer: bytes = b"") -> bytes:
    body = b"".join(b"%x%b\r\n%b\r\n" % (len(piece), extension, piece) for piece in pieces)
    return b"Transfer-Encoding: chunked\r\n\r\n" + body + b"0\r\n" + trailer + b"\r\n"


RECORDED = {
    "plain": PLAIN,
    "chunked": HEAD + chunked(JSON[:7], JSON[7:8], JSON[8:]),
    "chunked with extensions and trailers": HEAD
    + chunked(JSON[:30], JSON[30:], extension=b";a=b", trailer=b"x-request-id: late\r\n"),
    "after 100 and 103": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"
    + PLAIN,
    "bare line feeds": PLAIN.replace(b"\r\n", b"\n"),
    "empty": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "no content": b"HTTP/1.1 204 No Content\r\nx: y\r\n\r\n",
    "not modified": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n",
    "an error": b"HTTP/1.1 429 Too Many\r\nRetry-After: 3\r\n" + PLAIN.partition(b"\r\n")[2],
    "kept in 1.0": PLAIN.replace(b"HTTP/1.1", b"HTTP/1.0").replace(
        b"\r\n\r\n", b"\r\nConnection: keep-alive\r\n\r\n"
    ),
    "offers an upgrade": PLAIN.replace(b"\r\n\r\n", b"\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"),
    "compressed": HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(GZIPPED) + GZIPPED,
}
"""Whole answers after which the connection can be used again."""

CLOSING = {
    "says so": PLAIN.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"),
    "in 1.0": PLAIN.replace(b"HTTP/1.1", b"HTTP/1.0"),
    "to its end": HEAD + b"\r\n" + JSON,
    "compressed to its end": HEAD + b"Content-Encoding: gzip\r\n\r\n" + GZIPPED,
}
"""Whole answers after which it cannot; the last two are whole only when the connection ends."""


class Wire(asyncio.Transport):
    """Keeps what is written. pending: bytes that the system did not take yet."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.pending = 0
        self.is_shut = False
        self.is_paused = False

    def write(self, data: Any) -> None:
        self.written += bytes(data)

    def writelines(self, list_of_data: Any) -> None:
        self.written += b"".join(list_of_data)

    def get_write_buffer_size(self) -> int:
        return self.pending

    def is_closing(self) -> bool:
        return self.is_shut

    def abort(self) -> None:
        self.is_shut = True

    def pause_reading(self) -> None:
        assert not self.is_shut
        self.is_paused = True

    def resume_reading(self) -> None:
        assert not self.is_shut
        self.is_paused = False


class Line:
    """One connection on a wire. freed: how often it said that it is free."""

    def __init__(self) -> None:
        self.freed = 0
        self.wire = Wire()
        self.buffer = bytearray(READ_BYTES)
        self.connection = Connection(asyncio.get_running_loop(), memoryview(self.buffer), self._free)
        self.connection.connection_made(self.wire)

    def _free(self, connection: Connection) -> None:
        assert connection is self.connection
        self.freed += 1

    def ask(self, **more: Any) -> asyncio.Future[Answer]:
        return self.connection.ask(b"POST / HTTP/1.1\r\n\r\n", b"{}", **more)

    def hear(self, data: bytes) -> None:
        """Let the provider say something, unless the connection is closed."""
        while data and not self.wire.is_shut:
            room = self.connection.get_buffer(-1)
            count = min(len(data), len(room))
            room[:count] = data[:count]
            data = data[count:]
            self.connection.buffer_updated(count)

    def hang_up(self, exc: Exception | None = None) -> None:
        """Let the provider close; with exc, by a reset."""
        if not self.wire.is_shut and exc is None:
            self.connection.eof_received()
        self.wire.is_shut = True
        self.connection.connection_lost(exc)


async def content_of(answer: Answer) -> bytes:
    """Read to the end without waiting for anything: what the test did not say will not come."""
    parts = []
    async with asyncio.timeout(0):
        while part := await answer.content.readany():
            parts.append(part)
    assert answer.content.at_eof()
    return b"".join(parts)
