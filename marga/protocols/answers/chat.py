"""Whole answers of chat completions: read them, write them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from marga.pricing import Usage
from marga.protocols import chat
from marga.protocols.answers.messages import thinking_object
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
from marga.protocols.answers.tools import Tools, arguments_of, as_function, as_given
from marga.protocols.reading import fields, items, moment, text
from marga.protocols.request import Unreadable

STOPS: dict[str, Stop] = {
    "stop": "end",
    "length": "length",
    "tool_calls": "tool",
    "function_call": "tool",
    "content_filter": "filter",
}
FINISH: dict[Stop, str] = {
    "end": "stop",
    "length": "length",
    "context": "length",
    "tool": "tool_calls",
    "sequence": "stop",
    "filter": "content_filter",
    "refusal": "content_filter",
    "pause": "stop",
}


def read_answer(payload: dict[str, Any]) -> Answer:
    """Return the first choice of a provider's answer.

    Raises Unreadable where there is none.
    """
    choices = items(payload.get("choices"))
    message = fields(fields(choices[0]).get("message")) if choices else {}
    if not message:
        raise Unreadable("The provider's answer has no message.")
    answer_id = text(payload.get("id"))
    parts = tuple(_parts(message, stem_of(answer_id)))
    return Answer(
        answer_id,
        text(payload.get("model")),
        moment(payload, "created"),
        parts,
        stop_of(fields(choices[0]).get("finish_reason"), parts),
        usage=chat.usage_of(payload),
    )


def stop_of(reason: Any, parts: Iterable[Part]) -> Stop:
    """Return why a choice ended."""
    return stop_with(
        STOPS.get(text(reason), "end"), calls_tools=any(isinstance(part, ToolCall) for part in parts)
    )


def _parts(message: dict[str, Any], stem: str) -> Iterable[Part]:
    if reasoning := reasoning_of(message):
        yield Thinking(reasoning)
    if content := content_of(message.get("content")):
        yield Text(content)
    if refusal := text(message.get("refusal")):
        yield Refusal(refusal)
    calls = items(message.get("tool_calls"))
    if not calls and isinstance(message.get("function_call"), dict):
        calls = [{"function": message["function_call"]}]
    for index, call in enumerate(calls):
        if isinstance(call, dict):
            yield _call(call, f"call_{stem}_{index}")


def _call(call: dict[str, Any], spare_id: str) -> ToolCall:
    call_id = text(call.get("id")) or spare_id
    if call.get("type") == "custom":
        custom = fields(call.get("custom"))
        return ToolCall(call_id, text(custom.get("name")), text(custom.get("input")), "custom")
    function = fields(call.get("function"))
    return ToolCall(
        call_id, text(function.get("name")), arguments_of(function.get("arguments")) or NO_ARGUMENTS
    )


def reasoning_of(part: dict[str, Any]) -> str:
    """Return the reasoning in a message or a delta: DeepSeek, Qwen and vLLM call it one way, others the other."""
    return text(part.get("reasoning_content")) or text(part.get("reasoning"))


def content_of(content: Any) -> str:
    """Return the text of a message's content; some servers send it as a list of parts."""
    if isinstance(content, str):
        return content
    return "".join(text(part.get("text")) for part in items(content) if isinstance(part, dict))


def write_answer(answer: Answer, tools: Tools, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return answer as a chat client reads it."""
    legacy = is_legacy(request)
    payload = {
        **head(answer.id, answer.model, answer.created, "chat.completion"),
        "choices": [
            {
                "index": 0,
                "message": _message(answer.parts, tools, legacy=legacy),
                "logprobs": None,
                "finish_reason": finish_of(answer.stop, legacy=legacy),
            }
        ],
    }
    if answer.usage is not None:
        payload["usage"] = usage_object(answer.usage)
    return payload


def _message(parts: tuple[Part, ...], tools: Tools, *, legacy: bool) -> dict[str, Any]:
    spoken = "".join(part.text for part in parts if isinstance(part, Text))
    refused = "".join(part.text for part in parts if isinstance(part, Refusal))
    message: dict[str, Any] = {"role": "assistant", "content": spoken or None, "refusal": refused or None}
    if thought := THOUGHTS_APART.join(
        part.text for part in parts if isinstance(part, Thinking) and part.text
    ):
        message["reasoning_content"] = thought
    # Chat has no field for sealed reasoning; LiteLLM's clients hand this one back.
    if blocks := [thinking_object(part) for part in parts if isinstance(part, Thinking) and part.sealed]:
        message["thinking_blocks"] = blocks
    if calls := [call_object(part, tools) for part in parts if isinstance(part, ToolCall)]:
        if legacy:
            message["function_call"] = calls[0]["function"]
        else:
            message["tool_calls"] = calls
    return message


THOUGHTS_APART = "\n\n"
"""Between the texts of two thinking blocks: chat has one text for all."""


def is_legacy(request: Mapping[str, Any]) -> bool:
    """Tell whether the client still speaks of functions, and so of one call in an answer."""
    return bool(request.get("functions")) and not request.get("tools")


def finish_of(stop: Stop, *, legacy: bool) -> str:
    """Return why a choice ended, in this protocol's words."""
    return "function_call" if legacy and stop == "tool" else FINISH[stop]


def call_object(call: ToolCall, tools: Tools) -> dict[str, Any]:
    """Return a tool call as a message carries it."""
    call = as_given(call, tools)
    if call.kind == "custom":
        return {"id": call.id, "type": "custom", "custom": {"name": call.name, "input": call.arguments}}
    call = as_function(call)
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def head(answer_id: str, model: str, created: int, kind: str) -> dict[str, Any]:
    """Return what stands before the choices of every answer and chunk."""
    return {"id": f"chatcmpl-{stem_of(answer_id)}", "object": kind, "created": created, "model": model}


def usage_object(usage: Usage) -> dict[str, Any]:
    """Return usage as chat reports it."""
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {
            "cached_tokens": usage.cached_input_tokens,
            "cache_write_tokens": usage.cache_write_tokens,
        },
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    }
