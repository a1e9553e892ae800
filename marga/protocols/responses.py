"""The wire form of OpenAI's responses: what a gateway must read, and the one name it changes. Pure.

Source: https://platform.openai.com/docs/api-reference/responses and .../responses-streaming.
"""

from __future__ import annotations

from typing import Any

import orjson

from marga.pricing import Usage
from marga.protocols.body import renamed
from marga.protocols.reading import count, fields, items, text, text_length
from marga.protocols.request import Request, Unreadable, model_of, parse_object, stream_flag

LAST_EVENTS = frozenset({"response.completed", "response.failed", "response.incomplete"})
_FIRST_EVENTS = frozenset({"response.created", "response.in_progress", "response.queued"})
_ENDED = frozenset({"completed", "failed", "incomplete", "cancelled"})
_SPOKEN = ("text", "refusal", "arguments", "input")


def read_request(body: bytes) -> Request:
    """Parse body.

    Raises Unreadable.
    """
    payload = parse_object(body)
    model = model_of(payload)
    asked = payload.get("input")
    is_absent = asked is None and ("previous_response_id" in payload or "prompt" in payload)
    if not is_absent and not isinstance(asked, (str, list)):
        raise Unreadable("Give input: a text or a list of items.", "input")
    return Request("responses", model, stream_flag(payload), True, payload, body)


def upstream_body(request: Request, model: str) -> bytes:
    """Return the body for a provider that knows the model by another name; every other byte stays."""
    if model == request.model:
        return request.body
    named = renamed(request.body, request.model, model)
    return orjson.dumps({**request.payload, "model": model}) if named is None else named


def usage_of(payload: dict[str, Any]) -> Usage | None:
    """Return the usage that an answer or one event reports, or None where it reports none."""
    usage = payload.get("usage")
    if usage is None:
        usage = fields(payload.get("response")).get("usage")
    if not isinstance(usage, dict):
        return None
    input_tokens, output_tokens = count(usage, "input_tokens"), count(usage, "output_tokens")
    if input_tokens is None and output_tokens is None:
        return None
    details = usage.get("input_tokens_details")
    return Usage(
        input_tokens or 0,
        output_tokens or 0,
        count(details, "cached_tokens") or 0,
        count(usage.get("output_tokens_details"), "reasoning_tokens") or 0,
        count(details, "cache_write_tokens") or 0,
    )


def merge_usage(before: Usage | None, new: Usage) -> Usage:
    """Return what two events of one stream report together: the later one, which is whole."""
    return new


def place_of(payload: dict[str, Any], before: tuple[str, int]) -> tuple[str, int]:
    """Return the id of the response and the number of the next event, after an event of its stream."""
    own_id = text(fields(payload.get("response")).get("id"))
    number = count(payload, "sequence_number")
    return own_id or before[0], before[1] + 1 if number is None else number + 1


def written_characters(payload: dict[str, Any]) -> int:
    """Return how many characters of output an answer or an event carries: text, reasoning, tool arguments.

    Of a stream only the deltas and the names of tools count: the events that repeat what is done do not.
    """
    kind = payload.get("type")
    if isinstance(kind, str):
        if kind.endswith(".delta"):
            return text_length(payload.get("delta"))
        if kind == "response.output_item.added":
            return text_length(fields(payload.get("item")).get("name"))
        return 0
    return sum(map(_item_characters, items(payload.get("output"))))


def read_characters(payload: dict[str, Any]) -> int:
    """Return how many characters of text a request carries; images count nothing."""
    total = text_length(payload.get("instructions"))
    asked = payload.get("input")
    return total + (len(asked) if isinstance(asked, str) else sum(map(_item_characters, items(asked))))


def _item_characters(item: Any) -> int:
    if not isinstance(item, dict):
        return 0
    total = text_length(item.get("name"))
    for name in ("arguments", "input"):
        total += text_length(item.get(name))
    for name in ("content", "summary", "output"):
        total += _parts_characters(item.get(name))
    return total


def _parts_characters(parts: Any) -> int:
    if isinstance(parts, str):
        return len(parts)
    return sum(
        text_length(part.get(name)) for part in items(parts) if isinstance(part, dict) for name in _SPOKEN
    )


def most_output_tokens(payload: dict[str, Any]) -> int:
    """Return how many tokens of output the request allows, 0 where it says nothing."""
    return count(payload, "max_output_tokens") or 0


def has_finished(payload: dict[str, Any]) -> bool:
    """Tell whether an answer or an event says why the answer ended."""
    kind = payload.get("type")
    if isinstance(kind, str):
        return kind in LAST_EVENTS
    status = payload.get("status")
    return isinstance(status, str) and status in _ENDED


def ends_stream(payload: dict[str, Any]) -> bool:
    """Tell whether an event is the last of a complete stream."""
    kind = payload.get("type")
    return isinstance(kind, str) and kind in LAST_EVENTS


def is_startup(payload: dict[str, Any]) -> bool:
    """Tell whether an event carries no output yet, so that it may be held back while another provider can be tried."""
    kind = payload.get("type")
    if kind == "response.output_item.added":
        item = fields(payload.get("item"))
        return item.get("type") in ("message", "reasoning") and not _item_characters(item)
    if kind in ("response.content_part.added", "response.reasoning_summary_part.added"):
        return not _parts_characters([payload.get("part")])
    return isinstance(kind, str) and (kind in _FIRST_EVENTS or kind == "keepalive")


def error_of(payload: dict[str, Any]) -> dict[str, Any] | None:
    """Return the error that an answer or an event carries, or None.

    It stands in `error`, in `response.error`, or, for the event named error, in the event itself.
    """
    response = fields(payload.get("response"))
    error = payload.get("error") or response.get("error")
    if error:
        return error if isinstance(error, dict) else {"message": str(error)}
    if payload.get("type") == "error":
        return payload
    has_failed = payload.get("type") == "response.failed" or "failed" in (
        payload.get("status"),
        response.get("status"),
    )
    return {"message": "The provider says that the response failed, and not why."} if has_failed else None
