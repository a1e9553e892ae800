"""The wire form of Anthropic's messages: what a gateway must read, and the one name it changes. Pure.

Source: https://docs.anthropic.com/en/api/messages and https://docs.anthropic.com/en/docs/build-with-claude/streaming.
"""

from __future__ import annotations

from typing import Any

import orjson

from marga.pricing import Usage
from marga.protocols.body import renamed
from marga.protocols.reading import count, fields, items, text_length
from marga.protocols.request import Request, Unreadable, model_of, parse_object, stream_flag

_WRITTEN = ("text", "thinking", "partial_json")
_EMPTY_AT_START = ("text", "thinking")


def read_request(body: bytes) -> Request:
    """Parse body.

    Raises Unreadable.
    """
    payload = parse_object(body)
    model = model_of(payload)
    if not isinstance(payload.get("messages"), list) or not payload["messages"]:
        raise Unreadable("Give messages: a non-empty list.", "messages")
    return Request("messages", model, stream_flag(payload), True, payload, body)


def upstream_body(request: Request, model: str) -> bytes:
    """Return the body for a provider that knows the model by another name; every other byte stays."""
    if model == request.model:
        return request.body
    named = renamed(request.body, request.model, model)
    return orjson.dumps({**request.payload, "model": model}) if named is None else named


def usage_of(payload: dict[str, Any]) -> Usage | None:
    """Return the usage that an answer or one event reports, or None where it reports none.

    Anthropic counts fresh input, cache reads and cache writes apart; here input_tokens is their sum.
    """
    usage = payload.get("usage")
    if usage is None:
        usage = fields(payload.get("message")).get("usage")
    if not isinstance(usage, dict):
        return None
    fresh, output = count(usage, "input_tokens"), count(usage, "output_tokens")
    if fresh is None and output is None:
        return None
    cached, written = count(usage, "cache_read_input_tokens") or 0, _cache_writes(usage)
    thought = count(usage.get("output_tokens_details"), "thinking_tokens") or 0
    return Usage((fresh or 0) + cached + written, output or 0, cached, thought, written)


def _cache_writes(usage: dict[str, Any]) -> int:
    written = count(usage, "cache_creation_input_tokens")
    if written is None:
        parts = usage.get("cache_creation")
        written = (count(parts, "ephemeral_5m_input_tokens") or 0) + (
            count(parts, "ephemeral_1h_input_tokens") or 0
        )
    return written


def merge_usage(before: Usage | None, new: Usage) -> Usage:
    """Return what two events of one stream report together.

    Counts are cumulative, and the later event may leave out the input: the larger of each is right.
    """
    return new if before is None else Usage(*map(max, before, new))


def written_characters(payload: dict[str, Any]) -> int:
    """Return how many characters of output an answer or an event carries: text, thinking, tool input."""
    kind = payload.get("type")
    if kind == "content_block_delta":
        delta = fields(payload.get("delta"))
        return sum(text_length(delta.get(name)) for name in _WRITTEN)
    if kind == "content_block_start":
        return _block_characters(payload.get("content_block"))
    return sum(map(_block_characters, items(payload.get("content"))))


def _block_characters(block: Any) -> int:
    if not isinstance(block, dict):
        return 0
    total = text_length(block.get("text")) + text_length(block.get("thinking"))
    if "input" in block:
        total += text_length(block.get("name")) + _json_length(block["input"])
    return total


def read_characters(payload: dict[str, Any]) -> int:
    """Return how many characters of text a request carries: system, turns, tool results; images count nothing."""
    total = _content_characters(payload.get("system"))
    for message in items(payload.get("messages")):
        if isinstance(message, dict):
            total += _content_characters(message.get("content"))
    return total


def _content_characters(content: Any) -> int:
    if isinstance(content, str):
        return len(content)
    total = 0
    for block in items(content):
        if isinstance(block, dict):
            total += _block_characters(block)
            if block.get("type") == "tool_result":
                result = block.get("content")
                total += text_length(result)
                total += sum(
                    text_length(part.get("text")) for part in items(result) if isinstance(part, dict)
                )
    return total


def _json_length(value: Any) -> int:
    try:
        return len(orjson.dumps(value)) if value else 0
    except orjson.JSONEncodeError:
        return 0  # nested deeper than any tool's input: its provider will refuse it


def most_output_tokens(payload: dict[str, Any]) -> int:
    """Return how many tokens of output the request allows, 0 where it says nothing."""
    return count(payload, "max_tokens") or 0


def has_finished(payload: dict[str, Any]) -> bool:
    """Tell whether an answer or an event says why the answer ended."""
    return bool(payload.get("stop_reason") or fields(payload.get("delta")).get("stop_reason"))


def ends_stream(payload: dict[str, Any]) -> bool:
    """Tell whether an event is the last of a complete stream."""
    return payload.get("type") == "message_stop"


def is_startup(payload: dict[str, Any]) -> bool:
    """Tell whether an event carries no output yet, so that it may be held back while another provider can be tried."""
    kind = payload.get("type")
    if kind == "content_block_start":
        block = fields(payload.get("content_block"))
        return block.get("type") in _EMPTY_AT_START and not _block_characters(block)
    return kind in ("message_start", "ping")


def error_of(payload: dict[str, Any]) -> dict[str, Any] | None:
    """Return the error that an answer or an event carries, or None."""
    error = payload.get("error")
    if payload.get("type") != "error" and not error:
        return None
    return error if isinstance(error, dict) else {"message": str(error or "The provider reports an error.")}
