"""Read an Anthropic messages request. Pure.

Source: https://docs.claude.com/en/api/messages
"""

from __future__ import annotations

from typing import Any

import orjson

from marga.protocols.neutral import (
    Choice,
    Conversation,
    Foreign,
    Format,
    Instruction,
    Json,
    Media,
    Part,
    Reasoning,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
    Turn,
)
from marga.protocols.opaque import unseal
from marga.protocols.request import Unreadable
from marga.protocols.requests import settings
from marga.protocols.requests.fields import (
    flag_at,
    needed_text,
    object_at,
    objects_at,
    others,
    text_at,
    whole_at,
)
from marga.protocols.requests.media import from_source

_HANDLED = settings.known_names("messages") | {
    "model", "messages", "stream", "system", "tools", "tool_choice", "thinking", "output_config",
    "output_format", "metadata",
}  # fmt: skip
DEEPEST_BLOCK = 3
_TOOL = frozenset({"type", "name", "description", "input_schema", "strict", "cache_control"})


def read(payload: Json) -> Conversation:
    """Return the conversation that payload holds.

    Raises Unreadable.
    """
    turns = [_turn(message, where) for where, message in objects_at(payload, "messages")]
    return Conversation(
        source="messages",
        turns=tuple(turns),
        instructions=tuple(_instructions(payload)),
        tools=tuple(_tool(tool, where) for where, tool in objects_at(payload, "tools")),
        choice=_choice(payload),
        format=_format(payload),
        reasoning=_reasoning(payload),
        settings=_settings(payload),
        extras=_extras(payload),
    )


def _instructions(payload: Json) -> list[Instruction]:
    if isinstance(payload.get("system"), str):
        return [Instruction(payload["system"])]
    return [
        Instruction(text_at(block, "text", where), cache=object_at(block, "cache_control", where))
        for where, block in objects_at(payload, "system")
    ]


def _turn(message: Json, where: str) -> Turn:
    role = text_at(message, "role", where)
    parts = tuple(_parts(message, where))
    if role == "user":
        return Turn("user", parts)
    if role == "assistant":
        return Turn("assistant", parts)
    if role == "system":
        return Turn("system", parts)
    raise Unreadable(f"{where}.role must be user or assistant.", f"{where}.role")


def _parts(holder: Json, where: str, depth: int = 0) -> list[Part]:
    """depth: of blocks within blocks; a tool result may hold a document, which may hold texts, and that is all."""
    if depth > DEEPEST_BLOCK:
        raise Unreadable(f"{where} is nested too deeply.", where)
    content = holder.get("content")
    if isinstance(content, str):
        return [Text(content)]
    return [
        part for place, block in objects_at(holder, "content", where) for part in _block(block, place, depth)
    ]


def _block(block: Json, where: str, depth: int) -> list[Part]:
    kind, cache = text_at(block, "type", where), object_at(block, "cache_control", where)
    match kind:
        case "text":
            return [Text(text_at(block, "text", where), cache)]
        case "image":
            return [from_source("image", block, where) or Foreign("messages", "content.image", block)]
        case "document":
            return _document(block, where, cache, depth)
        case "search_result":
            head = Text(f"{text_at(block, 'title', where)} ({text_at(block, 'source', where)})", cache)
            return [head, *_parts(block, where, depth + 1)]
        case "thinking" | "redacted_thinking":
            return [read_thinking(block, where)]
        case "tool_use":
            call_id, name = needed_text(block, "id", where), needed_text(block, "name", where)
            arguments = orjson.dumps(object_at(block, "input", where) or {}).decode()
            return [ToolCall(call_id, name, arguments, cache=cache)]
        case "tool_result" if depth == 0:
            parts = tuple(_parts(block, where, depth + 1))
            is_error = bool(flag_at(block, "is_error", where))
            return [ToolResult(needed_text(block, "tool_use_id", where), parts, is_error, cache=cache)]
        case "":
            raise Unreadable(f"{where}.type must be a non-empty string.", f"{where}.type")
    return [Foreign("messages", f"content.{kind}", block)]


def _document(block: Json, where: str, cache: Json | None, depth: int) -> list[Part]:
    source, place = object_at(block, "source", where) or {}, f"{where}.source"
    title = text_at(block, "title", where)
    if source.get("type") == "text":
        text = needed_text(source, "data", place)
        return [Media("file", text=text, media_type="text/plain", name=title, cache=cache)]
    if source.get("type") == "content":
        return _parts(source, place, depth + 1)
    media = from_source("file", block, where)
    return [media or Foreign("messages", "content.document", block)]


def read_thinking(block: Json, where: str) -> Thinking:
    """Return the reasoning in a block, unsealed where another protocol's stands in it.

    Raises Unreadable.
    """
    if text_at(block, "type", where) == "redacted_thinking":
        return _redacted(needed_text(block, "data", where))
    texts, signature = (text_at(block, "thinking", where),), text_at(block, "signature", where)
    sealed = unseal(signature)
    if sealed is not None:
        told = texts if texts[0] else ()  # an item without a summary had none
        return Thinking(sealed.protocol, told, sealed.signature, sealed.data, sealed.item_id)
    return Thinking("messages", texts, signature)


def _redacted(data: str) -> Thinking:
    sealed = unseal(data)
    if sealed is not None:
        return Thinking(sealed.protocol, (), sealed.signature, sealed.data, sealed.item_id)
    return Thinking("messages", data=data)


def _tool(tool: Json, where: str) -> Tool:
    kind = text_at(tool, "type", where)
    if kind not in ("", "custom"):
        return Tool(text_at(tool, "name", where), kind=kind, raw=tool)
    return Tool(
        needed_text(tool, "name", where),
        text_at(tool, "description", where),
        object_at(tool, "input_schema", where),
        flag_at(tool, "strict", where),
        cache=object_at(tool, "cache_control", where),
        raw=others(tool, _TOOL),
    )


def _choice(payload: Json) -> Choice:
    given, field = object_at(payload, "tool_choice"), "tool_choice"
    if given is None:
        return Choice()
    alone = flag_at(given, "disable_parallel_tool_use", field)
    parallel = None if alone is None else not alone
    match text_at(given, "type", field):
        case "auto":
            return Choice("auto", parallel=parallel)
        case "any":
            return Choice("required", parallel=parallel)
        case "none":
            return Choice("none", parallel=parallel)
        case "tool":
            return Choice("named", needed_text(given, "name", field), parallel=parallel)
    raise Unreadable(f"{field}.type must be auto, any, tool or none.", f"{field}.type")


def _format(payload: Json) -> Format | None:
    config, place = object_at(payload, "output_config") or {}, "output_config.format"
    given = object_at(config, "format", "output_config")
    if given is None:
        given, place = object_at(payload, "output_format"), "output_format"
    if given is None:
        return None
    if text_at(given, "type", place) != "json_schema":
        raise Unreadable(f"{place}.type must be json_schema.", f"{place}.type")
    return Format("json_schema", schema=object_at(given, "schema", place) or {})


def _reasoning(payload: Json) -> Reasoning:
    config = object_at(payload, "output_config") or {}
    thinking, place = object_at(payload, "thinking") or {}, "thinking"
    return Reasoning(
        mode=text_at(thinking, "type", place),
        budget_tokens=whole_at(thinking, "budget_tokens", place),
        effort=text_at(config, "effort", "output_config"),
        summary=text_at(thinking, "display", place),
    )


def _settings(payload: Json) -> Json:
    found = settings.read(payload, "messages")
    if user := text_at(object_at(payload, "metadata") or {}, "user_id", "metadata"):
        found["user"] = user
    return found


def _extras(payload: Json) -> Json:
    extras: dict[str, Any] = others(payload, _HANDLED)
    for name, known in (("output_config", {"format", "effort"}), ("metadata", {"user_id"})):
        if left := others(object_at(payload, name) or {}, frozenset(known)):
            extras[name] = left
    return extras
