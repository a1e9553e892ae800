"""Bring the turns of a conversation from one protocol to another. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import replace

from marga.protocols.client_tools import custom_arguments, function_name
from marga.protocols.neutral import (
    Audio,
    Conversation,
    Foreign,
    Instruction,
    Media,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Turn,
)
from marga.protocols.request import Unreadable
from marga.protocols.requests.cross_tools import is_native
from marga.protocols.requests.media import PDF
from marga.protocols.requests.notes import Notes
from marga.protocols.requests.pairing import merged, paired
from marga.protocols.requests.target import Target

_ATTRIBUTION = re.compile(r"\s*x-anthropic-[a-z-]+:")
"""Claude Code's first system block; it changes with each session and means nothing to another provider."""


def cross_instructions(conversation: Conversation, target: Target, notes: Notes) -> tuple[Instruction, ...]:
    """Return the opening instructions without what target cannot carry."""
    crossed: list[Instruction] = []
    for instruction in conversation.instructions:
        if target.protocol == "messages":
            if instruction.text.strip():  # it refuses a blank block
                crossed.append(replace(instruction, role="system"))
            continue
        if _ATTRIBUTION.match(instruction.text):
            notes.add("system.attribution")
            continue
        if instruction.cache is not None:
            notes.add("cache_control")
        crossed.append(Instruction(instruction.text, "system"))
    return tuple(crossed)


def cross_turns(conversation: Conversation, target: Target, notes: Notes) -> tuple[Turn, ...]:
    """Return the turns as target can carry them: like roles merged, every tool call followed by its result.

    Raises Unreadable for an item that only the source's provider can look up.
    """
    loop = _loop_start(conversation.turns)
    crossed: list[Turn] = []
    for index, turn in enumerate(conversation.turns):
        if turn.name:
            notes.add("messages.name")
        parts = tuple(_parts(turn.parts, target, notes, in_loop=index > loop))
        if turn.role in ("system", "developer") and target.protocol == "messages":
            notes.add("system.position")
            text = "\n\n".join(part.text for part in parts if isinstance(part, Text))
            parts, turn = (Text(f"<system-reminder>\n{text}\n</system-reminder>"),), Turn("user", ())
        elif turn.role == "developer" and target.protocol == "chat":
            turn = Turn("system", ())
        crossed.append(Turn(turn.role, parts))
    return tuple(paired(merged(crossed), notes, plain_ids=target.protocol != "chat"))


def _loop_start(turns: tuple[Turn, ...]) -> int:
    """Return the place of the latest turn in which a person speaks; after it there is only a tool loop."""
    for index in range(len(turns) - 1, -1, -1):
        turn = turns[index]
        if turn.role == "user" and any(not isinstance(part, ToolResult) for part in turn.parts):
            return index
    return -1


def _parts(parts: Iterable[Part], target: Target, notes: Notes, *, in_loop: bool = False) -> list[Part]:
    return [kept for part in parts for kept in _part(part, target, notes, in_loop)]


def _part(part: Part, target: Target, notes: Notes, in_loop: bool) -> list[Part]:
    if (
        isinstance(part, Text | Media | ToolCall | ToolResult)
        and part.cache
        and target.protocol != "messages"
    ):
        notes.add("cache_control")
        part = replace(part, cache=None)
    match part:
        case Text():
            return [part] if part.text.strip() or target.protocol != "messages" else []
        case Refusal():
            return [Text(part.text)] if target.protocol == "messages" else [part]
        case Media():
            return _media(part, target, notes)
        case Audio():
            return [part] if target.protocol == "chat" else _dropped("audio", notes)
        case Thinking():
            return _thinking(part, target, notes, in_loop)
        case ToolCall():
            return [_call(part, target)]
        case ToolResult():
            return [_result(part, target, notes)]
        case Foreign():
            return _foreign(part, notes)


def _dropped(name: str, notes: Notes) -> list[Part]:
    notes.add(name)
    return []


def _media(media: Media, target: Target, notes: Notes) -> list[Part]:
    if media.file_id:
        return _dropped("file_id", notes)  # it names a file that only the source's provider has
    if media.kind == "image":
        if target.protocol == "messages" and media.detail not in ("", "auto"):
            notes.add("image.detail")
        return [media]
    if target.protocol == "messages":
        return _document(media, notes)
    if media.text:
        return [Text(f"{media.name}\n{media.text}" if media.name else media.text)]
    if media.url and target.protocol == "chat":
        return _dropped("file_url", notes)
    return [media]


def _document(media: Media, notes: Notes) -> list[Part]:
    """Return a document as Anthropic takes it: a PDF, or plain text."""
    if media.url or media.text or media.media_type == PDF:
        return [media]
    try:
        text = base64.b64decode(media.data, validate=True).decode() if media.media_type[:5] == "text/" else ""
    except (binascii.Error, ValueError):
        text = ""
    if not text.strip():
        return _dropped("file", notes)
    return [Media("file", text=text, media_type="text/plain", name=media.name, cache=media.cache)]


def _thinking(part: Thinking, target: Target, notes: Notes, in_loop: bool) -> list[Part]:
    if part.protocol == target.protocol and (part.signature or part.data):
        return [part]
    if target.protocol == "chat" and in_loop and target.wants_its_reasoning and any(part.texts):
        return [part]
    if part.signature:
        notes.add("thinking.signature")
    return _dropped("thinking", notes)


def _call(call: ToolCall, target: Target) -> ToolCall:
    name = function_name(call.name, call.namespace)
    if is_native(call.kind, target):
        return replace(call, name=name, namespace="")
    arguments = custom_arguments(call.arguments) if call.kind == "custom" else call.arguments
    return ToolCall(call.id, name, arguments, cache=call.cache)


def _result(result: ToolResult, target: Target, notes: Notes) -> ToolResult:
    if result.is_error and target.protocol != "messages" and result.kind != "apply_patch":
        notes.add("tool_result.is_error")
    kind = result.kind if is_native(result.kind, target) else "function"
    parts = tuple(_parts(result.parts, target, notes))
    return replace(result, parts=parts, kind=kind, extras={})


def _foreign(part: Foreign, notes: Notes) -> list[Part]:
    if part.name == "item_reference" and not str(part.value.get("id")).startswith("rs_"):
        raise Unreadable(
            "An item_reference names state that the provider of this model does not hold. "
            "Send the whole items (store: false).",
            "input",
        )
    return _dropped(part.name, notes)
