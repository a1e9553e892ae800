"""Bring tools and the choice among them from one protocol to another. Pure."""

from __future__ import annotations

from dataclasses import replace

from marga.protocols.client_tools import NATIVE, function_name
from marga.protocols.neutral import Choice, Conversation, Json, Tool
from marga.protocols.requests.function_forms import as_function
from marga.protocols.requests.notes import Notes
from marga.protocols.requests.settings import says_nothing
from marga.protocols.requests.target import Target

_OPENAI = frozenset({"chat", "responses"})
_EMPTY: Json = {"type": "object", "properties": {}}


def cross_tools(conversation: Conversation, target: Target, notes: Notes) -> tuple[Tool, ...]:
    """Return the tools as target can declare them, under names that it takes."""
    allowed = conversation.choice.allowed if target.protocol == "messages" else None
    crossed: list[Tool] = []
    for tool in conversation.tools:
        if allowed is not None and tool.name not in allowed:
            continue  # Messages has no list of allowed tools: declare only those
        found = tool if is_native(tool.kind, target) else as_function(tool)
        if found is None:
            notes.add(f"tools.{tool.kind}")
        else:
            crossed.append(_crossed(found, conversation.source, target, notes))
    return tuple(crossed)


def is_native(kind: str, target: Target) -> bool:
    """Tell whether target has tools of this kind that are no functions."""
    return target.protocol == "responses" and (kind == "custom" or kind in NATIVE)


def _crossed(tool: Tool, source: str, target: Target, notes: Notes) -> Tool:
    for name, value in tool.raw.items():
        if name != "namespace_description" and not says_nothing(name, value):
            notes.add(f"tools.{name}")
    strict = tool.strict
    if not {source, target.protocol} <= _OPENAI:
        # Each family's strict mode asks other things of the schema, so the promise cannot move with it.
        if strict:
            notes.add("tools.strict")
        strict = None
    if target.protocol == "responses":
        strict = bool(strict)  # left out, it would mean true
    elif not strict:
        strict = None
    cache = tool.cache
    if cache is not None and target.protocol != "messages":
        notes.add("cache_control")
        cache = None
    name = function_name(tool.name, tool.namespace)
    schema = None if tool.kind != "function" else _object_schema(tool.schema)
    return replace(tool, name=name, namespace="", schema=schema, strict=strict, cache=cache, raw={})


def _object_schema(schema: Json | None) -> Json:
    if not schema:
        return _EMPTY
    return schema if "type" in schema else {"type": "object", **schema}


def cross_choice(conversation: Conversation, tools: tuple[Tool, ...], target: Target, notes: Notes) -> Choice:
    """Return the choice among the crossed tools; a choice without tools is none."""
    choice = conversation.choice
    if not tools:
        if choice.mode in ("required", "named"):
            notes.add("tool_choice")
        return Choice()
    if choice.mode == "named":
        space = next((tool.namespace for tool in conversation.tools if tool.name == choice.name), "")
        name = function_name(choice.name, space)
        if all(tool.name != name for tool in tools):
            notes.add("tool_choice")
            return Choice(parallel=choice.parallel)
        kind = choice.kind if is_native(choice.kind, target) else "function"
        return replace(choice, name=name, kind=kind)
    if choice.allowed is None or target.protocol == "messages":
        return replace(choice, allowed=None)
    names = {tool.name: function_name(tool.name, tool.namespace) for tool in conversation.tools}
    return replace(choice, allowed=tuple(names.get(name, name) for name in choice.allowed))
