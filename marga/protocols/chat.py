"""The wire form of OpenAI chat completions: what a gateway must read and the little it must change. Pure."""

from __future__ import annotations

from typing import Any

import orjson

from marga.pricing import Usage
from marga.protocols.body import renamed
from marga.protocols.reading import count, fields, items, text_length
from marga.protocols.request import Request, Unreadable, model_of, parse_object, stream_flag

_INCLUDE_USAGE = b'"stream_options":{"include_usage":true},'


def read_request(body: bytes) -> Request:
    """Parse body.

    Raises Unreadable.
    """
    payload = parse_object(body)
    model = model_of(payload)
    if not isinstance(payload.get("messages"), list) or not payload["messages"]:
        raise Unreadable("Give messages: a non-empty list.", "messages")
    is_stream = stream_flag(payload)
    options = payload.get("stream_options")
    if options is not None and not isinstance(options, dict):
        raise Unreadable("stream_options must be an object.", "stream_options")
    wants_usage = bool(options and options.get("include_usage"))
    return Request("chat", model, is_stream, wants_usage, payload, body)


def upstream_body(request: Request, model: str) -> bytes:
    """Return the body for a provider that knows the model by another name, and ask it for usage in streams.

    Every other byte stays as the client sent it: the new name and `stream_options` are spliced in.
    Only when the place cannot be found for certain (a repeated or escaped key), or when the client sent
    `stream_options` without `include_usage`, the parsed body is written anew.
    """
    ask_usage = request.is_stream and not request.wants_usage
    rename = model != request.model
    if not ask_usage and not rename:
        return request.body
    if ask_usage and request.payload.get("stream_options") is not None:
        return _rewritten(request, model)
    body = request.body
    if rename:
        named = renamed(body, request.model, model)
        if named is None:
            return _rewritten(request, model)
        body = named
    if ask_usage:
        if "stream_options" in request.payload:
            return _rewritten(request, model)
        start = body.index(b"{") + 1
        body = body[:start] + _INCLUDE_USAGE + body[start:]
    return body


def _rewritten(request: Request, model: str) -> bytes:
    payload = {**request.payload, "model": model}
    if request.is_stream:
        payload["stream_options"] = {**(payload.get("stream_options") or {}), "include_usage": True}
    return orjson.dumps(payload)


def usage_of(payload: dict[str, Any]) -> Usage | None:
    """Return the usage a provider reports in an answer or a chunk, or None where it reports none.

    DeepSeek counts cached input as `prompt_cache_hit_tokens`; the others under `prompt_tokens_details`.
    """
    usage = payload.get("usage")
    if not isinstance(usage, dict):
        return None
    input_tokens, output_tokens = count(usage, "prompt_tokens"), count(usage, "completion_tokens")
    if input_tokens is None and output_tokens is None:
        return None
    cached = count(usage.get("prompt_tokens_details"), "cached_tokens")
    if cached is None:
        cached = count(usage, "prompt_cache_hit_tokens")
    written = count(usage.get("prompt_tokens_details"), "cache_write_tokens")
    reasoning = count(usage.get("completion_tokens_details"), "reasoning_tokens")
    return Usage(input_tokens or 0, output_tokens or 0, cached or 0, reasoning or 0, written or 0)


def merge_usage(before: Usage | None, new: Usage) -> Usage:
    """Return what two chunks of one stream report together: the later one, which is whole."""
    return new


def is_usage_only(payload: dict[str, Any]) -> bool:
    """Tell whether a chunk carries nothing but usage: the one a client sees only if it asked."""
    return payload.get("choices") == [] and isinstance(payload.get("usage"), dict)


def written_characters(payload: dict[str, Any]) -> int:
    """Return how many characters of output an answer or a chunk carries: text, reasoning, tool arguments."""
    total = 0
    for choice in items(payload.get("choices")):
        part = (choice.get("delta") or choice.get("message")) if isinstance(choice, dict) else None
        if isinstance(part, dict):
            total += text_length(part.get("content")) + text_length(part.get("refusal"))
            total += text_length(part.get("reasoning_content")) or text_length(part.get("reasoning"))
            for call in items(part.get("tool_calls")):
                function = call.get("function") if isinstance(call, dict) else None
                if isinstance(function, dict):
                    total += text_length(function.get("name")) + text_length(function.get("arguments"))
    return total


def read_characters(payload: dict[str, Any]) -> int:
    """Return how many characters of text a request carries in its messages; images and audio count nothing."""
    total = 0
    for message in items(payload.get("messages")):
        content = message.get("content") if isinstance(message, dict) else None
        if isinstance(content, str):
            total += len(content)
        else:
            total += sum(text_length(part.get("text")) for part in items(content) if isinstance(part, dict))
    return total


def has_finished(payload: dict[str, Any]) -> bool:
    """Tell whether a chunk says why a choice ended."""
    choices = items(payload.get("choices"))
    return any(isinstance(choice, dict) and choice.get("finish_reason") for choice in choices)


def most_output_tokens(payload: dict[str, Any]) -> int:
    """Return how many tokens of output the request allows over all its choices, 0 where it says nothing."""
    most = count(payload, "max_completion_tokens") or count(payload, "max_tokens") or 0
    return most * max(count(payload, "n") or 1, 1)


def ends_stream(payload: dict[str, Any]) -> bool:
    """Tell whether a chunk is the last of a complete stream: never, for a stream ends by [DONE]."""
    return False


def is_startup(payload: dict[str, Any]) -> bool:
    """Tell whether a chunk carries no output yet, so that it may be held back while another provider can be tried."""
    if payload.get("usage") or payload.get("error"):
        return False
    for choice in items(payload.get("choices")):
        if not isinstance(choice, dict) or choice.get("finish_reason"):
            return False
        if any(value for name, value in fields(choice.get("delta")).items() if name != "role"):
            return False
    return True


def error_of(payload: dict[str, Any]) -> dict[str, Any] | None:
    """Return the error that an answer or a chunk carries, or None."""
    error = payload.get("error")
    if not error:
        return None
    return error if isinstance(error, dict) else {"message": str(error)}
