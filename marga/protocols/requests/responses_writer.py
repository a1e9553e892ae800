"""Write an OpenAI responses request. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from marga.protocols.client_tools import native_item
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
from marga.protocols.requests.responses_tools import write_tools
from marga.protocols.requests.target import Target


def write(conversation: Conversation, target: Target, notes: Notes) -> Json:
    """Return the payload for target; the conversation is already one that responses can carry."""
    keeps = conversation.source == "responses"
    given = dict(conversation.settings)
    verbosity = given.pop("verbosity", None)
    payload: Json = {"model": target.model}
    payload |= settings.write(conversation, "responses", given, notes)
    opening, items = _opening(conversation, keeps)
    if opening:
        payload["instructions"] = opening
    payload["input"] = items + [item for turn in conversation.turns for item in _items(turn)]
    if conversation.tools:
        payload["tools"] = write_tools(conversation.tools)
    payload |= _choice(conversation.choice, conversation.tools)
    if text := _text(conversation.format, verbosity):
        payload["text"] = text | payload.get("text", {})
    if reasoning := _reasoning(conversation):
        payload["reasoning"] = reasoning | payload.get("reasoning", {})
        if not keeps and reasoning.get("effort") != "none":
            payload["include"] = [
                "reasoning.encrypted_content"
            ]  # nothing is stored: the next turn brings it back
    if target.is_stream:
        payload["stream"] = True
    return payload


def _opening(conversation: Conversation, keeps: bool) -> tuple[str, list[Json]]:
    entries = conversation.instructions
    if not keeps:
        return "\n\n".join(entry.text for entry in entries), []
    texts = "\n\n".join(entry.text for entry in entries if not entry.role)
    return texts, [
        {"type": "message", "role": entry.role, "content": entry.text} for entry in entries if entry.role
    ]


def _items(turn: Turn) -> list[Json]:
    results = [part for part in turn.parts if isinstance(part, ToolResult)]
    items = [_result(part) for part in results]
    if turn.role != "assistant":
        rest = [part for part in turn.parts if not isinstance(part, ToolResult)]
        if rest or not results:
            items.append({"type": "message", "role": turn.role, "content": _content(rest)})
        return items
    said: list[Json] = []
    for part in turn.parts:
        if isinstance(part, Text | Refusal):
            said.append(_said(part))
            continue
        if said:
            items.append(_message(said))
            said = []
        items.append(_item(part))
    if said or not turn.parts:
        items.append(_message(said))
    return items


def _message(said: list[Json]) -> Json:
    if len(said) == 1 and said[0]["type"] == "output_text":
        return {"type": "message", "role": "assistant", "content": said[0]["text"]}
    return {"type": "message", "role": "assistant", "content": said}


def _said(part: Text | Refusal) -> Json:
    if isinstance(part, Refusal):
        return {"type": "refusal", "refusal": part.text}
    return {"type": "output_text", "text": part.text, "annotations": []}


def _item(part: Part) -> Json:
    match part:
        case ToolCall():
            return _call(part)
        case Thinking():
            summary = [{"type": "summary_text", "text": text} for text in part.texts]
            item: Json = {"type": "reasoning", "id": part.item_id, "summary": summary}
            return item | ({"encrypted_content": part.data} if part.data else {})
        case Foreign():
            return part.value
    raise TypeError(f"{type(part).__name__} is no item of a response")


def _call(call: ToolCall) -> Json:
    space = {"namespace": call.namespace} if call.namespace else {}
    if call.kind == "function":
        given = {"call_id": call.id, "name": call.name, "arguments": call.arguments}
        return {"type": "function_call", **given, **space}
    if call.kind == "custom":
        given = {"call_id": call.id, "name": call.name, "input": call.arguments}
        return {"type": "custom_tool_call", **given, **space}
    head = {"type": f"{call.kind}_call", "call_id": call.id, "status": "completed"}
    # A local_shell_call is the only one that must have an id of its own.
    own = {"id": call.id} if call.kind == "local_shell" else {}
    return head | own | native_item(call.kind, call.arguments)


def _result(result: ToolResult) -> Json:
    item: Json = {"type": f"{result.kind}_call_output", "call_id": result.id, **result.extras}
    match result.kind:
        case "custom":
            item["type"] = "custom_tool_call_output"
        case "local_shell":
            item["id"] = item.pop("call_id")
        case "apply_patch":
            item.setdefault("status", "failed" if result.is_error else "completed")
        case "shell":
            return item | {"output": _chunks(result)}
    return item | {"output": _content(result.parts)}


def _chunks(result: ToolResult) -> list[Any]:
    text = "".join(part.text for part in result.parts if isinstance(part, Text))
    try:
        chunks = orjson.loads(text)
    except orjson.JSONDecodeError:
        chunks = None
    if isinstance(chunks, list):
        return chunks
    return [{"stdout": text, "stderr": "", "outcome": {"type": "exit", "exit_code": 0}}]


def _content(parts: Iterable[Part]) -> Any:
    found = list(parts)
    if len(found) == 1 and isinstance(found[0], Text):
        return found[0].text
    return [_part(part) for part in found]


def _part(part: Part) -> Json:
    match part:
        case Text():
            return {"type": "input_text", "text": part.text}
        case Refusal():
            return {"type": "input_text", "text": part.text}
        case Media(kind="image"):
            given = {"file_id": part.file_id} if part.file_id else {"image_url": data_url(part)}
            return {"type": "input_image", "detail": part.detail or "auto", **given}
        case Media():
            return {"type": "input_file", **_file(part)}
        case Audio():
            return {"type": "input_audio", "input_audio": {"data": part.data, "format": part.format}}
        case Foreign():
            return part.value
    raise TypeError(f"{type(part).__name__} has no place in an input message")


def _file(media: Media) -> Json:
    if media.file_id:
        return {"file_id": media.file_id}
    if media.url:
        return {"file_url": media.url}
    # The name decides how OpenAI reads the data.
    return {"filename": media.name or "document.pdf", "file_data": data_url(media)}


def _choice(choice: Choice, tools: tuple[Tool, ...]) -> Json:
    written: Json = {}
    kinds = {tool.name: tool.kind for tool in tools}
    if choice.parallel is not None:
        written["parallel_tool_calls"] = choice.parallel
    if choice.allowed is not None:
        named = [_named(name, kinds.get(name, "function")) for name in choice.allowed]
        written["tool_choice"] = {"type": "allowed_tools", "mode": choice.mode, "tools": named}
    elif choice.mode == "named":
        written["tool_choice"] = _named(choice.name, choice.kind)
    elif choice.mode:
        written["tool_choice"] = choice.mode
    return written


def _named(name: str, kind: str) -> Json:
    return (
        {"type": kind}
        if kind not in ("function", "custom") and name in (kind, "")
        else {"type": kind, "name": name}
    )


def _text(form: Format | None, verbosity: str | None) -> Json:
    text: Json = {"verbosity": verbosity} if verbosity else {}
    if form is None:
        return text
    written: Json = {"type": form.kind}
    if form.kind == "json_schema":
        written |= {"name": form.name or "answer", "schema": form.schema}
        if form.strict is not None:
            written["strict"] = form.strict
        if form.description:
            written["description"] = form.description
    return text | {"format": written}


def _reasoning(conversation: Conversation) -> Json:
    wish = conversation.reasoning
    return {name: value for name, value in (("effort", wish.effort), ("summary", wish.summary)) if value}
