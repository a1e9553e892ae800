"""What a provider answers."""

from __future__ import annotations

import asyncio
from typing import Protocol


class Carrier(Protocol):
    """What carries an answer."""

    def read_on(self) -> None:
        """Let the provider go on if it was held back."""

    def drop(self, answer: Answer) -> None:
        """Close the connection if it still carries this answer."""


class Answer:
    """One answer; its content is read piece by piece, and reading less holds the provider back.

    headers: by name in lower case, the first of each. is_whole: whether all of it has come.
    """

    __slots__ = ("_carrier", "_failure", "_pieces", "_reader", "headers", "is_whole", "status", "unread")

    def __init__(self, carrier: Carrier, status: int, headers: dict[str, str]) -> None:
        self._carrier: Carrier | None = carrier
        self.status = status
        self.headers = headers
        self.is_whole = False
        self.unread = 0
        """Bytes that have come and were not read."""
        self._pieces: list[bytes] = []
        self._reader: asyncio.Future[None] | None = None
        self._failure: Exception | None = None

    @property
    def content(self) -> Answer:
        """Return what is read: itself."""
        return self

    @property
    def kind(self) -> str:
        """Return the content type, without parameters."""
        return self.headers.get("content-type", "").split(";", 1)[0].strip().lower()

    @property
    def is_event_stream(self) -> bool:
        """Tell whether the content is server-sent events."""
        return self.kind == "text/event-stream"

    async def readany(self) -> bytes:
        """Return what has come since the last reading, or the next piece; nothing at the end.

        Raises Broken once everything that came before the fault was read.
        """
        while not self._pieces:
            if self._failure is not None:
                raise self._failure
            if self.is_whole:
                return b""
            self._reader = asyncio.get_running_loop().create_future()
            try:
                await self._reader
            finally:
                self._reader = None
        return self._taken()

    def at_eof(self) -> bool:
        """Tell whether all was read."""
        return self.is_whole and not self._pieces

    def read_whole(self) -> bytes | None:
        """Return all that is unread if the answer's end has come, None while more of it is on the way."""
        return self._taken() if self.is_whole else None

    def close(self) -> None:
        """Close the connection if it still carries this answer, so that the provider stops; safe to repeat."""
        if self._carrier is not None:
            self._carrier.drop(self)

    def add(self, piece: bytes) -> None:
        """Take in the next piece."""
        self._pieces.append(piece)
        self.unread += len(piece)

    def wake(self) -> None:
        """Tell the reader that something has happened."""
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    def end(self, failure: Exception | None = None) -> None:
        """Take note that nothing more comes; without a failure, because this was all."""
        self._carrier = None
        self._failure = failure
        self.is_whole = failure is None
        self.wake()

    def _taken(self) -> bytes:
        pieces = self._pieces
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self.unread = 0
        if self._carrier is not None:
            self._carrier.read_on()
        return data
