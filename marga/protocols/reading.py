"""Small, careful readers for JSON that came from outside: a wrong type is an absent value, never an error. Pure."""

from __future__ import annotations

from typing import Any

import orjson

CHARACTERS_PER_TOKEN = 4
"""A rough mean for English text and code; used only where a provider reports nothing, and flagged."""

LARGEST_COUNT = 10**9
"""No real call reports more tokens than this; a larger number is a broken upstream, not usage."""

LATEST_MOMENT = 1 << 40
"""Seconds since the epoch that no honest clock shows."""


def count(holder: Any, name: str) -> int | None:
    """Return a number of tokens, or None where there is no believable one."""
    value = holder.get(name) if isinstance(holder, dict) else None
    if type(value) is int and 0 <= value <= LARGEST_COUNT:
        return value
    return None


def items(value: Any) -> list[Any]:
    """Return value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def fields(value: Any) -> dict[str, Any]:
    """Return value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def object_in(written: bytes | str) -> dict[str, Any] | None:
    """Return the object that a JSON text holds, None where it holds none."""
    try:
        value = orjson.loads(written)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def text(value: Any) -> str:
    """Return value if it is a text, else an empty one."""
    return value if isinstance(value, str) else ""


def text_length(value: Any) -> int:
    """Return the length of a text, 0 for anything else."""
    return len(value) if isinstance(value, str) else 0


def estimated_tokens(characters: int) -> int:
    """Return a rough token count, at least one for any text."""
    return -(-characters // CHARACTERS_PER_TOKEN)


def moment(holder: dict[str, Any], name: str) -> int:
    """Return seconds since the epoch, 0 where there are none; some servers write them as a fraction."""
    value = holder.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < LATEST_MOMENT:
        return int(value)
    return 0
