"""Read outside JSON by name and type: absent is empty, a wrong type is an error that names the field. Pure."""

from __future__ import annotations

from typing import Any

from marga.protocols.neutral import Json
from marga.protocols.request import Unreadable

_EXACT = 2.0**53
"""Beyond it a float no longer tells which whole number was meant, and JSON writers refuse the result."""

DEEPEST = 200
"""Levels that are translated: orjson reads 1,024 and writes 254, and a translation adds a few."""


def path_of(where: str, name: str) -> str:
    """Return the dotted place of a field, as errors name it."""
    return f"{where}.{name}" if where else name


def text_at(holder: Json, name: str, where: str = "") -> str:
    """Return a text, empty where it is absent or null.

    Raises Unreadable, as all in this module.
    """
    value = holder.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _wrong(where, name, "a string")
    return value


def needed_text(holder: Json, name: str, where: str = "") -> str:
    """Return a text that must be there and not be empty."""
    value = text_at(holder, name, where)
    if not value:
        raise _wrong(where, name, "a non-empty string")
    return value


def list_at(holder: Json, name: str, where: str = "") -> list[Any]:
    """Return a list, empty where it is absent or null."""
    value = holder.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise _wrong(where, name, "a list")
    return value


def objects_at(holder: Json, name: str, where: str = "") -> list[tuple[str, Json]]:
    """Return a list of objects, each with its place."""
    path = path_of(where, name)
    return [
        (f"{path}[{index}]", as_object(value, f"{path}[{index}]"))
        for index, value in enumerate(list_at(holder, name, where))
    ]


def as_object(value: Any, where: str) -> Json:
    """Return value, which must be an object."""
    if not isinstance(value, dict):
        raise Unreadable(f"{where} must be an object.", where)
    return value


def object_at(holder: Json, name: str, where: str = "") -> Json | None:
    """Return an object, None where it is absent or null."""
    value = holder.get(name)
    return None if value is None else as_object(value, path_of(where, name))


def flag_at(holder: Json, name: str, where: str = "") -> bool | None:
    """Return a truth value, None where it is absent or null."""
    value = holder.get(name)
    if value is not None and not isinstance(value, bool):
        raise _wrong(where, name, "true or false")
    return value


def whole_at(holder: Json, name: str, where: str = "") -> int | None:
    """Return a whole number, None where it is absent or null."""
    value = holder.get(name)
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT:
        return int(value)
    if type(value) is not int:
        raise _wrong(where, name, "a whole number")
    return value


def number_at(holder: Json, name: str, where: str = "") -> float | int | None:
    """Return a number as it was given, None where it is absent or null."""
    value = holder.get(name)
    if value is not None and type(value) not in (int, float):
        raise _wrong(where, name, "a number")
    return value


def is_deeper(value: Any, levels: int) -> bool:
    """Tell whether value nests further than levels."""
    level = [value]
    for _ in range(levels):
        level = [inner for holder in level for inner in _inside(holder) if isinstance(inner, dict | list)]
        if not level:
            return False
    return True


def _inside(holder: Any) -> Any:
    return holder.values() if isinstance(holder, dict) else holder if isinstance(holder, list) else ()


def others(holder: Json, known: frozenset[str]) -> Json:
    """Return the fields that are not known and say something."""
    return {name: value for name, value in holder.items() if name not in known and value is not None}


def _wrong(where: str, name: str, wanted: str) -> Unreadable:
    path = path_of(where, name)
    return Unreadable(f"{path} must be {wanted}.", path)
