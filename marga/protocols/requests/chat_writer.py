"""Write an OpenAI chat completions request. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from marga.protocols.neutral import (
    Audio,
    Choice,
    Conversation,
    Foreign,
    Format,
    Json,
    Media,
    Part,
    Refusal,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
    Turn,
)
from marga.protocols.requests import settings
from marga.protocols.requests.media import data_url
from marga.protocols.requests.notes import Notes
from marga.protocols.requests.target import Target

_ELSEWHERE = "See the picture in the next message."


def write(conversation: Conversation, target: Target, notes: Notes) -> Json:
    """Return the payload for target; the conversation is already one that chat can carry."""
    keeps = conversation.source == "chat"
    payload: Json = {"model": target.model, "messages": _messages(conversation, notes, keeps)}
    if target.is_stream:
        payload["stream"] = True
        payload["stream_options"] = {"include_usage": True}
    payload |= settings.write(conversation, "chat", conversation.settings, notes)
    if "max_completion_tokens" in payload and not keeps and not target.is_openai:
        payload["max_tokens"] = payload.pop("max_completion_tokens")
    if conversation.tools:
        payload["tools"] = [_tool(tool) for tool in conversation.tools]
    payload |= _choice(conversation.choice, conversation.tools)
    if conversation.format is not None:
        payload["response_format"] = _format(conversation.format)
    if conversation.reasoning.effort:
        payload["reasoning_effort"] = conversation.reasoning.effort
    return payload


def _messages(conversation: Conversation, notes: Notes, keeps: bool) -> list[Json]:
    """keeps: whether messages and lists of texts stay as many as they were; else one text serves more servers."""
    messages: list[Json] = []
    if keeps:
        for entry in conversation.instructions:
            content: Any = [_part(Text(entry.text, entry.cache))] if entry.cache else entry.text
            messages.append({"role": entry.role or "system", "content": content})
    elif conversation.instructions:
        text = "\n\n".join(entry.text for entry in conversation.instructions)
        messages.append({"role": "system", "content": text})
    joint = "\n\n" if conversation.source == "responses" else ""
    for turn in conversation.turns:
        if turn.role == "assistant":
            messages.append(_assistant(turn, keeps, joint))
        else:
            messages += _spoken(turn, notes, keeps)
    return messages


def _spoken(turn: Turn, notes: Notes, keeps: bool) -> list[Json]:
    messages: list[Json] = []
    rest: list[Part] = []
    for part in turn.parts:
        if not isinstance(part, ToolResult):
            rest.append(part)
            continue
        texts = [inner for inner in part.parts if isinstance(inner, Text)]
        others = [inner for inner in part.parts if not isinstance(inner, Text)]
        if others:
            notes.add("tool_result.image")
            texts = texts or [Text(_ELSEWHERE)]
            rest += others
        messages.append({"role": "tool", "tool_call_id": part.id, "content": _content(texts, keeps)})
    if rest or not messages:
        name = {"name": turn.name} if turn.name else {}
        messages.append({"role": turn.role, "content": _content(rest, keeps), **name})
    return messages


def _content(parts: Iterable[Part], keeps: bool, joint: str = "\n\n") -> Any:
    found = list(parts)
    texts = [part for part in found if isinstance(part, Text)]
    if len(texts) == len(found) and (len(texts) < 2 or not keeps) and not any(part.cache for part in texts):
        return joint.join(part.text for part in texts)
    return [_part(part) for part in found]


def _assistant(turn: Turn, keeps: bool, joint: str) -> Json:
    message: Json = {"role": "assistant"}
    if turn.name:
        message["name"] = turn.name
    texts = [part for part in turn.parts if isinstance(part, Text)]
    message["content"] = _content(texts, keeps, joint) if texts else None
    calls: list[Json] = []
    for part in turn.parts:
        match part:
            case Thinking():
                message["reasoning_content"] = message.get("reasoning_content", "") + "\n\n".join(part.texts)
            case Refusal():
                message["refusal"] = message.get("refusal", "") + part.text
            case ToolCall():
                calls.append(_call(part))
            case Foreign():
                message |= part.value
    if calls:
        message["tool_calls"] = calls
    elif message["content"] is None and "refusal" not in message:
        message["content"] = ""
    return message


def _call(call: ToolCall) -> Json:
    if call.kind == "custom":
        return {"id": call.id, "type": "custom", "custom": {"name": call.name, "input": call.arguments}}
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _part(part: Part) -> Json:
    match part:
        case Text():
            written: Json = {"type": "text", "text": part.text}
        case Media(kind="image"):
            image = {"url": data_url(part)} | ({"detail": part.detail} if part.detail else {})
            written = {"type": "image_url", "image_url": image}
        case Media():
            name = {"filename": part.name} if part.name else {}
            given = {"file_id": part.file_id} if part.file_id else {"file_data": data_url(part)}
            written = {"type": "file", "file": given | name}
        case Audio():
            written = {"type": "input_audio", "input_audio": {"data": part.data, "format": part.format}}
        case Refusal():
            written = {"type": "refusal", "refusal": part.text}
        case Foreign():
            written = part.value
        case _:
            raise TypeError(f"{type(part).__name__} has no place in a chat message")
    cache = getattr(part, "cache", None)
    return written | ({"cache_control": cache} if cache else {})


def _tool(tool: Tool) -> Json:
    if tool.kind == "function":
        function: Json = {"name": tool.name}
        if tool.description:
            function["description"] = tool.description
        if tool.schema is not None:
            function["parameters"] = tool.schema
        if tool.strict is not None:
            function["strict"] = tool.strict
        written: Json = {"type": "function", "function": function}
    elif tool.kind == "custom":
        custom: Json = {"name": tool.name, "description": tool.description, "format": _nested(tool.format)}
        written = {"type": "custom", "custom": {name: value for name, value in custom.items() if value}}
    else:
        return tool.raw
    return written | ({"cache_control": tool.cache} if tool.cache else {})


def _nested(form: Json | None) -> Json | None:
    if form is None or form.get("type") != "grammar":
        return form
    return {"type": "grammar", "grammar": {name: value for name, value in form.items() if name != "type"}}


def _choice(choice: Choice, tools: tuple[Tool, ...]) -> Json:
    written: Json = {}
    kinds = {tool.name: tool.kind for tool in tools}
    if choice.parallel is not None:
        written["parallel_tool_calls"] = choice.parallel
    if choice.allowed is not None:
        named = [_named(name, kinds.get(name, "function")) for name in choice.allowed]
        allowed = {"mode": choice.mode, "tools": named}
        written["tool_choice"] = {"type": "allowed_tools", "allowed_tools": allowed}
    elif choice.mode == "named":
        written["tool_choice"] = _named(choice.name, choice.kind)
    elif choice.mode:
        written["tool_choice"] = choice.mode
    return written


def _named(name: str, kind: str) -> Json:
    return {"type": kind, kind: {"name": name}}


def _format(form: Format) -> Json:
    if form.kind != "json_schema":
        return {"type": form.kind}
    schema: Json = {"name": form.name or "answer", "schema": form.schema}
    if form.strict is not None:
        schema["strict"] = form.strict
    if form.description:
        schema["description"] = form.description
    return {"type": "json_schema", "json_schema": schema}
