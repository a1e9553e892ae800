"""Read an OpenAI chat completions request. Pure.

Also what careless or old clients send: `functions`, a bare image URL, arguments as an object, `any` as a choice.
Source: https://platform.openai.com/docs/api-reference/chat/create
"""

from __future__ import annotations

from typing import Any

import orjson

from marga.protocols.neutral import (
    Audio,
    Choice,
    Conversation,
    Foreign,
    Format,
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
    Turn,
)
from marga.protocols.request import Unreadable
from marga.protocols.requests import settings
from marga.protocols.requests.fields import (
    as_object,
    flag_at,
    needed_text,
    object_at,
    objects_at,
    others,
    text_at,
)
from marga.protocols.requests.media import PDF, from_url
from marga.protocols.requests.messages_reader import read_thinking

_HANDLED = settings.known_names("chat") | {
    "model", "messages", "stream", "stream_options", "tools", "functions", "tool_choice", "function_call",
    "parallel_tool_calls", "response_format", "reasoning_effort",
}  # fmt: skip


def read(payload: Json) -> Conversation:
    """Return the conversation that payload holds.

    Raises Unreadable.
    """
    instructions, turns = _turns(payload)
    return Conversation(
        source="chat",
        turns=tuple(turns),
        instructions=tuple(instructions),
        tools=tuple(_tools(payload)),
        choice=_choice(payload),
        format=_format(payload),
        reasoning=Reasoning(effort=text_at(payload, "reasoning_effort")),
        settings=settings.read(payload, "chat"),
        extras=others(payload, _HANDLED),
    )


def _turns(payload: Json) -> tuple[list[Instruction], list[Turn]]:
    instructions: list[Instruction] = []
    turns: list[Turn] = []
    kinds: dict[str, str] = {}
    for index, (where, message) in enumerate(objects_at(payload, "messages")):
        role = text_at(message, "role", where)
        name = text_at(message, "name", where)
        if role in ("system", "developer"):
            texts = [part for part in _parts(message, where) if isinstance(part, Text)]
            if turns:
                turns.append(Turn("system" if role == "system" else "developer", tuple(texts), name))
            else:
                instructions += [Instruction(part.text, role, part.cache) for part in texts]
        elif role == "user":
            turns.append(Turn("user", tuple(_parts(message, where)), name))
        elif role == "assistant":
            parts = _assistant(message, where, index)
            kinds.update((part.id, part.kind) for part in parts if isinstance(part, ToolCall))
            turns.append(Turn("assistant", tuple(parts), name))
        elif role == "tool":
            call_id = needed_text(message, "tool_call_id", where)
            result = ToolResult(call_id, tuple(_parts(message, where)), kind=kinds.get(call_id, "function"))
            turns.append(Turn("user", (result,)))
        elif role == "function":
            turns.append(
                Turn("user", (ToolResult(_latest_call(turns, name), tuple(_parts(message, where))),))
            )
        else:
            raise Unreadable(
                f"{where}.role must be system, developer, user, assistant or tool.", f"{where}.role"
            )
    return instructions, turns


def _latest_call(turns: list[Turn], name: str) -> str:
    for turn in reversed(turns):
        for part in turn.parts:
            if isinstance(part, ToolCall) and part.name == name:
                return part.id
    return f"call_{name}"


def _parts(message: Json, where: str) -> list[Part]:
    content = message.get("content")
    if content is None:
        return []
    if isinstance(content, str):
        return [Text(content)]
    return [_part(part, place) for place, part in objects_at(message, "content", where)]


def _part(part: Json, where: str) -> Part:
    kind, cache = text_at(part, "type", where), object_at(part, "cache_control", where)
    match kind:
        case "text":
            return Text(text_at(part, "text", where), cache)
        case "refusal":
            return Refusal(text_at(part, "refusal", where))
        case "image_url":
            return _image(part, where, cache)
        case "input_audio":
            audio = object_at(part, "input_audio", where) or {}
            place = f"{where}.input_audio"
            return Audio(needed_text(audio, "data", place), text_at(audio, "format", place) or "wav")
        case "file":
            return _file(object_at(part, "file", where) or {}, f"{where}.file", cache)
        case "":
            raise Unreadable(f"{where}.type must be a non-empty string.", f"{where}.type")
    return Foreign("chat", f"content.{kind}", part)


def _image(part: Json, where: str, cache: Json | None) -> Media:
    given = part.get("image_url")
    if isinstance(given, str) and given:
        return from_url("image", given, cache=cache)
    image, place = as_object(given, f"{where}.image_url"), f"{where}.image_url"
    detail = text_at(image, "detail", place)
    return from_url("image", needed_text(image, "url", place), detail=detail, cache=cache)


def _file(given: Json, where: str, cache: Json | None) -> Media:
    name = text_at(given, "filename", where)
    if file_id := text_at(given, "file_id", where):
        return Media("file", file_id=file_id, name=name, cache=cache)
    data = needed_text(given, "file_data", where)
    if data.startswith("data:"):
        return from_url("file", data, name=name, cache=cache)
    return Media("file", data=data, media_type=PDF, name=name, cache=cache)


def _assistant(message: Json, where: str, index: int) -> list[Part]:
    parts: list[Part] = []
    thought = text_at(message, "reasoning_content", where) or text_at(message, "reasoning", where)
    # The answer's writer puts sealed reasoning here, as LiteLLM does; a client that keeps it hands it back.
    parts += [read_thinking(block, place) for place, block in objects_at(message, "thinking_blocks", where)]
    if thought and not parts:
        parts.append(Thinking("chat", (thought,)))
    parts += _parts(message, where)
    if refusal := text_at(message, "refusal", where):
        parts.append(Refusal(refusal))
    for place, call in objects_at(message, "tool_calls", where):
        parts.append(_call(call, place))
    legacy = object_at(message, "function_call", where)
    if legacy is not None:
        place = f"{where}.function_call"
        parts.append(ToolCall(f"call_{index}", needed_text(legacy, "name", place), _arguments(legacy, place)))
    if message.get("audio"):
        parts.append(Foreign("chat", "audio", {"audio": message["audio"]}))
    return parts


def _call(call: Json, where: str) -> ToolCall:
    call_id = needed_text(call, "id", where)
    if call.get("type") == "custom":
        custom, place = object_at(call, "custom", where) or {}, f"{where}.custom"
        return ToolCall(
            call_id, needed_text(custom, "name", place), text_at(custom, "input", place), "custom"
        )
    function, place = object_at(call, "function", where) or {}, f"{where}.function"
    return ToolCall(call_id, needed_text(function, "name", place), _arguments(function, place))


def _arguments(function: Json, where: str) -> str:
    given = function.get("arguments")
    return orjson.dumps(given).decode() if isinstance(given, dict) else text_at(function, "arguments", where)


def _tools(payload: Json) -> list[Tool]:
    tools = [_tool(tool, where) for where, tool in objects_at(payload, "tools")]
    return tools + [_function(function, where) for where, function in objects_at(payload, "functions")]


def _tool(tool: Json, where: str) -> Tool:
    kind, cache = text_at(tool, "type", where) or "function", object_at(tool, "cache_control", where)
    if kind == "function":
        return _function(object_at(tool, "function", where) or {}, f"{where}.function", cache)
    if kind == "custom":
        custom, place = object_at(tool, "custom", where) or {}, f"{where}.custom"
        given = object_at(custom, "format", place)
        name, description = needed_text(custom, "name", place), text_at(custom, "description", place)
        return Tool(name, description, kind="custom", format=_flat(given, f"{place}.format"), cache=cache)
    return Tool("", kind=kind, raw=tool)


def _flat(given: Json | None, where: str) -> Json | None:
    """Return a custom tool's format as Responses writes it."""
    if given is None or given.get("type") != "grammar":
        return given
    return {"type": "grammar", **(object_at(given, "grammar", where) or {})}


def _function(function: Json, where: str, cache: Json | None = None) -> Tool:
    return Tool(
        needed_text(function, "name", where),
        text_at(function, "description", where),
        object_at(function, "parameters", where),
        flag_at(function, "strict", where),
        cache=cache,
    )


def _choice(payload: Json) -> Choice:
    parallel = flag_at(payload, "parallel_tool_calls")
    given: Any = payload.get("tool_choice")
    field = "tool_choice"
    if given is None:
        given, field = payload.get("function_call"), "function_call"
    if given is None:
        return Choice(parallel=parallel)
    if isinstance(given, str):
        mode = {"any": "required"}.get(given, given)
        if mode not in ("auto", "none", "required"):
            raise Unreadable(f"{field} must be auto, none, required or an object.", field)
        return Choice(mode, parallel=parallel)  # type: ignore[arg-type]
    choice = as_object(given, field)
    if choice.get("type") == "allowed_tools":
        allowed, place = object_at(choice, "allowed_tools", field) or {}, f"{field}.allowed_tools"
        names = tuple(_chosen(tool, where) for where, tool in objects_at(allowed, "tools", place))
        required = text_at(allowed, "mode", place) == "required"
        return Choice("required" if required else "auto", parallel=parallel, allowed=names)
    kind = "custom" if choice.get("type") == "custom" else "function"
    return Choice("named", _chosen(choice, field), kind, parallel)


def _chosen(choice: Json, where: str) -> str:
    kind = "custom" if choice.get("type") == "custom" else "function"
    within = object_at(choice, kind, where)
    return (
        needed_text(choice, "name", where)
        if within is None
        else needed_text(within, "name", f"{where}.{kind}")
    )


def _format(payload: Json) -> Format | None:
    given, field = object_at(payload, "response_format"), "response_format"
    if given is None:
        return None
    kind = text_at(given, "type", field)
    if kind == "json_schema":
        schema, place = object_at(given, "json_schema", field) or {}, f"{field}.json_schema"
        return Format(
            "json_schema",
            text_at(schema, "name", place),
            object_at(schema, "schema", place) or {},
            flag_at(schema, "strict", place),
            text_at(schema, "description", place),
        )
    if kind == "text" or kind == "json_object":
        return Format("text" if kind == "text" else "json_object")
    raise Unreadable(f"{field}.type must be text, json_object or json_schema.", f"{field}.type")
