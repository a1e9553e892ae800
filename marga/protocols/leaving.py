"""Leave out of a request what only the model that made it can read: signed thinking, sealed reasoning. Pure."""

from __future__ import annotations

from typing import Any, NamedTuple

from marga.protocols.reading import fields, items, text

THINKING, ENCRYPTED = "thinking", "encrypted"
_THOUGHTS = frozenset({"thinking", "redacted_thinking"})
_NAMED_BY_REASONING = frozenset({"message", "function_call", "custom_tool_call"})
"""Items whose ids tie them to the reasoning before them: without it OpenAI refuses them, unless they come without ids.

https://platform.openai.com/docs/guides/reasoning
"""


class Without(NamedTuple):
    """A request without some parts. warnings: the names of what was left out, each once."""

    payload: dict[str, Any]
    warnings: tuple[str, ...]


def without(payload: dict[str, Any], protocol: str, what: str) -> Without:
    """Return the request without what binds it to another model; the payload given stays as it is.

    what: `thinking` of messages or `encrypted` of responses, as a routing decision's drops; anything else leaves all.
    """
    if what == THINKING and protocol == "messages":
        return _without_thinking(payload)
    if what == ENCRYPTED and protocol == "responses":
        return _without_sealed(payload)
    return Without(payload, ())


def _without_thinking(payload: dict[str, Any]) -> Without:
    """Leave out thinking blocks, and with them thinking itself.

    A turn that thinks and calls a tool must begin with its thinking: without it, the rest of that turn cannot think.
    https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking
    """
    messages: list[Any] = []
    for message in items(payload.get("messages")):
        content = fields(message).get("content")
        if not isinstance(content, list):
            messages.append(message)
            continue
        kept = [part for part in content if fields(part).get("type") not in _THOUGHTS]
        if kept or not content:
            messages.append(message if len(kept) == len(content) else {**message, "content": kept})
    found = {name: value for name, value in payload.items() if name != "thinking"}
    found["messages"] = messages
    if "context_management" in found:
        _keep_edits(found)
    return Without(found, (THINKING,))


def _keep_edits(found: dict[str, Any]) -> None:
    """Leave out the edits that clear thinking: they are refused where nothing thinks."""
    management = fields(found.pop("context_management"))
    edits = [
        edit
        for edit in items(management.get("edits"))
        if not text(fields(edit).get("type")).startswith("clear_thinking")
    ]
    if edits:
        found["context_management"] = {**management, "edits": edits}


def _without_sealed(payload: dict[str, Any]) -> Without:
    """Leave out items of sealed content, the ids that hang on them, and the name of a stored answer before."""
    kept: list[Any] = []
    warnings: dict[str, None] = {}
    for item in items(payload.get("input")):
        given = fields(item)
        kind = text(given.get("type"))
        if given.get("encrypted_content"):
            warnings["encrypted_reasoning" if kind == "reasoning" else "encrypted_content"] = None
        elif kind in _NAMED_BY_REASONING and "id" in given:
            kept.append({name: value for name, value in given.items() if name != "id"})
        else:
            kept.append(item)
    if not warnings:
        return Without(payload, ())
    return Without({**payload, "input": kept}, tuple(warnings))
