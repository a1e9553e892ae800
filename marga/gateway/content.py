"""What one call asked and was answered, for keys whose rules have it kept.

It goes with the usage record and nowhere else: never into the log, and sealed before it is written to disk.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence

import orjson

from avyay_site.crypto import encrypt

MOST_BYTES = 64 << 10


class Content:
    """The request as it came, and the answer as the client gets it: whole, or else as the events that went out."""

    __slots__ = ("_answer", "_answer_bytes", "_is_whole", "_request")

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._answer = b""
        self._answer_bytes = 0
        self._is_whole = False

    def answered(self, body: bytes) -> None:
        """Take the whole answer."""
        self._answer, self._answer_bytes, self._is_whole = body, len(body), True

    def sent(self, events: bytes) -> None:
        """Take what goes out of a stream, in case it never becomes whole."""
        if not self._is_whole:
            self._answer += events[: MOST_BYTES - len(self._answer)]
            self._answer_bytes += len(events)

    def added_to(self, record: bytes, keys: Sequence[str]) -> bytes:
        """Return a usage record with both, sealed by the first of keys."""
        request = encrypt(bounded(self._request, len(self._request)) or "(no body)", keys)
        answer = bounded(self._answer, self._answer_bytes)
        content = {"request": request, "answer": encrypt(answer, keys) if answer else ""}
        return b'%b,"content":%b}' % (record[:-1], orjson.dumps(content))


def bounded(data: bytes, size: int) -> str:
    """Return the text in the first MOST_BYTES of data; size: of all of it, which is said where some is missing."""
    kept = data[:MOST_BYTES]
    is_cut = size > len(kept)
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(kept, final=not is_cut)
    except UnicodeDecodeError:
        return f"({size} bytes that are no text)"
    return f"{text}… (cut; {size} bytes in all)" if is_cut else text
