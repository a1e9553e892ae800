"""What routing needs to see of a request: the last things a person said, and what the call demands. Pure.

Every call that is to be routed passes here, so nothing is copied beyond the bounds and no neutral form is built.
What has a wrong type is left out: the wire module or the provider judges the request.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from marga.protocols.reading import fields, items

MOST_CHARACTERS = 12_000
"""Read of all turns together; the classifier needs no more, and a paste of megabytes must not cost its length."""

MOST_SESSION_CHARACTERS = 4_000
"""Of the system text and of the first user text: enough to know a session again."""

_REMINDER = re.compile(r"<system-reminder>.*?(?:</system-reminder>|\Z)", re.DOTALL)
_ENVIRONMENT = ("<environment_context>", "<user_instructions>", "# AGENTS.md instructions")
"""How Codex begins the user messages that no person wrote."""

_NO_THINKING = ("", "none", "minimal", None)


class Shape(NamedTuple):
    """What a request demands.

    needs: of `tools`, `vision`, `json_schema`, `thinking`, `audio`, `files`.
    lock: why its model must not change now: `encrypted` (sealed reasoning of one provider), `thinking` (signed
    thinking), `tool_loop` (the last turn answers a tool call), or "".
    session_text: system and first user text, bounded. system_characters: of all system text.
    """

    needs: frozenset[str]
    lock: str
    session_text: str
    system_characters: int


def user_turns(payload: dict[str, Any], protocol: str, most: int = 3) -> list[str]:
    """Return the last texts that a person wrote, oldest first.

    Left out: tool results, images, and what the client's program slipped in (system reminders, environment).
    A text longer than what is left of the bound keeps its beginning and its end, where the wish stands.
    """
    found: list[str] = []
    left = MOST_CHARACTERS
    for message in reversed(_messages(payload, protocol)):
        if not isinstance(message, dict) or message.get("role") != "user":
            continue
        text = _person_text(message.get("content"), left)
        if text:
            found.append(text)
            left -= len(text)
            if len(found) == most or left <= 0:
                break
    found.reverse()
    return found


def _messages(payload: dict[str, Any], protocol: str) -> list[Any]:
    given = payload.get("input" if protocol in ("responses", "embeddings") else "messages")
    if isinstance(given, str):
        return [{"role": "user", "content": given}]
    return given if isinstance(given, list) else []


def _person_text(content: Any, most: int) -> str:
    if isinstance(content, str):
        return _plain(content, most)
    if not isinstance(content, list):
        return ""
    texts: list[str] = []
    for part in reversed(content):
        text = part.get("text") if isinstance(part, dict) else None
        if isinstance(text, str) and part.get("type") in ("text", "input_text"):
            plain = _plain(text, most)
            if plain:
                texts.append(plain)
                most -= len(plain)
                if most <= 0:
                    break
    texts.reverse()
    return "\n".join(texts)


def _plain(text: str, most: int) -> str:
    if len(text) > most:
        half = most // 2
        text = f"{text[:half]}\n{text[len(text) - half :]}" if half else ""
    if text.startswith(_ENVIRONMENT):
        return ""
    if "<system-reminder>" in text:
        text = _REMINDER.sub("", text)
    return text.strip()


def shape_of(payload: dict[str, Any], protocol: str) -> Shape:
    """Return what the request demands of a model, and what binds it to the one before."""
    messages = _messages(payload, protocol)
    needs = set()
    if payload.get("tools") or payload.get("functions"):
        needs.add("tools")
    if _wants_schema(payload):
        needs.add("json_schema")
    if _wants_thinking(payload):
        needs.add("thinking")
    for message in messages:
        content = message.get("content") if isinstance(message, dict) else None
        if isinstance(content, list):
            _look_inside(content, needs)
    lock = _lock(messages, protocol) if messages else ""
    system, characters = _system_text(payload, messages, protocol)
    return Shape(frozenset(needs), lock, system + _first_user_text(messages), characters)


def _wants_schema(payload: dict[str, Any]) -> bool:
    for holder, name in (
        ("response_format", ""),
        ("text", "format"),
        ("output_config", "format"),
        ("output_format", ""),
    ):
        given = payload.get(holder)
        if given is not None:
            form = fields(given).get(name) if name else given
            if fields(form).get("type") == "json_schema":
                return True
    return False


def _wants_thinking(payload: dict[str, Any]) -> bool:
    """Adaptive thinking leaves it to the model, so it demands nothing."""
    if fields(payload.get("thinking")).get("type") == "enabled":
        return True
    if payload.get("reasoning_effort") not in _NO_THINKING:
        return True
    return fields(payload.get("reasoning")).get("effort") not in _NO_THINKING


_NEEDS = {
    "image_url": "vision",
    "image": "vision",
    "input_image": "vision",
    "input_audio": "audio",
    "file": "files",
    "document": "files",
    "input_file": "files",
}


def _look_inside(content: list[Any], needs: set[str], *, within: bool = False) -> None:
    for part in content:
        if isinstance(part, dict):
            kind = part.get("type")
            if kind == "tool_result" and not within:
                _look_inside(items(part.get("content")), needs, within=True)
            elif isinstance(kind, str) and kind in _NEEDS:
                needs.add(_NEEDS[kind])


def _lock(messages: list[Any], protocol: str) -> str:
    if protocol == "responses":
        if any(isinstance(item, dict) and item.get("encrypted_content") for item in messages):
            return "encrypted"
        last = fields(messages[-1]).get("type")
        return "tool_loop" if isinstance(last, str) and last.endswith("_call_output") else ""
    if protocol == "chat":
        return "tool_loop" if fields(messages[-1]).get("role") in ("tool", "function") else ""
    last = items(fields(messages[-1]).get("content"))
    if not any(fields(part).get("type") == "tool_result" for part in last):
        return ""
    before = items(fields(messages[-2]).get("content")) if len(messages) > 1 else []
    thinks = any(fields(part).get("type") in ("thinking", "redacted_thinking") for part in before)
    return "thinking" if thinks else "tool_loop"


def _system_text(payload: dict[str, Any], messages: list[Any], protocol: str) -> tuple[str, int]:
    """Return the first of the system text, bounded, and how long all of it is."""
    kept: list[str] = []
    characters = 0
    for text in _system_texts(payload, messages, protocol):
        if characters < MOST_SESSION_CHARACTERS:
            kept.append(text[: MOST_SESSION_CHARACTERS - characters])
        characters += len(text)
    return "\n".join(kept), characters


def _system_texts(payload: dict[str, Any], messages: list[Any], protocol: str) -> Iterator[str]:
    if protocol == "messages":
        yield from (text for text in _texts(payload.get("system")) if not text.startswith("x-anthropic-"))
        return
    opening = payload.get("instructions") if protocol == "responses" else None
    if isinstance(opening, str):
        yield opening
    for message in messages:
        if not isinstance(message, dict) or message.get("role") not in ("system", "developer"):
            return
        yield from _texts(message.get("content"))


def _first_user_text(messages: list[Any]) -> str:
    for message in messages:
        if isinstance(message, dict) and message.get("role") == "user":
            text = next(_texts(message.get("content")), "")
            return f"\n{text[:MOST_SESSION_CHARACTERS]}"
    return ""


def _texts(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for part in content:
            text = part.get("text") if isinstance(part, dict) else None
            if isinstance(text, str):
                yield text
