"""Server-sent events as bytes: cut a stream into whole events without changing a byte. Pure.

Source: the WHATWG HTML standard, "Server-sent events", https://html.spec.whatwg.org/multipage/server-sent-events.html.
"""

from __future__ import annotations

import re
from typing import Any

import orjson

LONGEST_EVENT = 1 << 20
"""Bytes held back while an event is incomplete: the bound on memory for each stream."""

BOM = b"\xef\xbb\xbf"
DONE = b"[DONE]"
DONE_EVENT = b"data: [DONE]\n\n"

_EVENT_END = re.compile(rb"\r\n\r\n|\n\n|\r\r|\r\n\n|\n\r\n|\r\n\r(?!\n)|\n\r(?!\n)")
_LINE_END = re.compile(rb"\r\n|\n|\r")


class MalformedStream(Exception):
    """The bytes are not a usable event stream; the message says why."""


class EventSplitter:
    """Collect bytes and give back the events that are complete, blank line included."""

    __slots__ = ("_at_start", "_held")

    def __init__(self) -> None:
        self._held = b""
        self._at_start = True

    @property
    def held(self) -> bytes:
        """Bytes of the event that has not ended yet."""
        return self._held

    def feed(self, data: bytes) -> list[bytes]:
        """Return the events that data completes; joined with what is held they equal all that was fed.

        A byte order mark at the very start is left out, as the standard asks.
        Raises MalformedStream when one event grows past LONGEST_EVENT.
        """
        searched = max(len(self._held) - 3, 0)
        buffer = self._held + data if self._held else data
        if self._at_start:
            if BOM.startswith(buffer[:3]) and len(buffer) < len(BOM):
                self._held = buffer
                return []
            buffer = buffer.removeprefix(BOM)
            self._at_start, searched = False, 0
        events: list[bytes] = []
        begin = 0
        while match := _EVENT_END.search(buffer, searched):
            end = match.end()
            if end == len(buffer) and buffer[-1] == 0x0D:
                break  # a lone CR at the end may be the first half of CR LF: wait for the next byte
            events.append(buffer[begin:end])
            begin = searched = end
        self._held = buffer[begin:]
        if len(self._held) > LONGEST_EVENT:
            self._held = b""
            raise MalformedStream(f"an event is longer than {LONGEST_EVENT} bytes")
        return events

    def finish(self) -> list[bytes]:
        """Return the last event if it ended in a way that only the end of the stream could settle (CR CR)."""
        held, self._held = self._held, b""
        if held.endswith(b"\r") and _EVENT_END.search(held + b"x"):
            return [held]
        self._held = held
        return []


def data_of(event: bytes) -> bytes | None:
    """Return the data of one event, its lines joined by newlines, or None if it has none (comments, ids)."""
    if event.startswith(b"data: ") and event.find(b"\n") == len(event) - 2 and b"\r" not in event:
        return event[6:-2]
    found: list[bytes] = []
    for line in _LINE_END.split(event):
        if line == b"data":
            found.append(b"")
        elif line.startswith(b"data:"):
            found.append(line[5:].removeprefix(b" "))
    return b"\n".join(found) if found else None


def written(payload: Any, name: str = "") -> bytes:
    """Return payload as one event, with its name where the protocol has names.

    Raises MalformedStream for what is nested too deeply.
    """
    head = b"event: " + name.encode() + b"\ndata: " if name else b"data: "
    try:
        return head + orjson.dumps(payload) + b"\n\n"
    except orjson.JSONEncodeError as exc:
        raise MalformedStream("an event is nested too deeply") from exc
