"""Write a stream of OpenAI's responses. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from io import StringIO
from typing import Any

import orjson

from marga.protocols import sse
from marga.protocols.answers import responses as whole
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
    Text,
    Thinking,
    ToolCall,
    stem_of,
)
from marga.protocols.answers.tools import Tools, as_given

_NUMBER = b',"sequence_number":%d}\n\n'
_PLACE = {"content_index": 0}


class ResponsesWriter:
    """Make events of events that follow one another: one output item for each part, numbered through."""

    def __init__(self, tools: Tools, request: Mapping[str, Any]) -> None:
        self._request = request
        self._tools = tools
        self._stem = ""
        self._head: dict[str, Any] = {}
        self._output: list[dict[str, Any]] = []
        self._number = 0
        self._part: Part | None = None
        self._words = StringIO()
        self._id = ""
        self._begin: bytes | None = None

    @property
    def place(self) -> tuple[str, int]:
        """The id of the response and the number of the next event, for an error in the middle."""
        return text_id(self._head), self._number

    def write(self, event: Event) -> list[bytes]:
        """Return event as the client's events."""
        if type(event) is Grew:
            return self._grow(event.text)
        if isinstance(event, Opened):
            return self._open(event.part)
        if isinstance(event, Closed):
            return self._close()
        if isinstance(event, Signed):
            if isinstance(self._part, Thinking):
                self._part = self._part._replace(sealed=event.sealed)
        elif isinstance(event, Started):
            self._stem = stem_of(event.id)
            self._head = whole.head(event.id, event.model, event.created, self._request)
            return [
                self._event("response.created", response=self._head),
                self._event("response.in_progress", response=self._head),
            ]
        elif isinstance(event, Ended):
            response = {**self._head, **whole.ending(event.stop, event.usage, self._output)}
            return [self._event(f"response.{response['status']}", response=response)]
        return []

    def _event(self, kind: str, **said: Any) -> bytes:
        said = {"type": kind, **said, "sequence_number": self._number}
        self._number += 1
        return sse.written(said, kind)

    def _here(self, kind: str, **said: Any) -> bytes:
        return self._event(kind, item_id=self._id, output_index=len(self._output), **said)

    def _added(self, item: dict[str, Any]) -> bytes:
        return self._event("response.output_item.added", output_index=len(self._output), item=item)

    def _delta(self, kind: str, **place: Any) -> None:
        """Prepare the bytes that stand before each delta of the part."""
        said = {"type": kind, "item_id": self._id, "output_index": len(self._output), **place}
        self._begin = b"event: " + kind.encode() + b"\ndata: " + orjson.dumps(said)[:-1] + b',"delta":'

    def _open(self, part: Part) -> list[bytes]:
        self._part, self._words, self._begin = part, StringIO(), None
        self._id = whole.item_id(part, self._stem, len(self._output), self._tools)
        if isinstance(part, ToolCall):
            return self._open_call(part)
        item = whole.item_object(part, self._id, self._tools)
        if isinstance(part, Thinking):
            return [self._added({**item, "summary": []})]
        if isinstance(part, Refusal):
            self._delta("response.refusal.delta", **_PLACE)
        else:
            self._delta("response.output_text.delta", **_PLACE, logprobs=[])
        return [
            self._added({**item, "status": "in_progress", "content": []}),
            self._here("response.content_part.added", **_PLACE, part=whole.content_object(part)),
        ]

    def _open_call(self, part: ToolCall) -> list[bytes]:
        given = as_given(part, self._tools)
        if given.kind not in ("function", "custom"):
            return []  # its item has no form while its arguments are not whole
        item = whole.item_object(part, self._id, self._tools)
        item["input" if given.kind == "custom" else "arguments"] = ""
        if given.kind == "function":
            self._delta("response.function_call_arguments.delta")
        return [self._added({**item, "status": "in_progress"})]

    def _grow(self, words: str) -> list[bytes]:
        opening: list[bytes] = []
        if isinstance(self._part, Thinking) and not self._words.tell():
            part = {"type": "summary_text", "text": ""}
            opening.append(self._here("response.reasoning_summary_part.added", summary_index=0, part=part))
            self._delta("response.reasoning_summary_text.delta", summary_index=0)
        self._words.write(words)
        if self._begin is None:
            return opening  # a tool's text that stands inside JSON until that is whole
        delta = self._begin + orjson.dumps(words) + _NUMBER % self._number
        self._number += 1
        return [*opening, delta] if opening else [delta]

    def _close(self) -> list[bytes]:
        part, words = self._part, self._words.getvalue()
        if part is None:
            return []
        if isinstance(part, ToolCall):
            closing, part = self._close_call(part._replace(arguments=words))
        else:
            part = part._replace(text=words)
            closing = self._close_words(part)
        item = whole.item_object(part, self._id, self._tools)
        closing.append(self._event("response.output_item.done", output_index=len(self._output), item=item))
        self._output.append(item)
        self._part = None
        return closing

    def _close_words(self, part: Text | Refusal | Thinking) -> list[bytes]:
        if isinstance(part, Thinking):
            if not part.text:
                return []
            told = {"type": "summary_text", "text": part.text}
            return [
                self._here("response.reasoning_summary_text.done", summary_index=0, text=part.text),
                self._here("response.reasoning_summary_part.done", summary_index=0, part=told),
            ]
        if isinstance(part, Refusal):
            done = self._here("response.refusal.done", **_PLACE, refusal=part.text)
        else:
            done = self._here("response.output_text.done", **_PLACE, text=part.text, logprobs=[])
        return [done, self._here("response.content_part.done", **_PLACE, part=whole.content_object(part))]

    def _close_call(self, part: ToolCall) -> tuple[list[bytes], ToolCall]:
        given = as_given(part, self._tools)
        if given.kind == "function":
            name, arguments = given.name, given.arguments
            return [self._here("response.function_call_arguments.done", name=name, arguments=arguments)], part
        if given.kind == "custom":
            return [
                self._here("response.custom_tool_call_input.delta", delta=given.arguments),
                self._here("response.custom_tool_call_input.done", input=given.arguments),
            ], part
        item = whole.item_object(part, self._id, self._tools)
        return [self._added({**item, "status": "in_progress"})], part


def text_id(head: Mapping[str, Any]) -> str:
    """Return the id of a response that has begun, an empty text before."""
    return str(head.get("id", ""))
