"""Answers that come compressed although we ask for plain ones; a few servers do not listen."""

from __future__ import annotations

import zlib

from marga.gateway.upstream.answer import Answer, Carrier
from marga.gateway.upstream.failures import Broken

READABLE = frozenset({"gzip", "x-gzip", "deflate"})
MOST_BYTES = 1 << 16
"""One piece unfolds to at most this many bytes at a time: a small answer must not become a large one in one step."""
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


class Inflated(Answer):
    """An answer whose content is unfolded as it is read."""

    __slots__ = ("_inflater", "_rest", "_was_fed")

    def __init__(self, carrier: Carrier, status: int, headers: dict[str, str]) -> None:
        super().__init__(carrier, status, headers)
        self._inflater = zlib.decompressobj(_GZIP_OR_ZLIB)
        self._rest = b""
        self._was_fed = False

    async def readany(self) -> bytes:
        """Return the next piece, unfolded; nothing at the end.

        Raises Broken, also for content that cannot be unfolded.
        """
        while True:
            if found := self._unfold(self._rest):
                return found
            self._rest = await super().readany()
            if not self._rest:
                if self._was_fed and not self._inflater.eof:
                    raise Broken("the compressed content ends too early")
                return b""

    def at_eof(self) -> bool:
        """Tell whether all was read."""
        return super().at_eof() and (self._inflater.eof or not self._was_fed)

    def read_whole(self) -> bytes | None:
        """Return None: how long it gets shows only piece by piece."""
        return None

    def _unfold(self, data: bytes) -> bytes:
        if self._inflater.eof or not (data or self._was_fed):
            return b""
        self._was_fed = True
        try:
            found = self._inflater.decompress(data, MOST_BYTES)
        except zlib.error as exc:
            raise Broken("the compressed content cannot be read") from exc
        self._rest = self._inflater.unconsumed_tail
        return found


def answer_for(carrier: Carrier, status: int, headers: dict[str, str]) -> Answer:
    """Return the answer that reads the encoding which the headers name.

    Raises Broken for one that nothing here reads.
    """
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding in READABLE:
        return Inflated(carrier, status, headers)
    if encoding not in ("", "identity"):
        raise Broken("the content is encoded in a way that was not asked for")
    return Answer(carrier, status, headers)
