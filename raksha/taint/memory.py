"""Results of calls that are sure to happen the same way again: clean arguments, and nothing changed outside.

A call is told by its function and by what its arguments are, objects by their contents. What it made anew is
copied for each later call; objects that it was given stand for those given then.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from raksha.taint.callables import Bound, Function
from raksha.taint.heap import Object
from raksha.taint.values import Value

if TYPE_CHECKING:
    from raksha.taint.interpreter import Interpreter

MOST_OBJECTS = 48
MOST_FIELDS = 400
MOST_REMEMBERED = 4_000
NONE_WRITTEN = 1 << 62
Key = tuple[Any, ...]


class Unkeyed(Exception):
    """The arguments carry taint, or are too many things, or too closely tied to where they come from."""


class Remembered:
    """One call: its result (None: it does not return), the objects it made, and those it was given, in order."""

    __slots__ = ("base_writes", "given", "globals", "made", "result")

    def __init__(
        self, result: Value | None, given: list[int], made: dict[int, Object], before: Before
    ) -> None:
        self.result = result
        self.given = given
        self.made = made
        self.globals = before.globals
        self.base_writes = before.base_writes


class Before:
    """What a call must leave as it was to be remembered."""

    __slots__ = ("base_writes", "depth_cuts", "globals", "late", "mark")

    def __init__(self, it: Interpreter) -> None:
        self.mark = it.numbers
        self.globals = it.now.globals
        self.base_writes = it.base_writes
        self.late = len(it.late)
        self.depth_cuts = it.depth_cuts


def holds(it: Interpreter, told: Remembered) -> bool:
    """Return whether what the call may have read besides its arguments is still the same."""
    if it.summing and told.made:
        return False
    return told.globals is it.now.globals and told.base_writes == it.base_writes


def keep(it: Interpreter, keyed: tuple[Key, list[int]], before: Before, result: Value | None) -> None:
    """Remember a call that changed nothing but what it made itself."""
    changed = (
        it.lowest <= before.mark
        or it.base_writes != before.base_writes
        or len(it.late) != before.late
        or it.depth_cuts != before.depth_cuts
    )
    if changed or len(it.remembered) >= MOST_REMEMBERED:
        return
    key, given = keyed
    made: dict[int, Object] | None = {}
    if result is not None:
        if it.now.globals is not before.globals:
            return
        made = made_by(it, result, given, before.mark)
        result = result.but(implies=None)
    if made is not None:
        it.remembered[key] = Remembered(result, given, made, before)


class Keying:
    """Makes the key of one call; `numbers` are the objects met, in order."""

    def __init__(self, it: Interpreter) -> None:
        self._it = it
        self._facts = it.now.facts
        self._fields = 0
        self.numbers: list[int] = []
        self._seen: dict[int, int] = {}

    def call(self, function: Function, bound: Mapping[str, Value], this: Value | None) -> Key:
        parts = [self.value(value) for value in bound.values()]
        own = self.value(this) if this is not None else None
        return function, own, tuple(bound), tuple(parts)

    def value(self, value: Value) -> Key:
        if value.flows or (value.symbol and value.symbol in self._facts):
            raise Unkeyed
        consts = value.consts
        told = None if consts is None else tuple((type(one), one) for one in consts)
        refs = tuple(map(self._object, value.refs)) if value.refs else ()
        callables = tuple(map(self._callable, value.callables)) if value.callables else ()
        return told, refs, value.type, value.name, callables, value.head

    def _callable(self, found: Any) -> Any:
        if isinstance(found, Bound):
            return found.name, found.function, self.value(found.this)
        if isinstance(found, Function) and found.frame is not None:
            raise Unkeyed
        return found

    def _object(self, number: int) -> Key | int:
        at = self._seen.get(number)
        if at is not None:
            return at
        self._seen[number] = len(self.numbers)
        self.numbers.append(number)
        thing = self._it.object(number)
        self._fields += len(thing.fields) + len(thing.items or ())
        if len(self.numbers) > MOST_OBJECTS or self._fields > MOST_FIELDS:
            raise Unkeyed
        items = None if thing.items is None else tuple(map(self.value, thing.items))
        fields = tuple((type(key), key, self.value(held)) for key, held in thing.fields.items())
        rest = None if thing.rest is None else self.value(thing.rest)
        return thing.shape, thing.type, thing.cls, items, fields, rest, thing.closed


def key_of(
    it: Interpreter, function: Function, bound: Mapping[str, Value], this: Value | None
) -> tuple[Key, list[int]] | None:
    """Return the call's key and the objects it is given; None for a call that must be run each time."""
    if function.frame is not None or it.quiet:
        return None
    keying = Keying(it)
    try:
        return keying.call(function, bound, this), keying.numbers
    except (Unkeyed, RecursionError):
        return None


def made_by(it: Interpreter, result: Value, given: list[int], mark: int) -> dict[int, Object] | None:
    """Return the new objects a result leads to; None when it leads to others than these and the given ones."""
    made: dict[int, Object] = {}
    waiting, known = list(result.refs), set(given)
    if result.flows:
        return None
    while waiting:
        number = waiting.pop()
        if number in made or number in known or number in it.base:
            continue
        if number <= mark or len(made) > MOST_OBJECTS:
            return None
        thing = made[number] = it.object(number)
        for inner in thing.inside():
            if inner.flows or any(isinstance(found, Bound) or _closes(found) for found in inner.callables):
                return None
            waiting.extend(inner.refs)
    return made


def _closes(found: object) -> bool:
    return isinstance(found, Function) and found.frame is not None


def replay(it: Interpreter, told: Remembered, given: list[int]) -> Value | None:
    """Return the result once more, on the objects given now."""
    if told.result is None or (not told.result.refs and not told.made):
        return told.result
    numbers = dict(zip(told.given, given, strict=True))
    for number in told.made:
        it.numbers += 1
        numbers[number] = it.numbers
    for number, thing in told.made.items():
        it.now.heap.set(numbers[number], _renumbered(thing, numbers))
    return _value(told.result, numbers)


def _renumbered(thing: Object, numbers: Mapping[int, int]) -> Object:
    made = thing.copy()
    made.items = None if thing.items is None else tuple(_value(item, numbers) for item in thing.items)
    made.fields = {key: _value(held, numbers) for key, held in thing.fields.items()}
    made.rest = None if thing.rest is None else _value(thing.rest, numbers)
    return made


def _value(value: Value, numbers: Mapping[int, int]) -> Value:
    if not value.refs:
        return value
    return value.but(refs=tuple(numbers.get(number, number) for number in value.refs))
