"""Anthropic's messages: a whole answer as a stream, and a stream as the whole answer. Pure."""

from __future__ import annotations

from io import StringIO
from typing import Any

from marga.protocols import sse
from marga.protocols.answers.tools import as_json, object_of
from marga.protocols.reading import count, fields, items, text

_AT_END = ("stop_reason", "stop_sequence", "stop_details", "container")
_GROWING = {"text": "text_delta", "thinking": "thinking_delta"}
_WORDS = {kind: name for name, kind in _GROWING.items()}


def play(payload: dict[str, Any], *, wants_usage: bool) -> list[bytes]:
    """Return the events of a whole answer."""
    usage = fields(payload.get("usage"))
    start = {**payload, "content": [], "usage": {"input_tokens": 0, **usage, "output_tokens": 0}}
    start.update(dict.fromkeys((name for name in _AT_END if name in payload), None))
    events = [_event("message_start", message=start)]
    for index, block in enumerate(items(payload.get("content"))):
        events += _play_block(index, fields(block))
    ending = {name: payload[name] for name in _AT_END if name in payload}
    events.append(_event("message_delta", delta=ending, usage={"output_tokens": 0, **usage}))
    return [*events, _event("message_stop")]


def _event(kind: str, **said: Any) -> bytes:
    return sse.written({"type": kind, **said}, kind)


def _play_block(index: int, block: dict[str, Any]) -> list[bytes]:
    start, deltas = dict(block), []
    for name, kind in _GROWING.items():
        if isinstance(block.get(name), str):
            start[name] = ""
            if block[name]:
                deltas.append({"type": kind, name: block[name]})
    if isinstance(block.get("citations"), list):
        start["citations"] = []
        deltas += [{"type": "citations_delta", "citation": citation} for citation in block["citations"]]
    if isinstance(block.get("signature"), str):
        start["signature"] = ""
        deltas.append({"type": "signature_delta", "signature": block["signature"]})
    if isinstance(block.get("input"), dict):
        start["input"] = {}
        if block["input"]:
            deltas.append({"type": "input_json_delta", "partial_json": as_json(block["input"])})
    return [
        _event("content_block_start", index=index, content_block=start),
        *(_event("content_block_delta", index=index, delta=delta) for delta in deltas),
        _event("content_block_stop", index=index),
    ]


class MessagesCollector:
    """Put the events of one stream together."""

    def __init__(self) -> None:
        self._message: dict[str, Any] = {}
        self._usage: dict[str, Any] = {}
        self._blocks: dict[int, dict[str, Any]] = {}
        self._pieces: dict[int, dict[str, StringIO]] = {}
        self._has_ended = False

    def feed(self, payload: dict[str, Any]) -> None:
        """Take one event."""
        kind = payload.get("type")
        if kind == "message_start":
            self._message = dict(fields(payload.get("message")))
            self._note(self._message)
        elif kind == "content_block_start":
            index = count(payload, "index")
            if index is not None:
                self._blocks[index] = dict(fields(payload.get("content_block")))
                self._pieces[index] = {}
        elif kind == "content_block_delta":
            self._grow(count(payload, "index"), fields(payload.get("delta")))
        elif kind == "message_delta":
            self._message.update(fields(payload.get("delta")))
            self._note(payload)
        elif kind == "message_stop":
            self._has_ended = True

    def _note(self, holder: dict[str, Any]) -> None:
        usage = fields(holder.get("usage"))
        self._usage.update(
            {name: value for name, value in usage.items() if value is not None or name not in self._usage}
        )

    def _grow(self, index: int | None, delta: dict[str, Any]) -> None:
        block = None if index is None else self._blocks.get(index)
        if block is None or index is None:
            return
        kind = text(delta.get("type"))
        if kind == "signature_delta":
            block["signature"] = delta.get("signature")
        elif kind == "citations_delta":
            block["citations"] = [*items(block.get("citations")), delta.get("citation")]
        else:
            name = "partial_json" if kind == "input_json_delta" else _WORDS.get(kind, "")
            if name:
                self._pieces[index].setdefault(name, StringIO()).write(text(delta.get(name)))

    def answer(self) -> dict[str, Any] | None:
        """Return the whole answer, or None while it has not ended."""
        if not self._has_ended or not self._message.get("stop_reason"):
            return None
        content = [self._block(index) for index in sorted(self._blocks)]
        return {**self._message, "content": content, "usage": self._usage}

    def _block(self, index: int) -> dict[str, Any]:
        block = dict(self._blocks[index])
        for name, pieces in self._pieces[index].items():
            words = pieces.getvalue()
            if name != "partial_json":
                block[name] = text(block.get(name)) + words
            elif words.strip():
                block["input"] = object_of(words)
        return block
