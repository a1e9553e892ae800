"""Read a stream of OpenAI's responses. Pure."""

from __future__ import annotations

from typing import Any

from marga.protocols import responses
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
)
from marga.protocols.answers.responses import CALLS, read_call, read_item, stop_of
from marga.protocols.reading import count, fields, items, moment, text

_WORDS: dict[str, type[Text | Refusal | Thinking]] = {
    "response.output_text.delta": Text,
    "response.refusal.delta": Refusal,
    "response.reasoning_summary_text.delta": Thinking,
    "response.reasoning_text.delta": Thinking,
}
_ARGUMENTS = ("response.function_call_arguments.delta", "response.custom_tool_call_input.delta")


class _Item:
    """An output item that is being written: the parts it has become, and which of them is growing."""

    __slots__ = ("heard", "key", "place", "parts")

    def __init__(self) -> None:
        self.parts = 0
        self.key: int | None = None
        self.place: tuple[str, int | None, int | None] | None = None
        self.heard: list[int] = []
        """How many characters of each part have been passed on."""


class ResponsesReader:
    """Make events of a provider's events.

    `response.output_item.done` is the authority: what its deltas did not tell is told then.
    """

    def __init__(self) -> None:
        self._items: dict[int, _Item] = {}
        self._done: set[int] = set()
        self._done_ids: set[str] = set()
        self._key = 0
        self._calls_tools = False
        self._ended = False

    @property
    def has_finished(self) -> bool:
        """Tell whether the provider has said why it ended."""
        return self._ended

    def end(self, *, is_done: bool) -> list[Event]:
        """Return what the end of the stream says: nothing, for its last event has said it."""
        return []

    def read(self, payload: dict[str, Any]) -> list[Event]:
        """Return what one event says."""
        kind = text(payload.get("type"))
        events: list[Event] = []
        if kind in _WORDS:
            self._hear(payload, _WORDS[kind], events)
        elif kind in _ARGUMENTS:
            self._hear_arguments(payload, events)
        elif kind == "response.output_item.added":
            self._begin(payload, events)
        elif kind == "response.output_item.done":
            self._finish(count(payload, "output_index"), fields(payload.get("item")), events)
        elif kind in responses.LAST_EVENTS:
            self._end(fields(payload.get("response")), events)
        elif kind == "response.created":
            response = fields(payload.get("response"))
            created = moment(response, "created_at")
            events.append(Started(text(response.get("id")), text(response.get("model")), created))
        return events

    def _item(self, index: int | None) -> _Item | None:
        if index is None or index in self._done:
            return None
        return self._items.setdefault(index, _Item())

    def _open(self, item: _Item, part: Part, events: list[Event]) -> int:
        self._close(item, events)
        self._key += 1
        item.key = self._key
        item.heard.append(0)
        events.append(Opened(self._key, part))
        self._calls_tools = self._calls_tools or isinstance(part, ToolCall)
        return self._key

    def _close(self, item: _Item, events: list[Event]) -> None:
        if item.key is not None:
            events.append(Closed(item.key))
            item.key = None

    def _grow(self, item: _Item, words: str, events: list[Event]) -> None:
        if words and item.key is not None:
            item.heard[-1] += len(words)
            events.append(Grew(item.key, words))

    def _hear(
        self, payload: dict[str, Any], kind: type[Text | Refusal | Thinking], events: list[Event]
    ) -> None:
        item, words = self._item(count(payload, "output_index")), text(payload.get("delta"))
        if item is None or not words:
            return
        place = (payload["type"], count(payload, "content_index"), count(payload, "summary_index"))
        if kind is Thinking:
            if item.key is None:
                self._open(item, Thinking(), events)
            elif item.place is not None and item.place != place:
                if item.place[0] != place[0]:
                    return  # a server tells both the summary and all of it: the first one heard is told
                words = "\n\n" + words
        elif item.key is None or item.place != place:
            self._open(item, kind(), events)
        item.place = place
        self._grow(item, words, events)

    def _hear_arguments(self, payload: dict[str, Any], events: list[Event]) -> None:
        item = self._item(count(payload, "output_index"))
        if item is not None:
            self._grow(item, text(payload.get("delta")), events)

    def _begin(self, payload: dict[str, Any], events: list[Event]) -> None:
        given = fields(payload.get("item"))
        kind = text(given.get("type"))
        item = self._item(count(payload, "output_index"))
        if item is None or item.key is not None:
            return
        if kind == "reasoning":
            self._open(item, Thinking(), events)
        elif kind in ("function_call", "custom_tool_call"):
            self._open(item, read_call(given, CALLS[kind])._replace(arguments=""), events)

    def _finish(self, index: int | None, given: dict[str, Any], events: list[Event]) -> None:
        item = self._item(index)
        if item is None or index is None:
            return
        for position, part in enumerate(read_item(given)):
            self._complete(item, position, part, events)
        self._close(item, events)
        del self._items[index]
        self._done.add(index)
        if own_id := text(given.get("id")):
            self._done_ids.add(own_id)

    def _complete(self, item: _Item, position: int, part: Part, events: list[Event]) -> None:
        """Tell what of the part at position has not been told."""
        words = part.arguments if isinstance(part, ToolCall) else part.text
        if position >= len(item.heard):
            bare = part._replace(arguments="") if isinstance(part, ToolCall) else type(part)()
            self._open(item, bare, events)
        if position == len(item.heard) - 1:
            if not (isinstance(part, Thinking) and item.heard[position]):
                self._grow(item, words[item.heard[position] :], events)
            if isinstance(part, Thinking) and part.sealed is not None and item.key is not None:
                events.append(Signed(item.key, part.sealed))

    def _end(self, response: dict[str, Any], events: list[Event]) -> None:
        if self._ended:
            return
        for index, given in enumerate(items(response.get("output"))):
            if text(fields(given).get("id")) not in self._done_ids:
                self._finish(index, fields(given), events)
        for item in self._items.values():
            self._close(item, events)
        self._ended = True
        stop = stop_of(response, calls_tools=self._calls_tools)
        events.append(Ended(stop, None, responses.usage_of({"response": response})))
