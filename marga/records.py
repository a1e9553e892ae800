"""Usage records as the gateway sends them, checked strictly. Pure: no Django, no clock."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
TOKENS_MOST = 10**12
MILLISECONDS_MOST = 2**31 - 1
COST_MOST = Decimal(10**9)
COST_PLACES = 10


class InvalidRecord(ValueError):
    """The record cannot be stored as it is; the message names the field and what it should hold."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One answered request, as the gateway counted it. Times are aware, money is USD, tokens are counts."""

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
    reasoning_tokens: int
    cost_usd: Decimal
    is_estimated: bool
    is_stream: bool
    is_cancelled: bool
    duration_ms: int
    ttft_ms: int | None
    error_type: str


FIELDS = frozenset(field.name for field in fields(Record))


def parse_record(value: object) -> Record:
    """Return the record that a JSON value holds.

    Raises InvalidRecord for a missing, unknown or impossible field.
    """
    if not isinstance(value, Mapping):
        raise InvalidRecord("A record is a JSON object.")
    if value.keys() != FIELDS:
        raise InvalidRecord(_difference(value))
    return Record(
        request_id=_request_id(value),
        occurred_at=_moment(value, "occurred_at"),
        workspace_id=_text(value, "workspace_id", 40, least=1),
        key_id=None if value["key_id"] is None else _text(value, "key_id", 40, least=1),
        product=_text(value, "product", 20, least=1),
        action=_text(value, "action", 40, least=1),
        model_requested=_text(value, "model_requested", 200),
        model_used=_text(value, "model_used", 200),
        provider=_text(value, "provider", 80),
        status=_count(value, "status", 599, least=100),
        input_tokens=_count(value, "input_tokens", TOKENS_MOST),
        output_tokens=_count(value, "output_tokens", TOKENS_MOST),
        cached_input_tokens=_count(value, "cached_input_tokens", TOKENS_MOST),
        reasoning_tokens=_count(value, "reasoning_tokens", TOKENS_MOST),
        cost_usd=_cost(value),
        is_estimated=_switch(value, "is_estimated"),
        is_stream=_switch(value, "is_stream"),
        is_cancelled=_switch(value, "is_cancelled"),
        duration_ms=_count(value, "duration_ms", MILLISECONDS_MOST),
        ttft_ms=None if value["ttft_ms"] is None else _count(value, "ttft_ms", MILLISECONDS_MOST),
        error_type=_text(value, "error_type", 60),
    )


def _difference(value: Mapping[str, Any]) -> str:
    missing = sorted(FIELDS - value.keys())
    if missing:
        return f"The field {missing[0]} is missing."
    return f"The field {sorted(str(name) for name in value.keys() - FIELDS)[0][:60]} is unknown."


def _request_id(value: Mapping[str, Any]) -> str:
    found = value["request_id"]
    if not isinstance(found, str) or not REQUEST_ID.fullmatch(found):
        raise InvalidRecord("request_id is 8 to 64 letters, digits, '_' or '-'.")
    return found


def _text(value: Mapping[str, Any], name: str, most: int, *, least: int = 0) -> str:
    found = value[name]
    if not isinstance(found, str) or not least <= len(found) <= most or not _is_storable(found):
        raise InvalidRecord(f"{name} is a text of {least} to {most} characters.")
    return found


def _is_storable(text: str) -> bool:
    """Tell whether PostgreSQL takes the text: no NUL, no half of a surrogate pair."""
    return "\0" not in text and (text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text))


def _count(value: Mapping[str, Any], name: str, most: int, *, least: int = 0) -> int:
    found = value[name]
    if type(found) is not int or not least <= found <= most:
        raise InvalidRecord(f"{name} is a whole number from {least} to {most}.")
    return found


def _switch(value: Mapping[str, Any], name: str) -> bool:
    found = value[name]
    if not isinstance(found, bool):
        raise InvalidRecord(f"{name} is true or false.")
    return found


def _cost(value: Mapping[str, Any]) -> Decimal:
    found = value["cost_usd"]
    try:
        cost = Decimal(found) if isinstance(found, str) else None
    except InvalidOperation:
        cost = None
    if cost is None or not cost.is_finite() or not 0 <= cost < COST_MOST:
        raise InvalidRecord("cost_usd is a decimal number of USD in a string, from 0 to 1,000,000,000.")
    return round(cost, COST_PLACES)


def _moment(value: Mapping[str, Any], name: str) -> datetime:
    found = value[name]
    try:
        moment = datetime.fromisoformat(found) if isinstance(found, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.utcoffset() is None or not 2000 <= moment.year <= 9000:
        raise InvalidRecord(f"{name} is a time with its zone, such as 2026-03-02T09:30:00+00:00.")
    return moment.astimezone(UTC)
