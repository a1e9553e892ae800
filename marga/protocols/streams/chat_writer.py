"""Write a stream of chat completions. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from marga.protocols import sse
from marga.protocols.answers import chat as whole
from marga.protocols.answers.messages import thinking_object
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
from marga.protocols.answers.tools import Tools, as_given
from marga.protocols.opaque import Sealed
from marga.protocols.reading import fields

_NAMES = {Text: b"content", Thinking: b"reasoning_content"}


class ChatWriter:
    """Make chunks of events that follow one another."""

    def __init__(self, tools: Tools, request: Mapping[str, Any]) -> None:
        self._tools = tools
        self._legacy = whole.is_legacy(request)
        self._wants_usage = bool(fields(request.get("stream_options")).get("include_usage"))
        self._head: dict[str, Any] = {}
        self._before = b""
        self._part: Any = None
        self._name = b""
        self._call = -1
        self._held: list[str] | None = None
        self._thought: list[str] = []
        self._sealed: Sealed | None = None
        self._has_thought = False

    def write(self, event: Event) -> list[bytes]:
        """Return event as the client's chunks."""
        if type(event) is Grew:
            return self._grow(event.text)
        if isinstance(event, Opened):
            return self._open(event.part)
        if isinstance(event, Closed):
            return self._close()
        if isinstance(event, Signed):
            self._sealed = event.sealed
        elif isinstance(event, Started):
            self._head = whole.head(event.id, event.model, event.created, "chat.completion.chunk")
            self._before = b"data: " + orjson.dumps(self._head)[:-1] + b',"choices":[{"index":0,"delta":'
            return [self._chunk(b'{"role":"assistant","content":null,"refusal":null}')]
        elif isinstance(event, Ended):
            return self._end(event)
        return []

    def _chunk(self, delta: bytes) -> bytes:
        return self._before + delta + b',"logprobs":null,"finish_reason":null}]}\n\n'

    def _open(self, part: Any) -> list[bytes]:
        self._part = part
        if not isinstance(part, ToolCall):
            self._name = _NAMES.get(type(part), b"refusal")
            self._thought, self._sealed = [], part.sealed if isinstance(part, Thinking) else None
            return []
        self._call += 1
        given = as_given(part, self._tools)
        if given.kind == "custom":
            self._held = []  # its text stands inside JSON until that is whole
            return []
        called = {"index": self._call, **whole.call_object(part._replace(arguments=""), {})}
        called["function"] = {"name": given.name, "arguments": ""}
        if self._legacy:
            return [] if self._call else [self._chunk(orjson.dumps({"function_call": called["function"]}))]
        return [self._chunk(orjson.dumps({"tool_calls": [called]}))]

    def _grow(self, words: str) -> list[bytes]:
        if isinstance(self._part, ToolCall):
            if self._held is not None:
                self._held.append(words)
                return []
            if self._legacy:
                grown = b'{"function_call":{"arguments":' + orjson.dumps(words) + b"}}"
                return [] if self._call else [self._chunk(grown)]
            begin = b'{"tool_calls":[{"index":%d,"function":{"arguments":' % self._call
            return [self._chunk(begin + orjson.dumps(words) + b"}}]}")]
        if isinstance(self._part, Thinking):
            if not self._thought and self._has_thought:
                words = whole.THOUGHTS_APART + words
            self._thought.append(words)
            self._has_thought = True
        return [self._chunk(b'{"' + self._name + b'":' + orjson.dumps(words) + b"}")]

    def _close(self) -> list[bytes]:
        part, self._part = self._part, None
        if isinstance(part, Thinking) and self._sealed is not None:
            thought = Thinking("".join(self._thought).removeprefix(whole.THOUGHTS_APART), self._sealed)
            return [self._chunk(orjson.dumps({"thinking_blocks": [thinking_object(thought)]}))]
        if isinstance(part, ToolCall) and self._held is not None:
            call = part._replace(arguments="".join(self._held))
            self._held = None
            called = {"index": self._call, **whole.call_object(call, self._tools)}
            return [self._chunk(orjson.dumps({"tool_calls": [called]}))]
        return []

    def _end(self, event: Ended) -> list[bytes]:
        reason = whole.finish_of(event.stop, legacy=self._legacy).encode()
        chunks = [self._before + b'{},"logprobs":null,"finish_reason":"' + reason + b'"}]}\n\n']
        if self._wants_usage and event.usage is not None:
            usage = whole.usage_object(event.usage)
            chunks.append(sse.written({**self._head, "choices": [], "usage": usage}))
        return [*chunks, sse.DONE_EVENT]
