"""What a client hears of a stream, in each protocol, and whether it may believe that it heard the end."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from marga.protocols import sse

WHOLE, FAILED, OPEN = "whole", "failed", "open"
"""How a stream ended: complete as its protocol says, with an error event, or in mid-air."""


class Heard(NamedTuple):
    """text: all that was said; ending: WHOLE, FAILED or OPEN; is_done: whether the chat protocol's [DONE] came."""

    text: str
    ending: str
    is_done: bool = False


def events_in(body: bytes) -> list[bytes]:
    """Return the events of a whole stream; half a one at its end is a failure."""
    splitter = sse.EventSplitter()
    events = [*splitter.feed(body), *splitter.finish()]
    assert splitter.held == b"", "a broken event was passed on"
    return events


def code_of(event: bytes) -> str:
    """Return the code of an error event of the chat protocol."""
    return str(orjson.loads(sse.data_of(event) or b"")["error"]["code"])


def heard(protocol: str, body: bytes) -> Heard:
    """Read a client's stream as a strict client does.

    Raises AssertionError for half an event, an event that is not JSON, and anything after the end.
    """
    said, ending, is_done = "", OPEN, False
    for event in events_in(body):
        data = sse.data_of(event)
        if data is None:
            continue  # a comment, such as a keep-alive
        assert ending == OPEN or (data == sse.DONE and ending == WHOLE and not is_done), "said after the end"
        if data == sse.DONE:
            ending, is_done = WHOLE, True
            continue
        payload = orjson.loads(data)
        assert isinstance(payload, dict)
        text, end = _READERS[protocol](payload)
        said += text
        ending = end or ending
    return Heard(said, ending, is_done)


def _chat(payload: dict[str, Any]) -> tuple[str, str]:
    if "error" in payload:
        return "", FAILED
    said = "".join(choice["delta"].get("content") or "" for choice in payload["choices"])
    return said, ""


def _messages(payload: dict[str, Any]) -> tuple[str, str]:
    kind = payload["type"]
    said = payload["delta"].get("text", "") if kind == "content_block_delta" else ""
    return said, {"message_stop": WHOLE, "error": FAILED}.get(kind, "")


def _responses(payload: dict[str, Any]) -> tuple[str, str]:
    kind = payload["type"]
    said = payload["delta"] if kind == "response.output_text.delta" else ""
    return said, {"response.completed": WHOLE, "response.failed": FAILED, "error": FAILED}.get(kind, "")


_READERS = {"chat": _chat, "messages": _messages, "responses": _responses}
