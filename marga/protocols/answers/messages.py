"""Whole answers of Anthropic's messages: read them, write them. Pure."""

from __future__ import annotations

from typing import Any

from marga.pricing import Usage
from marga.protocols import messages
from marga.protocols.answers.neutral import (
    NO_ARGUMENTS,
    Answer,
    Part,
    Refusal,
    Stop,
    Text,
    Thinking,
    ToolCall,
    stem_of,
    stop_with,
)
from marga.protocols.answers.tools import Tools, as_function, as_given, as_json, object_of
from marga.protocols.opaque import Sealed, seal
from marga.protocols.reading import fields, text
from marga.protocols.request import Unreadable

STOPS: dict[str, Stop] = {
    "end_turn": "end",
    "max_tokens": "length",
    "stop_sequence": "sequence",
    "tool_use": "tool",
    "pause_turn": "pause",
    "refusal": "refusal",
    "model_context_window_exceeded": "context",
}
REASONS: dict[Stop, str] = {**{stop: reason for reason, stop in STOPS.items()}, "filter": "refusal"}


def read_answer(payload: dict[str, Any]) -> Answer:
    """Return a provider's answer.

    Raises Unreadable where it has no content.
    """
    content = payload.get("content")
    if not isinstance(content, list):
        raise Unreadable("The provider's answer has no content.")
    parts = tuple(part for block in content if (part := read_block(fields(block))) is not None)
    return Answer(
        text(payload.get("id")),
        text(payload.get("model")),
        0,
        parts,
        stop_of(payload.get("stop_reason"), calls_tools=any(isinstance(part, ToolCall) for part in parts)),
        text(payload.get("stop_sequence")) or None,
        messages.usage_of(payload),
    )


def stop_of(reason: Any, *, calls_tools: bool) -> Stop:
    """Return why an answer ended."""
    return stop_with(STOPS.get(text(reason), "end"), calls_tools=calls_tools)


def read_block(block: dict[str, Any]) -> Part | None:
    """Return what a content block says, or None where it says nothing that another protocol has words for."""
    kind = block.get("type")
    if kind == "text":
        return Text(text(block["text"])) if text(block.get("text")) else None
    if kind == "thinking":
        signature = text(block.get("signature"))
        return Thinking(
            text(block.get("thinking")), Sealed("messages", signature=signature) if signature else None
        )
    if kind == "redacted_thinking":
        return Thinking("", Sealed("messages", data=text(block.get("data"))))
    if kind == "tool_use":
        given = block.get("input")
        return ToolCall(
            text(block.get("id")), text(block.get("name")), as_json(given) if given else NO_ARGUMENTS
        )
    return None


def write_answer(answer: Answer, tools: Tools) -> dict[str, Any]:
    """Return answer as a messages client reads it."""
    refused = any(isinstance(part, Refusal) for part in answer.parts)
    return {
        **head(answer.id, answer.model),
        "content": [block_object(part, tools) for part in answer.parts],
        "stop_reason": reason_of(answer.stop, refused=refused),
        "stop_sequence": answer.stop_sequence,
        "usage": usage_object(answer.usage),
    }


def head(answer_id: str, model: str) -> dict[str, Any]:
    """Return what stands before the content of an answer."""
    return {"id": f"msg_{stem_of(answer_id)}", "type": "message", "role": "assistant", "model": model}


def reason_of(stop: Stop, *, refused: bool) -> str:
    """Return why an answer ended, in this protocol's words."""
    return "refusal" if refused and stop == "end" else REASONS[stop]


def block_object(part: Part, tools: Tools) -> dict[str, Any]:
    """Return a part as a content block."""
    if isinstance(part, Thinking):
        return thinking_object(part)
    if isinstance(part, ToolCall):
        call = as_function(as_given(part, tools))
        return {"type": "tool_use", "id": call.id, "name": call.name, "input": object_of(call.arguments)}
    return {"type": "text", "text": part.text}


def thinking_object(part: Thinking) -> dict[str, Any]:
    """Return reasoning as a content block; what another protocol sealed goes, sealed again, as the signature."""
    sealed = part.sealed
    if sealed is not None and sealed.protocol == "messages" and sealed.data:
        return {"type": "redacted_thinking", "data": sealed.data}
    return {"type": "thinking", "thinking": part.text, "signature": signature_of(sealed)}


def signature_of(sealed: Sealed | None) -> str:
    """Return what a thinking block is signed with, an empty text where its provider signs nothing."""
    if sealed is None:
        return ""
    return sealed.signature if sealed.protocol == "messages" else seal(sealed)


def usage_object(usage: Usage | None) -> dict[str, Any]:
    """Return usage as messages reports it: fresh, read and written input apart."""
    known = usage or Usage()
    counts: dict[str, Any] = {
        "input_tokens": max(known.input_tokens - known.cached_input_tokens - known.cache_write_tokens, 0),
        "cache_creation_input_tokens": known.cache_write_tokens,
        "cache_read_input_tokens": known.cached_input_tokens,
        "output_tokens": known.output_tokens,
    }
    if known.reasoning_tokens:
        counts["output_tokens_details"] = {"thinking_tokens": known.reasoning_tokens}
    return counts
