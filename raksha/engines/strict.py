"""Build dataclasses from JSON that nobody vouches for: exact types, bounded sizes, no unknown fields. Pure."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

MOST_TEXT = 100_000
MOST_ITEMS = 200_000
MOST_NUMBER = 2**53
T = TypeVar("T")
Reader = Callable[[Any], Any]


class Malformed(ValueError):
    """The JSON does not have the shape asked for; the message says where."""


def read(hint: type[T], value: Any) -> T:
    """Return value as an instance of hint.

    Raises Malformed.
    """
    kind: Any = hint  # mypy asks whether a type can be hashed
    built: T = reader_of(kind)(value)
    return built


@cache
def reader_of(hint: Any) -> Reader:
    """Return the function that reads one type."""
    origin, inner = get_origin(hint), get_args(hint)
    if is_dataclass(hint) and isinstance(hint, type):
        return _dataclass(hint)
    if origin is Literal:
        return _one_of(inner)
    if origin is tuple and len(inner) == 2 and inner[1] is Ellipsis:
        return _items(reader_of(inner[0]))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping(reader_of(inner[0]), reader_of(inner[1]))
    if origin in (Union, types.UnionType):
        return _optional([reader_of(kind) for kind in inner if kind is not type(None)])
    return PLAIN[hint]


def _dataclass(hint: type[Any]) -> Reader:
    hints = get_type_hints(hint)
    readers = {item.name: reader_of(hints[item.name]) for item in fields(hint)}
    needed = {
        item.name for item in fields(hint) if item.default is MISSING and item.default_factory is MISSING
    }

    def read_dataclass(value: Any) -> Any:
        if not isinstance(value, dict):
            raise Malformed(f"{hint.__name__} is not an object.")
        if not needed <= value.keys() <= readers.keys():
            raise Malformed(f"{hint.__name__} has missing or unknown fields.")
        try:
            return hint(**{name: readers[name](part) for name, part in value.items()})
        except Malformed as exc:
            raise Malformed(f"{hint.__name__}: {exc}") from exc

    return read_dataclass


def _one_of(allowed: tuple[Any, ...]) -> Reader:
    def read_word(value: Any) -> Any:
        if not isinstance(value, str) or value not in allowed:
            raise Malformed("a word is not one of those allowed.")
        return value

    return read_word


def _items(reader: Reader) -> Reader:
    def read_items(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list) or len(value) > MOST_ITEMS:
            raise Malformed("a list is no list, or too long.")
        return tuple(map(reader, value))

    return read_items


def _mapping(key: Reader, part: Reader) -> Reader:
    def read_mapping(value: Any) -> dict[Any, Any]:
        if not isinstance(value, dict) or len(value) > MOST_ITEMS:
            raise Malformed("a mapping is no mapping, or too long.")
        return {key(name): part(item) for name, item in value.items()}

    return read_mapping


def _optional(readers: list[Reader]) -> Reader:
    def read_optional(value: Any) -> Any:
        return None if value is None else readers[0](value)

    return read_optional


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > MOST_TEXT:
        raise Malformed("a text is no text, or too long.")
    try:
        value.encode()
    except UnicodeEncodeError as exc:
        raise Malformed("a text holds half a character.") from exc
    if "\0" in value:
        raise Malformed("a text holds a NUL.")
    return value


def _whole(value: Any) -> int:
    if type(value) is not int or not -MOST_NUMBER < value < MOST_NUMBER:
        raise Malformed("a number is no whole number, or too large.")
    return value


def _number(value: Any) -> float:
    if type(value) not in (int, float) or not -1e15 < value < 1e15:
        raise Malformed("a number is no number, or too large.")
    return float(value)


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Malformed("a yes or no is neither.")
    return value


PLAIN: dict[Any, Reader] = {str: _text, int: _whole, float: _number, bool: _truth}
