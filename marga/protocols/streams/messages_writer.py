"""Write a stream of Anthropic's messages. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from marga.protocols import sse
from marga.protocols.answers import messages as whole
from marga.protocols.answers.neutral import (
    Closed,
    Ended,
    Event,
    Grew,
    Opened,
    Part,
    Refusal,
    Signed,
    Started,
    Thinking,
    ToolCall,
)
from marga.protocols.answers.tools import Tools, as_function
from marga.protocols.opaque import Sealed

_BEGIN = (
    b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,"delta":{"type":"%s","%s":'
)


class MessagesWriter:
    """Make events of events that follow one another: blocks from 0 up, one at a time."""

    def __init__(self, tools: Tools, request: Mapping[str, Any]) -> None:
        self._tools = tools
        self._index = -1
        self._part: Part | None = None
        self._begin = b""
        self._sealed: Sealed | None = None
        self._held: list[str] | None = None
        self._refused = False

    def write(self, event: Event) -> list[bytes]:
        """Return event as the client's events."""
        if type(event) is Grew:
            if self._held is not None:
                self._held.append(event.text)
                return []
            return [self._begin + orjson.dumps(event.text) + b"}}\n\n"]
        if isinstance(event, Opened):
            return self._open(event.part)
        if isinstance(event, Closed):
            return self._close()
        if isinstance(event, Signed):
            self._sealed = event.sealed
        elif isinstance(event, Started):
            return [self._start(event)]
        elif isinstance(event, Ended):
            return self._end(event)
        return []

    def _start(self, event: Started) -> bytes:
        message = {
            **whole.head(event.id, event.model),
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": whole.usage_object(None),
        }
        return sse.written({"type": "message_start", "message": message}, "message_start")

    def _open(self, part: Part) -> list[bytes]:
        self._index += 1
        self._part = part
        self._held = [] if isinstance(part, ToolCall) and part.kind == "custom" else None
        block = whole.block_object(
            part._replace(arguments="") if isinstance(part, ToolCall) else part, self._tools
        )
        if isinstance(part, Thinking):
            self._sealed = part.sealed
            if block["type"] == "thinking":
                block["signature"] = ""
            self._begin = _BEGIN % (self._index, b"thinking_delta", b"thinking")
        elif isinstance(part, ToolCall):
            block["input"] = {}
            self._begin = _BEGIN % (self._index, b"input_json_delta", b"partial_json")
        else:
            self._refused = self._refused or isinstance(part, Refusal)
            self._begin = _BEGIN % (self._index, b"text_delta", b"text")
        start = {"type": "content_block_start", "index": self._index, "content_block": block}
        return [sse.written(start, "content_block_start")]

    def _close(self) -> list[bytes]:
        closing: list[bytes] = []
        if isinstance(self._part, Thinking) and not (self._sealed and self._is_redacted(self._sealed)):
            # Claude Code drops an answer whose thinking ends without one, so unsigned reasoning gets an empty one.
            begin = _BEGIN % (self._index, b"signature_delta", b"signature")
            closing.append(begin + orjson.dumps(whole.signature_of(self._sealed)) + b"}}\n\n")
        elif isinstance(self._part, ToolCall) and self._held is not None:
            whole_call = as_function(self._part._replace(arguments="".join(self._held)))
            closing.append(self._begin + orjson.dumps(whole_call.arguments) + b"}}\n\n")
        self._part, self._held = None, None
        stop = {"type": "content_block_stop", "index": self._index}
        return [*closing, sse.written(stop, "content_block_stop")]

    @staticmethod
    def _is_redacted(sealed: Sealed) -> bool:
        return sealed.protocol == "messages" and bool(sealed.data)

    def _end(self, event: Ended) -> list[bytes]:
        delta = {
            "type": "message_delta",
            "delta": {
                "stop_reason": whole.reason_of(event.stop, refused=self._refused),
                "stop_sequence": event.stop_sequence,
            },
            "usage": whole.usage_object(event.usage),
        }
        return [sse.written(delta, "message_delta"), sse.written({"type": "message_stop"}, "message_stop")]
