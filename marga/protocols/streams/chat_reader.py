"""Read a stream of chat completions. Pure."""

from __future__ import annotations

from typing import Any

from marga.pricing import Usage
from marga.protocols import chat
from marga.protocols.answers.chat import STOPS, content_of, reasoning_of
from marga.protocols.answers.neutral import (
    Closed,
    Ended,
    Event,
    Grew,
    Opened,
    Part,
    Refusal,
    Started,
    Stop,
    Text,
    Thinking,
    ToolCall,
    stem_of,
    stop_with,
)
from marga.protocols.answers.tools import arguments_of, loaded
from marga.protocols.reading import count, fields, items, moment, text


class _Call:
    """A tool call that is being written."""

    __slots__ = ("arguments", "id", "is_open", "key")

    def __init__(self, key: int, call_id: str) -> None:
        self.key, self.id = key, call_id
        self.arguments: list[str] = []
        self.is_open = True


class ChatReader:
    """Make events of a provider's chunks; of several choices the first one is read.

    A chunk does not say where a part ends: words end where another kind begins, a tool call's arguments where they are
    a whole JSON text and another call begins; what is left ends with the answer.
    """

    def __init__(self) -> None:
        self._stem: str | None = None
        self._stop: Stop | None = None
        self._usage: Usage | None = None
        self._key = 0
        self._speaking: tuple[type[Part], int] | None = None
        self._calls: dict[object, _Call] = {}
        self._writing: dict[int, _Call] = {}
        self._latest: _Call | None = None

    @property
    def has_finished(self) -> bool:
        """Tell whether the provider has said why it ended."""
        return self._stop is not None

    def read(self, payload: dict[str, Any]) -> list[Event]:
        """Return what one chunk says."""
        events: list[Event] = []
        if self._stem is None:
            answer_id = text(payload.get("id"))
            self._stem = stem_of(answer_id)
            events.append(Started(answer_id, text(payload.get("model")), moment(payload, "created")))
        if payload.get("usage"):
            self._usage = chat.usage_of(payload) or self._usage
        for choice in items(payload.get("choices")):
            if isinstance(choice, dict) and not choice.get("index"):
                self._read_choice(choice, events)
        return events

    def end(self, *, is_done: bool) -> list[Event]:
        """Return what the end of the stream says: nothing if the answer is not whole."""
        if self._stop is None:
            if not is_done:
                return []
            self._stop = "end"  # it said [DONE], and not why
        events: list[Event] = []
        self._hush(events)
        events += [Closed(key) for key in self._writing]
        return [*events, Ended(stop_with(self._stop, calls_tools=bool(self._calls)), None, self._usage)]

    def _read_choice(self, choice: dict[str, Any], events: list[Event]) -> None:
        delta = choice.get("delta")
        if isinstance(delta, dict):
            if reasoning := reasoning_of(delta):
                self._speak(Thinking, reasoning, events)
            if content := content_of(delta.get("content")):
                self._speak(Text, content, events)
            if refusal := text(delta.get("refusal")):
                self._speak(Refusal, refusal, events)
            for position, call in enumerate(items(delta.get("tool_calls"))):
                if isinstance(call, dict):
                    self._read_call(call, position, events)
            if isinstance(delta.get("function_call"), dict):
                self._read_call({"function": delta["function_call"]}, 0, events)
        if reason := choice.get("finish_reason"):
            self._stop = STOPS.get(text(reason), "end")

    def _speak(self, kind: type[Text | Refusal | Thinking], words: str, events: list[Event]) -> None:
        if self._speaking is None or self._speaking[0] is not kind:
            self._hush(events)
            self._finish_call(events)
            self._key += 1
            self._speaking = (kind, self._key)
            events.append(Opened(self._key, kind()))
        events.append(Grew(self._speaking[1], words))

    def _hush(self, events: list[Event]) -> None:
        if self._speaking is not None:
            events.append(Closed(self._speaking[1]))
            self._speaking = None

    def _read_call(self, call: dict[str, Any], position: int, events: list[Event]) -> None:
        index = count(call, "index")
        place = position if index is None else index
        call_id = text(call.get("id"))
        is_custom = call.get("type") == "custom" or "custom" in call
        function = fields(call.get("custom") if is_custom else call.get("function"))
        known = self._calls.get(place)
        # Some servers give every parallel call the index 0: a new id with a name is a new call.
        if known is None or (call_id and known.id and call_id != known.id and function.get("name")):
            self._hush(events)
            self._finish_call(events)
            self._key += 1
            known = _Call(self._key, call_id)
            self._calls[place] = known
            self._writing[known.key] = self._latest = known
            spare = f"call_{self._stem}_{len(self._calls) - 1}"
            kind = "custom" if is_custom else "function"
            events.append(Opened(known.key, ToolCall(call_id or spare, text(function.get("name")), "", kind)))
        words = text(function.get("input")) if is_custom else arguments_of(function.get("arguments"))
        if words and known.is_open:
            known.arguments.append(words)
            events.append(Grew(known.key, words))

    def _finish_call(self, events: list[Event]) -> None:
        """Close the latest call if its arguments are whole; it is looked at once, a mixed one waits for the end."""
        call, self._latest = self._latest, None
        if call is not None and loaded("".join(call.arguments)) is not None:
            call.is_open = False
            del self._writing[call.key]
            events.append(Closed(call.key))
