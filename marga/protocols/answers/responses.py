"""Whole answers of OpenAI's responses: read them, write them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from marga.pricing import Usage
from marga.protocols import responses
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
from marga.protocols.answers.tools import Tools, arguments_of, as_given
from marga.protocols.client_tools import native_arguments, native_item
from marga.protocols.opaque import Sealed, seal
from marga.protocols.reading import fields, items, moment, text
from marga.protocols.request import Unreadable

CALLS = {
    "function_call": "function",
    "custom_tool_call": "custom",
    "local_shell_call": "local_shell",
    "shell_call": "shell",
    "apply_patch_call": "apply_patch",
}
PREFIXES = {"function": "fc", "custom": "ctc", "local_shell": "lsh", "shell": "sh", "apply_patch": "apc"}
ECHOED: dict[str, Any] = {
    "instructions": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "temperature": None,
    "tool_choice": "auto",
    "tools": [],
    "top_p": None,
    "max_output_tokens": None,
    "reasoning": None,
    "text": {"format": {"type": "text"}},
    "truncation": "disabled",
}
"""What an answer repeats of its request, and what it says where the request says nothing."""

_CUT: dict[Stop, str] = {
    "length": "max_output_tokens",
    "context": "max_output_tokens",
    "filter": "content_filter",
    "refusal": "content_filter",
}


def read_answer(payload: dict[str, Any]) -> Answer:
    """Return a provider's answer.

    Raises Unreadable where it has no output.
    """
    output = payload.get("output")
    if not isinstance(output, list):
        raise Unreadable("The provider's answer has no output.")
    parts = tuple(part for item in output for part in read_item(fields(item)))
    return Answer(
        text(payload.get("id")),
        text(payload.get("model")),
        moment(payload, "created_at"),
        parts,
        stop_of(payload, calls_tools=any(isinstance(part, ToolCall) for part in parts)),
        usage=responses.usage_of(payload),
    )


def stop_of(payload: dict[str, Any], *, calls_tools: bool) -> Stop:
    """Return why a response ended."""
    if payload.get("status") == "incomplete":
        return (
            "filter"
            if fields(payload.get("incomplete_details")).get("reason") == "content_filter"
            else "length"
        )
    return stop_with("end", calls_tools=calls_tools)


def read_item(item: dict[str, Any]) -> Iterator[Part]:
    """Yield what an output item says; one that no other protocol has words for says nothing."""
    kind = text(item.get("type"))
    if kind == "message":
        for content in items(item.get("content")):
            part = read_content(fields(content))
            if part.text:
                yield part
    elif kind == "reasoning":
        yield Thinking(reasoning_text(item), sealed_in(item))
    elif kind in CALLS:
        yield read_call(item, CALLS[kind])


def read_content(content: dict[str, Any]) -> Text | Refusal:
    """Return what one part of a message says."""
    if content.get("type") == "refusal":
        return Refusal(text(content.get("refusal")))
    return Text(text(content.get("text")))


def reasoning_text(item: dict[str, Any]) -> str:
    """Return the reasoning that an item tells: its summary, or where open models give all of it, that."""
    for name in ("summary", "content"):
        if told := [text(fields(part).get("text")) for part in items(item.get(name))]:
            return "\n\n".join(told)
    return ""


def sealed_in(item: dict[str, Any]) -> Sealed | None:
    """Return what a reasoning item must be handed back with."""
    data = text(item.get("encrypted_content"))
    return Sealed("responses", data=data, item_id=text(item.get("id"))) if data else None


def read_call(item: dict[str, Any], kind: str) -> ToolCall:
    """Return the tool call that an item is."""
    name, namespace = text(item.get("name")), text(item.get("namespace"))
    if kind == "function":
        arguments = arguments_of(item.get("arguments")) or NO_ARGUMENTS
    elif kind == "custom":
        arguments = text(item.get("input"))
    else:
        name, arguments = kind, native_arguments(kind, item)
    return ToolCall(text(item.get("call_id")) or text(item.get("id")), name, arguments, kind, namespace)


def write_answer(answer: Answer, tools: Tools, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return answer as a responses client reads it."""
    stem = stem_of(answer.id)
    output = [
        item_object(part, item_id(part, stem, index, tools), tools) for index, part in enumerate(answer.parts)
    ]
    return {
        **head(answer.id, answer.model, answer.created, request),
        **ending(answer.stop, answer.usage, output),
    }


def head(answer_id: str, model: str, created: int, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return a response that has only begun."""
    told = {name: request.get(name) for name in ECHOED}
    return {
        "id": f"resp_{stem_of(answer_id)}",
        "object": "response",
        "created_at": created,
        "status": "in_progress",
        "error": None,
        "incomplete_details": None,
        "model": model,
        "output": [],
        "previous_response_id": None,
        "store": False,
        "usage": None,
        **{name: ECHOED[name] if value is None else value for name, value in told.items()},
    }


def ending(stop: Stop, usage: Usage | None, output: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what a response says once it has ended, to be laid over its head."""
    reason = _CUT.get(stop)
    return {
        "status": "incomplete" if reason else "completed",
        "incomplete_details": {"reason": reason} if reason else None,
        "output": output,
        "usage": None if usage is None else usage_object(usage),
    }


def item_id(part: Part, stem: str, index: int, tools: Tools) -> str:
    """Return the id of the item at index."""
    if isinstance(part, ToolCall):
        prefix = PREFIXES[as_given(part, tools).kind]
    else:
        prefix = "rs" if isinstance(part, Thinking) else "msg"
    return f"{prefix}_{stem}_{index}"


def item_object(part: Part, own_id: str, tools: Tools) -> dict[str, Any]:
    """Return a part as an output item that is done."""
    if isinstance(part, ToolCall):
        return _call_object(as_given(part, tools), own_id)
    if isinstance(part, Thinking):
        return reasoning_object(part, own_id)
    content = [content_object(part)]
    return {"id": own_id, "type": "message", "status": "completed", "role": "assistant", "content": content}


def content_object(part: Text | Refusal) -> dict[str, Any]:
    """Return a part as the content of a message."""
    if isinstance(part, Refusal):
        return {"type": "refusal", "refusal": part.text}
    return {"type": "output_text", "text": part.text, "annotations": [], "logprobs": []}


def reasoning_object(part: Thinking, own_id: str) -> dict[str, Any]:
    """Return reasoning as an item; what another protocol sealed goes, sealed again, as its encrypted content."""
    summary = [{"type": "summary_text", "text": part.text}] if part.text else []
    item: dict[str, Any] = {"id": own_id, "type": "reasoning", "summary": summary}
    if part.sealed is not None:
        own = part.sealed.protocol == "responses"
        item["encrypted_content"] = part.sealed.data if own else seal(part.sealed)
    return item


def _call_object(call: ToolCall, own_id: str) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": own_id,
        "type": f"{call.kind}_call",
        "status": "completed",
        "call_id": call.id,
    }
    if call.kind == "function":
        item.update(name=call.name, arguments=call.arguments)
    elif call.kind == "custom":
        item.update(type="custom_tool_call", name=call.name, input=call.arguments)
    else:
        item.update(native_item(call.kind, call.arguments))
    if call.namespace:
        item["namespace"] = call.namespace
    return item


def usage_object(usage: Usage) -> dict[str, Any]:
    """Return usage as responses reports it."""
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {
            "cached_tokens": usage.cached_input_tokens,
            "cache_write_tokens": usage.cache_write_tokens,
        },
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }
