"""Read fields of JSON strictly: the value as it must be, or a sentence that names the field. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

COST_MOST = Decimal(10**9)
COST_PLACES = 10


class WrongField(ValueError):
    """A value cannot be used as it is; the message names the field and what it should hold."""


def text(value: Mapping[str, Any], name: str, most: int, *, least: int = 0) -> str:
    """Return a text that PostgreSQL can store."""
    found = value[name]
    if not isinstance(found, str) or not least <= len(found) <= most or not is_storable(found):
        raise WrongField(f"{name} is a text of {least} to {most} characters.")
    return found


def is_storable(text: str) -> bool:
    """Tell whether PostgreSQL takes the text: no NUL, no half of a surrogate pair."""
    return "\0" not in text and (text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text))


def count(value: Mapping[str, Any], name: str, most: int, *, least: int = 0) -> int:
    """Return a whole number."""
    found = value[name]
    if type(found) is not int or not least <= found <= most:
        raise WrongField(f"{name} is a whole number from {least} to {most}.")
    return found


def number(value: Mapping[str, Any], name: str, most: float) -> float:
    """Return a number from 0 to most."""
    found = value[name]
    if type(found) not in (int, float) or not 0 <= found <= most:
        raise WrongField(f"{name} is a number from 0 to {most:g}.")
    return float(found)


def switch(value: Mapping[str, Any], name: str) -> bool:
    """Return true or false."""
    found = value[name]
    if not isinstance(found, bool):
        raise WrongField(f"{name} is true or false.")
    return found


def money(value: Mapping[str, Any], name: str, *, least: Decimal = Decimal(0)) -> Decimal:
    """Return an exact amount of USD, which JSON holds as a text."""
    found = value[name]
    try:
        amount = Decimal(found) if isinstance(found, str) else None
    except InvalidOperation:
        amount = None
    if amount is None or not amount.is_finite() or not least <= amount < COST_MOST:
        raise WrongField(f"{name} is a decimal number of USD in a string, from {least:,} to {COST_MOST:,}.")
    return round(amount, COST_PLACES)


def moment(value: Mapping[str, Any], name: str) -> datetime:
    """Return a time in UTC."""
    found = value[name]
    try:
        read = datetime.fromisoformat(found) if isinstance(found, str) else None
    except ValueError:
        read = None
    if read is None or read.utcoffset() is None or not 2000 <= read.year <= 9000:
        raise WrongField(f"{name} is a time with its zone, such as 2026-03-02T09:30:00+00:00.")
    return read.astimezone(UTC)


def choice(value: Mapping[str, Any], name: str, known: tuple[str, ...]) -> str:
    """Return one of the words that are known."""
    found = value[name]
    if not isinstance(found, str) or found not in known:
        raise WrongField(f"{name} is one of {', '.join(word or '(empty)' for word in known)}.")
    return found
