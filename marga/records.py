"""Usage records as the gateway sends them, checked strictly. Pure: no Django, no clock."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

from marga.strict import WrongField, count, moment, money, switch, text
from marga.traces import Trace, parse_trace

Part = TypeVar("Part")
REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
TOKENS_MOST = 10**12
MILLISECONDS_MOST = 2**31 - 1
OPTIONAL = {"cache_write_tokens": 0, "trace": None, "content": None}
"""What older gateways leave out, and what it means then."""
SEALED = re.compile(r"[A-Za-z0-9_=-]{1,250000}")
"""A text as the gateway seals it; 64 kB of it and the note that it was cut make less than half of that."""


class Content(NamedTuple):
    """What a call asked and was answered, sealed by the gateway; an empty answer says that there was none."""

    request: str
    answer: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One answered request, as the gateway counted it. Times are aware, money is USD, tokens are counts.

    trace_problem, content_problem: why the trace or the content that came with it was left out.
    """

    request_id: str
    occurred_at: datetime
    workspace_id: str
    key_id: str | None
    product: str
    action: str
    model_requested: str
    model_used: str
    provider: str
    status: int
    input_tokens: int
    output_tokens: int
    cached_input_tokens: int
    cache_write_tokens: int
    reasoning_tokens: int
    cost_usd: Decimal
    is_estimated: bool
    is_stream: bool
    is_cancelled: bool
    duration_ms: int
    ttft_ms: int | None
    error_type: str
    trace: Trace | None
    trace_problem: str
    content: Content | None
    content_problem: str


FIELDS = frozenset(field.name for field in fields(Record)) - {"trace_problem", "content_problem"}
NEEDED = FIELDS - OPTIONAL.keys()


def parse_record(value: object) -> Record:
    """Return the record that a JSON value holds.

    Raises WrongField for a missing, unknown or impossible field.
    """
    if not isinstance(value, Mapping):
        raise WrongField("A record is a JSON object.")
    if value.keys() != FIELDS:
        _refuse_difference(value)
        value = {**OPTIONAL, **value}
    trace, trace_problem = _part(parse_trace, value["trace"])
    content, content_problem = _part(_content, value["content"])
    return Record(
        request_id=_request_id(value),
        occurred_at=moment(value, "occurred_at"),
        workspace_id=text(value, "workspace_id", 40, least=1),
        key_id=None if value["key_id"] is None else text(value, "key_id", 40, least=1),
        product=text(value, "product", 20, least=1),
        action=text(value, "action", 40, least=1),
        model_requested=text(value, "model_requested", 200),
        model_used=text(value, "model_used", 200),
        provider=text(value, "provider", 80),
        status=count(value, "status", 599, least=100),
        input_tokens=count(value, "input_tokens", TOKENS_MOST),
        output_tokens=count(value, "output_tokens", TOKENS_MOST),
        cached_input_tokens=count(value, "cached_input_tokens", TOKENS_MOST),
        cache_write_tokens=count(value, "cache_write_tokens", TOKENS_MOST),
        reasoning_tokens=count(value, "reasoning_tokens", TOKENS_MOST),
        cost_usd=money(value, "cost_usd"),
        is_estimated=switch(value, "is_estimated"),
        is_stream=switch(value, "is_stream"),
        is_cancelled=switch(value, "is_cancelled"),
        duration_ms=count(value, "duration_ms", MILLISECONDS_MOST),
        ttft_ms=None if value["ttft_ms"] is None else count(value, "ttft_ms", MILLISECONDS_MOST),
        error_type=text(value, "error_type", 60),
        trace=trace,
        trace_problem=trace_problem,
        content=content,
        content_problem=content_problem,
    )


def _refuse_difference(value: Mapping[str, Any]) -> None:
    missing = sorted(NEEDED - value.keys())
    if missing:
        raise WrongField(f"The field {missing[0]} is missing.")
    unknown = sorted(str(name) for name in value.keys() - FIELDS)
    if unknown:
        raise WrongField(f"The field {unknown[0][:60]} is unknown.")


def _part(parse: Callable[[object], Part], found: object) -> tuple[Part | None, str]:
    """Return what came with the record, or why it is left out: neither is worth the record."""
    try:
        return (None, "") if found is None else (parse(found), "")
    except WrongField as exc:
        return None, str(exc)


def _content(found: object) -> Content:
    if not isinstance(found, Mapping) or found.keys() != set(Content._fields):
        raise WrongField("content is an object of request and answer.")
    content = Content(**found)
    for name, value in content._asdict().items():
        is_left_out = name == "answer" and value == ""
        if not isinstance(value, str) or not (is_left_out or SEALED.fullmatch(value)):
            raise WrongField(f"{name} of a content is a sealed text.")
    return content


def _request_id(value: Mapping[str, Any]) -> str:
    found = value["request_id"]
    if not isinstance(found, str) or not REQUEST_ID.fullmatch(found):
        raise WrongField("request_id is 8 to 64 letters, digits, '_' or '-'.")
    return found
