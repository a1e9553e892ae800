"""Read a stream of Anthropic's messages. Pure."""

from __future__ import annotations

from typing import Any

from marga.pricing import Usage
from marga.protocols import messages
from marga.protocols.answers.messages import read_block, stop_of
from marga.protocols.answers.neutral import (
    Closed,
    Ended,
    Event,
    Grew,
    Opened,
    Signed,
    Started,
    Text,
    Thinking,
    ToolCall,
)
from marga.protocols.answers.tools import as_json
from marga.protocols.opaque import Sealed
from marga.protocols.reading import count, fields, text

_WORDS = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}


class MessagesReader:
    """Make events of a provider's events; blocks that other protocols have no words for are left out."""

    def __init__(self) -> None:
        self._usage: Usage | None = None
        self._reason: Any = None
        self._stop_sequence: str | None = None
        self._open: dict[int, bool] = {}
        """Blocks by their index, and whether the block has been announced: one of text is once it has some."""
        self._calls_tools = False
        self._has_ended = False

    @property
    def has_finished(self) -> bool:
        """Tell whether the provider has said why it ended."""
        return self._reason is not None

    def read(self, payload: dict[str, Any]) -> list[Event]:
        """Return what one event says."""
        kind = payload.get("type")
        if kind == "content_block_delta":
            return self._read_delta(payload)
        if kind == "content_block_start":
            return self._read_start(payload)
        if kind == "content_block_stop":
            index = count(payload, "index")
            announced = self._open.pop(index, False) if index is not None else False
            return [Closed(index)] if announced and index is not None else []
        if kind == "message_start":
            message = fields(payload.get("message"))
            self._note(payload)
            return [Started(text(message.get("id")), text(message.get("model")), 0)]
        if kind == "message_delta":
            self._note(payload)
            delta = fields(payload.get("delta"))
            self._reason = delta.get("stop_reason") or self._reason
            self._stop_sequence = text(delta.get("stop_sequence")) or self._stop_sequence
        elif kind == "message_stop":
            return self.end(is_done=True)
        return []

    def end(self, *, is_done: bool) -> list[Event]:
        """Return what the end of the stream says: nothing if the answer is not whole, or ended before."""
        if self._reason is None or self._has_ended:
            return []
        self._has_ended = True
        closed: list[Event] = [Closed(index) for index, announced in self._open.items() if announced]
        stop = stop_of(self._reason, calls_tools=self._calls_tools)
        return [*closed, Ended(stop, self._stop_sequence, self._usage)]

    def _note(self, payload: dict[str, Any]) -> None:
        usage = messages.usage_of(payload)
        if usage is not None:
            self._usage = messages.merge_usage(self._usage, usage)

    def _read_start(self, payload: dict[str, Any]) -> list[Event]:
        index, block = count(payload, "index"), fields(payload.get("content_block"))
        if index is None or index in self._open:
            return []
        if block.get("type") == "text":
            self._open[index] = False
            return self._say(index, text(block.get("text")))
        part = read_block(block)
        if part is None:
            return []
        self._open[index] = True
        if isinstance(part, ToolCall):
            self._calls_tools = True
            given = as_json(block["input"]) if block.get("input") else ""
            opened: list[Event] = [Opened(index, part._replace(arguments=""))]
            return [*opened, Grew(index, given)] if given else opened
        if isinstance(part, Thinking) and part.text:
            return [Opened(index, part._replace(text="")), Grew(index, part.text)]
        return [Opened(index, part)]

    def _say(self, index: int, words: str) -> list[Event]:
        if not words:
            return []
        if self._open[index]:
            return [Grew(index, words)]
        self._open[index] = True
        return [Opened(index, Text()), Grew(index, words)]

    def _read_delta(self, payload: dict[str, Any]) -> list[Event]:
        index, delta = count(payload, "index"), fields(payload.get("delta"))
        if index is None or index not in self._open:
            return []
        kind = text(delta.get("type"))
        if kind == "signature_delta":
            signature = text(delta.get("signature"))
            return [Signed(index, Sealed("messages", signature=signature))] if signature else []
        name = _WORDS.get(kind)
        return self._say(index, text(delta.get(name))) if name else []
