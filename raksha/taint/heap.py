"""Objects of the abstract heap. An object never changes; a write puts a changed copy under the same number."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from raksha.taint.joining import join
from raksha.taint.values import NOTHING, Constant, Value

if TYPE_CHECKING:
    from raksha.taint.callables import Class

Shape = Literal["object", "list", "tuple", "set", "dict"]
MOST_ITEMS = 64
MOST_FIELDS = 256


class Object:
    """One object.

    items: what a list, tuple or set holds, in order, when exactly known; else None and `rest` is the join of it.
    fields: attributes, or entries of a dict, by key. rest: what may stand under any other key, None for nothing.
    closed: no other fields than these and rest (a dict written out); else others are simply not known.
    """

    __slots__ = ("closed", "cls", "fields", "items", "rest", "shape", "type")

    def __init__(
        self,
        shape: Shape,
        type: str,
        *,
        cls: Class | None = None,
        items: tuple[Value, ...] | None = None,
        fields: dict[Constant, Value] | None = None,
        rest: Value | None = None,
        closed: bool = False,
    ) -> None:
        self.shape = shape
        self.type = type
        self.cls = cls
        self.items = items
        self.fields = {} if fields is None else fields
        self.rest = rest
        self.closed = closed

    def copy(self) -> Object:
        return Object(
            self.shape,
            self.type,
            cls=self.cls,
            items=self.items,
            fields=dict(self.fields),
            rest=self.rest,
            closed=self.closed,
        )

    def with_type(self, type: str) -> Object:
        made = self.copy()
        made.type = type
        return made

    def with_items(self, items: tuple[Value, ...]) -> Object:
        """Return it holding exactly these, or their join when they are too many to tell apart."""
        made = self.copy()
        if len(items) > MOST_ITEMS:
            made.items, made.rest = None, join_all(items)
        else:
            made.items, made.rest = items, None
        return made

    def with_field(self, key: Constant, value: Value, *, weak: bool = False) -> Object:
        """Return it with the field set; weak: it may also keep what it had."""
        made = self.copy()
        if weak:
            old = self.fields.get(key, self.rest)
            value = value if old is None else join(old, value)
        if key in made.fields or len(made.fields) < MOST_FIELDS:
            made.fields[key] = value
        else:
            made.rest = value if made.rest is None else join(made.rest, value)
        return made

    def with_some(self, value: Value) -> Object:
        """Return it with the value put at a place not known: everything it has may now be that too."""
        made = self.copy()
        if self.items is not None:
            made.items, made.rest = None, join_all((*self.items, value))
            return made
        made.rest = value if self.rest is None else join(self.rest, value)
        made.fields = {key: join(old, value) for key, old in self.fields.items()}
        return made

    def inside(self) -> Iterable[Value]:
        """All values it holds."""
        if self.items:
            yield from self.items
        yield from self.fields.values()
        if self.rest is not None:
            yield self.rest

    def size(self) -> int | None:
        """How many elements it has, when exactly known."""
        if self.items is not None:
            return len(self.items)
        if self.shape == "dict" and self.closed and self.rest is None:
            return len(self.fields)
        return None


def join_all(values: Iterable[Value]) -> Value:
    """Return the join of all of them; NOTHING of none."""
    result = NOTHING
    for value in values:
        result = join(result, value)
    return result


def join_objects(one: Object, other: Object) -> Object:
    """Return what is known of an object that is the one or the other."""
    if one is other:
        return one
    made = one.copy()
    made.items = None
    rests = _rests(one, other)
    if one.items is not None and other.items is not None and len(one.items) == len(other.items):
        made.items = tuple(join(a, b) for a, b in zip(one.items, other.items, strict=True))
    else:
        rests += [*(one.items or ()), *(other.items or ())]
    made.rest = join_all(rests) if rests else None
    made.fields = _join_fields(one, other)
    made.closed = one.closed and other.closed
    return made


def _join_fields(one: Object, other: Object) -> dict[Constant, Value]:
    fields: dict[Constant, Value] = {}
    for key, value in one.fields.items():
        beside = other.fields.get(key, other.rest)
        fields[key] = value if beside is None else join(value, beside)
    for key, value in other.fields.items():
        if key not in fields:
            fields[key] = value if one.rest is None else join(one.rest, value)
    return fields


def _rests(one: Object, other: Object) -> list[Value]:
    return [rest for rest in (one.rest, other.rest) if rest is not None]
