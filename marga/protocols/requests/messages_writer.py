"""Write an Anthropic messages request. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from marga.protocols.neutral import (
    Choice,
    Conversation,
    Foreign,
    Instruction,
    Json,
    Media,
    Part,
    Reasoning,
    Refusal,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
)
from marga.protocols.requests import settings
from marga.protocols.requests.fields import DEEPEST, is_deeper
from marga.protocols.requests.media import source_of
from marga.protocols.requests.notes import Notes
from marga.protocols.requests.target import Target

_BLOCK_EXTRAS = ("output_config", "metadata")


def write(conversation: Conversation, target: Target, notes: Notes) -> Json:
    """Return the payload for target; the conversation is already one that messages can carry."""
    given = dict(conversation.settings)
    user = given.pop("user", None) or given.pop("safety_identifier", None)
    given.pop("safety_identifier", None)
    payload: Json = {"model": target.model}
    payload |= settings.write(conversation, "messages", given, notes)
    if user:
        payload["metadata"] = {"user_id": user, **payload.get("metadata", {})}
    if conversation.instructions:
        payload["system"] = _system(conversation.instructions)
    payload["messages"] = [
        {"role": turn.role, "content": _content(turn.parts, notes)} for turn in conversation.turns
    ]
    if conversation.tools:
        payload["tools"] = [_tool(tool) for tool in conversation.tools]
    if choice := _choice(conversation.choice):
        payload["tool_choice"] = choice
    payload |= _thinking(conversation.reasoning)
    if config := _config(conversation):
        payload["output_config"] = config | payload.get("output_config", {})
    if target.is_stream:
        payload["stream"] = True
    return payload


def _system(instructions: tuple[Instruction, ...]) -> Any:
    return [_cached({"type": "text", "text": entry.text}, entry.cache) for entry in instructions]


def _cached(block: Json, cache: Json | None) -> Json:
    return block if cache is None else {**block, "cache_control": cache}


def _content(parts: Iterable[Part], notes: Notes) -> Any:
    found = list(parts)
    if len(found) == 1 and isinstance(found[0], Text) and found[0].cache is None:
        return found[0].text
    results = [part for part in found if isinstance(part, ToolResult)]
    others = [part for part in found if not isinstance(part, ToolResult)]
    return [_block(part, notes) for part in (*results, *others)]


def _block(part: Part, notes: Notes) -> Json:
    match part:
        case Text():
            return _cached({"type": "text", "text": part.text}, part.cache)
        case Refusal():
            return {"type": "text", "text": part.text}
        case Media():
            block: Json = {"type": "image" if part.kind == "image" else "document", "source": source_of(part)}
            if part.name and part.kind == "file":
                block["title"] = part.name
            return _cached(block, part.cache)
        case Thinking():
            if part.data:
                return {"type": "redacted_thinking", "data": part.data}
            return {"type": "thinking", "thinking": "".join(part.texts), "signature": part.signature}
        case ToolCall():
            given = {"id": part.id, "name": part.name, "input": _input(part.arguments, notes)}
            return _cached({"type": "tool_use", **given}, part.cache)
        case ToolResult():
            result: Json = {
                "type": "tool_result",
                "tool_use_id": part.id,
                "content": _content(part.parts, notes),
            }
            if part.is_error:
                result["is_error"] = True
            return _cached(result, part.cache)
        case Foreign():
            return part.value
    raise TypeError(f"{type(part).__name__} has no place in a message")


def _input(arguments: str, notes: Notes) -> Json:
    """Return arguments as the object that Anthropic wants; what is no object goes under a name of its own."""
    if not arguments.strip():
        return {}
    try:
        value = orjson.loads(arguments)
    except orjson.JSONDecodeError:
        value = arguments
    if isinstance(value, dict) and not is_deeper(value, DEEPEST):
        return value
    notes.add("tool_call.arguments")
    return {"arguments": arguments if isinstance(value, dict | list) else value}


def _tool(tool: Tool) -> Json:
    if tool.kind != "function":
        return tool.raw
    written: Json = {"name": tool.name, "input_schema": tool.schema or {"type": "object", "properties": {}}}
    if tool.description:
        written["description"] = tool.description
    if tool.strict is not None:
        written["strict"] = tool.strict
    return _cached(written | tool.raw, tool.cache)


def _choice(choice: Choice) -> Json | None:
    written: Json | None = None
    match choice.mode:
        case "auto" | "none":
            written = {"type": choice.mode}
        case "required":
            written = {"type": "any"}
        case "named":
            written = {"type": "tool", "name": choice.name}
    if choice.parallel is False and choice.mode != "none":
        written = {**(written or {"type": "auto"}), "disable_parallel_tool_use": True}
    return written


def _thinking(reasoning: Reasoning) -> Json:
    if not reasoning.mode:
        return {}
    thinking: Json = {"type": reasoning.mode}
    if reasoning.budget_tokens is not None:
        thinking["budget_tokens"] = reasoning.budget_tokens
    if reasoning.summary:
        thinking["display"] = reasoning.summary
    return {"thinking": thinking}


def _config(conversation: Conversation) -> Json:
    config: Json = {}
    if conversation.reasoning.effort:
        config["effort"] = conversation.reasoning.effort
    if conversation.format is not None:
        config["format"] = {"type": "json_schema", "schema": conversation.format.schema}
    return config
