"""OpenAI's responses: a whole answer as a stream, and a stream as the whole answer. Pure."""

from __future__ import annotations

from typing import Any

from marga.protocols import sse
from marga.protocols.reading import count, fields, items, text
from marga.protocols.responses import LAST_EVENTS

_ARGUMENTS = {
    "function_call": ("arguments", "response.function_call_arguments"),
    "custom_tool_call": ("input", "response.custom_tool_call_input"),
}
_SPOKEN = {
    "output_text": ("text", "response.output_text"),
    "refusal": ("refusal", "response.refusal"),
    "reasoning_text": ("text", "response.reasoning_text"),
}


def play(payload: dict[str, Any], *, wants_usage: bool) -> list[bytes]:
    """Return the events of a whole answer."""
    player = _Player()
    begun = {**payload, "status": "in_progress", "output": [], "usage": None, "incomplete_details": None}
    player.say("response.created", response=begun)
    player.say("response.in_progress", response=begun)
    for index, item in enumerate(items(payload.get("output"))):
        player.play_item(index, fields(item))
    kind = f"response.{text(payload.get('status'))}"
    player.say(kind if kind in LAST_EVENTS else "response.completed", response=payload)
    return player.events


class _Player:
    def __init__(self) -> None:
        self.events: list[bytes] = []

    def say(self, kind: str, **said: Any) -> None:
        self.events.append(sse.written({"type": kind, **said, "sequence_number": len(self.events)}, kind))

    def play_item(self, index: int, item: dict[str, Any]) -> None:
        kind, own_id = text(item.get("type")), text(item.get("id"))
        bare = dict(item)
        if "status" in item:
            bare["status"] = "in_progress"
        for name in ("content", "summary"):
            if isinstance(item.get(name), list):
                bare[name] = []
        name, event = _ARGUMENTS.get(kind, ("", ""))
        if name:
            bare[name] = ""
        self.say("response.output_item.added", output_index=index, item=bare)
        for place, part in enumerate(items(item.get("summary"))):
            self._play_summary(fields(part), item_id=own_id, output_index=index, summary_index=place)
        for place, part in enumerate(items(item.get("content"))):
            self._play_content(fields(part), item_id=own_id, output_index=index, content_index=place)
        if name:
            words = text(item.get(name))
            self.say(f"{event}.delta", item_id=own_id, output_index=index, delta=words)
            self.say(f"{event}.done", item_id=own_id, output_index=index, **{name: words})
        self.say("response.output_item.done", output_index=index, item=item)

    def _play_summary(self, part: dict[str, Any], **place: Any) -> None:
        words = text(part.get("text"))
        self.say("response.reasoning_summary_part.added", **place, part={**part, "text": ""})
        self.say("response.reasoning_summary_text.delta", **place, delta=words)
        self.say("response.reasoning_summary_text.done", **place, text=words)
        self.say("response.reasoning_summary_part.done", **place, part=part)

    def _play_content(self, part: dict[str, Any], **place: Any) -> None:
        name, event = _SPOKEN.get(text(part.get("type")), ("", ""))
        bare = {**part, name: ""} if name else part
        if isinstance(part.get("annotations"), list):
            bare = {**bare, "annotations": []}
        self.say("response.content_part.added", **place, part=bare)
        if name:
            words, also = text(part.get(name)), {}
            if name == "text" and part.get("type") == "output_text":
                also = {"logprobs": items(part.get("logprobs"))}
            self.say(f"{event}.delta", **place, delta=words, **also)
            for position, annotation in enumerate(items(part.get("annotations"))):
                told = {"annotation_index": position, "annotation": annotation}
                self.say("response.output_text.annotation.added", **place, **told)
            self.say(f"{event}.done", **place, **{name: words}, **also)
        self.say("response.content_part.done", **place, part=part)


class ResponsesCollector:
    """Keep of one stream what makes the whole answer: the last event has it, the items' ends repeat it."""

    def __init__(self) -> None:
        self._response: dict[str, Any] | None = None
        self._items: dict[int, Any] = {}

    def feed(self, payload: dict[str, Any]) -> None:
        """Take one event."""
        kind = payload.get("type")
        if kind == "response.output_item.done":
            index = count(payload, "output_index")
            if index is not None:
                self._items[index] = payload.get("item")
        elif kind in ("response.completed", "response.incomplete"):
            self._response = fields(payload.get("response"))

    def answer(self) -> dict[str, Any] | None:
        """Return the whole answer, or None while it has not ended."""
        if not self._response:
            return None
        if self._response.get("output"):
            return self._response
        return {**self._response, "output": [self._items[index] for index in sorted(self._items)]}
