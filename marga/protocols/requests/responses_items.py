"""Read the items of a Responses input. Pure."""

from __future__ import annotations

from typing import Any

import orjson

from marga.protocols.client_tools import native_arguments
from marga.protocols.neutral import (
    Audio,
    Foreign,
    Json,
    Media,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Turn,
)
from marga.protocols.opaque import unseal
from marga.protocols.request import Unreadable
from marga.protocols.requests.fields import needed_text, object_at, objects_at, text_at
from marga.protocols.requests.media import PDF, from_url

_CALLS = {"local_shell_call": "local_shell", "shell_call": "shell", "apply_patch_call": "apply_patch"}
_RESULTS = {
    "function_call_output": "function",
    "custom_tool_call_output": "custom",
    "local_shell_call_output": "local_shell",
    "shell_call_output": "shell",
    "apply_patch_call_output": "apply_patch",
}
_RESULT_KNOWN = frozenset({"type", "id", "call_id", "output", "name", "namespace"})


def read_item(item: Json, where: str, kinds: dict[str, str]) -> Turn:
    """Return the turn that one item is.

    kinds: of the tool calls so far by call id; this item's call is added.
    Raises Unreadable.
    """
    kind = text_at(item, "type", where) or ("message" if "role" in item else "")
    if kind == "message":
        return _message(item, where)
    if kind == "reasoning":
        return Turn("assistant", (_reasoning(item, where),))
    if kind in _RESULTS:
        return Turn("user", (_result(item, where, _RESULTS[kind]),))
    if kind in ("function_call", "custom_tool_call") or kind in _CALLS:
        call = _call(item, where, kind)
        kinds[call.id] = call.kind
        return Turn("assistant", (call,))
    if not kind:
        raise Unreadable(f"{where}.type must be a non-empty string.", f"{where}.type")
    return Turn("assistant", (Foreign("responses", kind, item),))


def _message(item: Json, where: str) -> Turn:
    role = text_at(item, "role", where)
    parts = tuple(read_content(item, "content", where))
    if role == "user":
        return Turn("user", parts)
    if role == "assistant":
        return Turn("assistant", parts)
    if role == "system":
        return Turn("system", parts)
    if role == "developer":
        return Turn("developer", parts)
    raise Unreadable(f"{where}.role must be user, assistant, system or developer.", f"{where}.role")


def read_content(holder: Json, name: str, where: str) -> list[Part]:
    """Return the parts of a message's content or a result's output."""
    if isinstance(holder.get(name), str):
        return [Text(holder[name])]
    return [_part(part, place) for place, part in objects_at(holder, name, where)]


def _part(part: Json, where: str) -> Part:
    kind = text_at(part, "type", where)
    match kind:
        case "input_text" | "output_text" | "text":
            return Text(text_at(part, "text", where))
        case "refusal":
            return Refusal(text_at(part, "refusal", where))
        case "input_image":
            detail = text_at(part, "detail", where)
            if file_id := text_at(part, "file_id", where):
                return Media("image", file_id=file_id, detail=detail)
            return from_url("image", needed_text(part, "image_url", where), detail=detail)
        case "input_file":
            return _file(part, where)
        case "input_audio":
            audio = object_at(part, "input_audio", where) or {}
            place = f"{where}.input_audio"
            return Audio(needed_text(audio, "data", place), text_at(audio, "format", place) or "wav")
        case "":
            raise Unreadable(f"{where}.type must be a non-empty string.", f"{where}.type")
    return Foreign("responses", f"content.{kind}", part)


def _file(part: Json, where: str) -> Media:
    name = text_at(part, "filename", where)
    if file_id := text_at(part, "file_id", where):
        return Media("file", file_id=file_id, name=name)
    if url := text_at(part, "file_url", where):
        return Media("file", url=url, name=name)
    data = needed_text(part, "file_data", where)
    if data.startswith("data:"):
        return from_url("file", data, name=name)
    return Media("file", data=data, media_type=PDF, name=name)


def _reasoning(item: Json, where: str) -> Thinking:
    texts = [text_at(part, "text", place) for place, part in objects_at(item, "summary", where)]
    texts = texts or [text_at(part, "text", place) for place, part in objects_at(item, "content", where)]
    data = text_at(item, "encrypted_content", where)
    sealed = unseal(data)
    if sealed is not None:
        return Thinking(sealed.protocol, tuple(texts), sealed.signature, sealed.data, sealed.item_id)
    return Thinking("responses", tuple(texts), data=data, item_id=text_at(item, "id", where))


def _call_id(item: Json, where: str) -> str:
    # A local_shell_call_output names its call by `id`.
    return text_at(item, "call_id", where) or needed_text(item, "id", where)


def _call(item: Json, where: str, kind: str) -> ToolCall:
    call_id = _call_id(item, where)
    if kind in _CALLS:
        return ToolCall(call_id, _CALLS[kind], native_arguments(_CALLS[kind], item), _CALLS[kind])
    name, space = needed_text(item, "name", where), text_at(item, "namespace", where)
    if kind == "custom_tool_call":
        return ToolCall(call_id, name, text_at(item, "input", where), "custom", space)
    return ToolCall(call_id, name, text_at(item, "arguments", where), "function", space)


def _result(item: Json, where: str, kind: str) -> ToolResult:
    extras: dict[str, Any] = {name: value for name, value in item.items() if name not in _RESULT_KNOWN}
    is_error = kind == "apply_patch" and item.get("status") == "failed"
    if kind == "shell":
        # The chunks are objects; a model of another protocol reads them as the JSON they are.
        chunks = orjson.dumps(item.get("output")).decode()
        return ToolResult(_call_id(item, where), (Text(chunks),), kind=kind, extras=extras)
    parts = tuple(read_content(item, "output", where))
    return ToolResult(_call_id(item, where), parts, is_error, kind, extras=extras)
