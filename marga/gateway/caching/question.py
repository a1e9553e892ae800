"""Take the last question out of a request, for the cache that serves restatements. Pure.

Two requests may share an answer only if they differ in this text alone: the rest, with a hole where the text was, makes
the partition in which a restatement is looked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

HOLE = {"marga": "the question"}
"""Stands where the text was; no client's text is an object, so nothing else has this form."""

FIELD_OF_TURNS = {"chat": "messages", "messages": "messages", "responses": "input"}
TEXT_TYPES = frozenset({"text", "input_text"})


class Question(NamedTuple):
    text: str
    rest: dict[str, Any]


def question_of(payload: Mapping[str, Any], protocol: str) -> Question | None:
    """Return the last user text and the payload without it, or None where a request does not end in one such text.

    Tool results, several texts in one turn, and other things than chat are left to the exact cache.
    """
    name = FIELD_OF_TURNS.get(protocol)
    if name is None:
        return None
    turns = payload.get(name)
    if protocol == "responses" and isinstance(turns, str):
        return Question(turns, {**payload, name: HOLE})
    if not isinstance(turns, list) or not turns:
        return None
    found = _cut(turns[-1])
    if found is None:
        return None
    text, turn = found
    return Question(text, {**payload, name: [*turns[:-1], turn]})


def _cut(turn: Any) -> tuple[str, dict[str, Any]] | None:
    if not isinstance(turn, dict) or turn.get("role") != "user" or turn.get("type", "message") != "message":
        return None
    content = turn.get("content")
    if isinstance(content, str):
        return content, {**turn, "content": HOLE}
    if not isinstance(content, list):
        return None
    places = [i for i, part in enumerate(content) if _is_text(part)]
    if len(places) != 1 or any(_is_result(part) for part in content):
        return None
    place = places[0]
    part = {**content[place], "text": HOLE}
    return content[place]["text"], {**turn, "content": [*content[:place], part, *content[place + 1 :]]}


def _is_text(part: Any) -> bool:
    return isinstance(part, dict) and part.get("type") in TEXT_TYPES and isinstance(part.get("text"), str)


def _is_result(part: Any) -> bool:
    return not isinstance(part, dict) or part.get("type") in ("tool_result", "function_call_output")
