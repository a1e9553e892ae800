"""Chat completions: a whole answer as a stream, and a stream as the whole answer. Pure."""

from __future__ import annotations

from io import StringIO
from typing import Any

from marga.protocols import sse
from marga.protocols.reading import count, fields, items

_SET = frozenset({"role", "id", "type", "index", "format", "name"})
"""Fields of a delta that are said once; other texts grow."""


def play(payload: dict[str, Any], *, wants_usage: bool) -> list[bytes]:
    """Return the chunks of a whole answer."""
    head = {name: value for name, value in payload.items() if name not in ("choices", "usage")}
    head["object"] = "chat.completion.chunk"
    events: list[bytes] = []
    endings: list[bytes] = []
    for choice in items(payload.get("choices")):
        given = fields(choice)
        index = given.get("index", 0)
        for delta in _deltas(fields(given.get("message"))):
            told = {"index": index, "delta": delta, "finish_reason": None}
            events.append(sse.written({**head, "choices": [told]}))
        rest = {name: value for name, value in given.items() if name != "message"}
        endings.append(sse.written({**head, "choices": [{"index": index, **rest, "delta": {}}]}))
    events += endings
    if wants_usage and payload.get("usage") is not None:
        events.append(sse.written({**head, "choices": [], "usage": payload["usage"]}))
    return [*events, sse.DONE_EVENT]


def _deltas(message: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the role and what is empty first, reasoning and the rest next, text and tool calls last."""
    first: dict[str, Any] = {"role": "assistant"}
    first.update({name: value for name, value in message.items() if value is None or name == "role"})
    told = [name for name, value in message.items() if value is not None and name != "role"]
    told.sort(key=lambda name: ("content", "refusal", "tool_calls").index(name) if name in _LAST else -1)
    return [first, *({name: _indexed(name, message[name])} for name in told)]


_LAST = ("content", "refusal", "tool_calls")


def _indexed(name: str, value: Any) -> Any:
    if name != "tool_calls":
        return value
    return [{"index": index, **fields(call)} for index, call in enumerate(items(value))]


class ChatCollector:
    """Put the chunks of one stream together."""

    def __init__(self) -> None:
        self._head: dict[str, Any] = {}
        self._usage: Any = None
        self._choices: dict[int, dict[str, Any]] = {}
        self._messages: dict[int, dict[str, Any]] = {}
        self._calls: dict[int, dict[int, dict[str, Any]]] = {}

    def feed(self, payload: dict[str, Any]) -> None:
        """Take one chunk."""
        for name, value in payload.items():
            if name not in ("choices", "usage", "object") and (value is not None or name not in self._head):
                self._head[name] = value
        if payload.get("usage") is not None:
            self._usage = payload["usage"]
        for choice in items(payload.get("choices")):
            if isinstance(choice, dict):
                self._take(choice)

    def _take(self, choice: dict[str, Any]) -> None:
        index = count(choice, "index") or 0
        kept = self._choices.setdefault(index, {"index": index})
        for name, value in choice.items():
            if name == "logprobs":
                _grow(kept, {name: value})
            elif name != "delta" and (value is not None or name not in kept):
                kept[name] = value
        delta = dict(fields(choice.get("delta")))
        calls = delta.pop("tool_calls", None)
        message = self._messages.setdefault(index, {"role": "assistant", "content": None})
        _grow(message, delta)
        for position, call in enumerate(items(calls)):
            if isinstance(call, dict):
                self._take_call(self._calls.setdefault(index, {}), call, position)

    @staticmethod
    def _take_call(calls: dict[int, dict[str, Any]], call: dict[str, Any], position: int) -> None:
        index = count(call, "index")
        place = position if index is None else index
        known = calls.get(place)
        if known is not None and call.get("id") and known.get("id") not in (None, call["id"]):
            place = max(calls) + 1  # some servers give every parallel call the same index
            known = None
        if known is None:
            known = calls[place] = {}
        _grow(known, {name: value for name, value in call.items() if name != "index"})

    def answer(self) -> dict[str, Any] | None:
        """Return the whole answer, or None while a choice has not ended."""
        if not self._choices or not all(choice.get("finish_reason") for choice in self._choices.values()):
            return None
        choices = []
        for index in sorted(self._choices):
            message = _settled(self._messages[index])
            if calls := self._calls.get(index):
                message["tool_calls"] = [_settled(calls[place]) for place in sorted(calls)]
            choices.append({**_settled(self._choices[index]), "message": message})
        answer = {**self._head, "object": "chat.completion", "choices": choices}
        return answer if self._usage is None else {**answer, "usage": self._usage}


class _Words(StringIO):
    """A text that grows; a str would be copied with every piece."""


def _grow(kept: dict[str, Any], delta: dict[str, Any]) -> None:
    for name, value in delta.items():
        before: Any = kept.get(name)
        if isinstance(before, _Words):
            if isinstance(value, str):
                before.write(value)
        elif before is None or name in _SET:
            if value is not None or name not in kept:
                kept[name] = _own(name, value)
        elif isinstance(before, list) and isinstance(value, list):
            before += value
        elif isinstance(before, dict) and isinstance(value, dict):
            _grow(before, value)


def _own(name: str, value: Any) -> Any:
    """Return value as something that may grow here and nowhere else."""
    if isinstance(value, str) and name not in _SET:
        words = _Words()
        words.write(value)
        return words
    if isinstance(value, dict):
        grown: dict[str, Any] = {}
        _grow(grown, value)
        return grown
    return list(value) if isinstance(value, list) else value


def _settled(value: Any) -> Any:
    """Return value with its texts as they are now."""
    if isinstance(value, _Words):
        return value.getvalue()
    return {name: _settled(held) for name, held in value.items()} if isinstance(value, dict) else value
