"""The wire form of OpenAI chat completions: what a gateway must read and the little it must change. Pure."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import orjson

from marga.pricing import Usage

CHARACTERS_PER_TOKEN = 4
"""A rough mean for English text and code; used only where a provider reports nothing, and flagged."""

LARGEST_COUNT = 10**9
"""No real call reports more tokens than this; a larger number is a broken upstream, not usage."""

_MODEL = re.compile(rb'"model"\s*:\s*("(?:[^"\\]|\\.)*")')
_INCLUDE_USAGE = b'"stream_options":{"include_usage":true},'


class Unreadable(ValueError):
    """The body is not a chat request; the message is for the client, param names the field."""

    def __init__(self, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.param = param


class ChatRequest(NamedTuple):
    """The parts of a request that decide how it is carried; payload is the whole parsed body."""

    model: str
    is_stream: bool
    wants_usage: bool
    payload: dict[str, Any]
    body: bytes


def read_request(body: bytes) -> ChatRequest:
    """Parse body.

    Raises Unreadable.
    """
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError as exc:
        raise Unreadable(f"The request body is not valid JSON: {exc}.") from exc
    if not isinstance(payload, dict):
        raise Unreadable("The request body must be a JSON object.")
    model = payload.get("model")
    if not isinstance(model, str) or not model:
        raise Unreadable("Name a model: a string such as 'auto'.", "model")
    if not isinstance(payload.get("messages"), list) or not payload["messages"]:
        raise Unreadable("Give messages: a non-empty list.", "messages")
    is_stream = payload.get("stream") or False
    if not isinstance(is_stream, bool):
        raise Unreadable("stream must be true or false.", "stream")
    options = payload.get("stream_options")
    if options is not None and not isinstance(options, dict):
        raise Unreadable("stream_options must be an object.", "stream_options")
    wants_usage = bool(options and options.get("include_usage"))
    return ChatRequest(model, is_stream, wants_usage, payload, body)


def upstream_body(request: ChatRequest, model: str) -> bytes:
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
        renamed = _renamed(body, request.model, model)
        if renamed is None:
            return _rewritten(request, model)
        body = renamed
    if ask_usage:
        if "stream_options" in request.payload:
            return _rewritten(request, model)
        start = body.index(b"{") + 1
        body = body[:start] + _INCLUDE_USAGE + body[start:]
    return body


def _renamed(body: bytes, old: str, new: str) -> bytes | None:
    found = _MODEL.findall(body)
    if len(found) != 1 or b"\\u" in body or orjson.loads(found[0]) != old:
        return None
    match = _MODEL.search(body)
    if match is None:
        return None
    return body[: match.start(1)] + orjson.dumps(new) + body[match.end(1) :]


def _rewritten(request: ChatRequest, model: str) -> bytes:
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
    input_tokens, output_tokens = _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")
    if input_tokens is None and output_tokens is None:
        return None
    cached = _count(usage.get("prompt_tokens_details"), "cached_tokens")
    if cached is None:
        cached = _count(usage, "prompt_cache_hit_tokens")
    reasoning = _count(usage.get("completion_tokens_details"), "reasoning_tokens")
    return Usage(input_tokens or 0, output_tokens or 0, cached or 0, reasoning or 0)


def _count(holder: Any, name: str) -> int | None:
    value = holder.get(name) if isinstance(holder, dict) else None
    if type(value) is int and 0 <= value <= LARGEST_COUNT:
        return value
    return None


def is_usage_only(payload: dict[str, Any]) -> bool:
    """Tell whether a chunk carries nothing but usage: the one a client sees only if it asked."""
    return payload.get("choices") == [] and isinstance(payload.get("usage"), dict)


def written_characters(payload: dict[str, Any]) -> int:
    """Return how many characters of output an answer or a chunk carries: text, reasoning, tool arguments."""
    total = 0
    for choice in _items(payload.get("choices")):
        part = (choice.get("delta") or choice.get("message")) if isinstance(choice, dict) else None
        if isinstance(part, dict):
            total += _text_length(part.get("content")) + _text_length(part.get("reasoning_content"))
            for call in _items(part.get("tool_calls")):
                function = call.get("function") if isinstance(call, dict) else None
                if isinstance(function, dict):
                    total += _text_length(function.get("name")) + _text_length(function.get("arguments"))
    return total


def read_characters(payload: dict[str, Any]) -> int:
    """Return how many characters of text a request carries in its messages; images and audio count nothing."""
    total = 0
    for message in _items(payload.get("messages")):
        content = message.get("content") if isinstance(message, dict) else None
        if isinstance(content, str):
            total += len(content)
        else:
            total += sum(_text_length(part.get("text")) for part in _items(content) if isinstance(part, dict))
    return total


def has_finished(payload: dict[str, Any]) -> bool:
    """Tell whether a chunk says why a choice ended."""
    choices = _items(payload.get("choices"))
    return any(isinstance(choice, dict) and choice.get("finish_reason") for choice in choices)


def estimated_tokens(characters: int) -> int:
    """Return a rough token count, at least one for any text."""
    return -(-characters // CHARACTERS_PER_TOKEN)


def _text_length(value: Any) -> int:
    return len(value) if isinstance(value, str) else 0


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
