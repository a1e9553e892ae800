"""Reading and writing inside objects: by key, by index, as a whole."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from raksha.taint import ir
from raksha.taint.folding import fold
from raksha.taint.heap import Object, Shape, join_all
from raksha.taint.joining import join, join_flows
from raksha.taint.state import refine
from raksha.taint.values import NOTHING, UNKNOWN, Constant, Value, constant

if TYPE_CHECKING:
    from raksha.taint.interpreter import Interpreter

MOST_CHARACTERS = 64


def with_taint_of(value: Value, holder: Value) -> Value:
    """Return what was read out of the holder: the holder's own taint is on it too."""
    if not holder.flows:
        return value
    flows = join_flows(value.flows, holder.flows)
    return value if flows is value.flows else value.but(flows=flows)


def field_of(thing: Object, key: Constant) -> Value | None:
    """Return what the object has under the key; None when nothing is said of it."""
    if thing.items is not None and isinstance(key, int):
        return thing.items[key] if -len(thing.items) <= key < len(thing.items) else None
    found = thing.fields.get(key)
    return found if found is not None else thing.rest


def known(it: Interpreter, holder: Value, key: Constant) -> Value | None:
    """Return what the holder surely has under the key, else None."""
    result = NOTHING
    for number in holder.refs:
        found = field_of(it.object(number), key)
        if found is None:
            return None
        result = join(result, found)
    if result is NOTHING:
        return None
    facts = it.now.facts
    return with_taint_of(refine(result, facts) if facts else result, holder)


def get(it: Interpreter, holder: Value, key: Constant) -> Value:
    """Return what the holder has under a known key."""
    result = NOTHING
    for number in holder.refs:
        found = field_of(it.object(number), key)
        result = join(result, UNKNOWN if found is None else found)
    if result is NOTHING:
        return Value(flows=holder.flows) if holder.flows else UNKNOWN
    facts = it.now.facts
    return with_taint_of(refine(result, facts) if facts else result, holder)


def get_by(it: Interpreter, holder: Value, key: Value) -> Value:
    """Return what the holder has under a key of which only this is known."""
    if key.consts and not key.refs:
        return join_all(get(it, holder, one) for one in key.consts)
    return element(it, holder)


def element(it: Interpreter, holder: Value) -> Value:
    """Return the join of everything inside."""
    result = NOTHING
    for number in holder.refs:
        thing = it.object(number)
        inside = join_all(thing.inside())
        if inside is NOTHING and thing.closed:
            continue
        result = join(result, UNKNOWN if inside is NOTHING else inside)
    return with_taint_of(UNKNOWN if result is NOTHING else result, holder)


def set_field(it: Interpreter, holder: Value, key: Constant, value: Value) -> None:
    def change(thing: Object, is_weak: bool) -> Object:
        if thing.items is not None and isinstance(key, int):
            return _set_item(thing, key, value, is_weak)
        return thing.with_field(key, value, weak=is_weak or thing.items is None and thing.shape == "list")

    it.change(holder, change)


def _set_item(thing: Object, index: int, value: Value, is_weak: bool) -> Object:
    items = list(thing.items or ())
    if not -len(items) <= index < len(items):
        return thing.with_some(value)
    items[index] = join(items[index], value) if is_weak else value
    return thing.with_items(tuple(items))


def set_by(it: Interpreter, holder: Value, key: Value, value: Value) -> None:
    """Write under a key of which only this is known."""
    if key.is_known:
        set_field(it, holder, key.only, value)
    else:
        add(it, holder, value)


def add(it: Interpreter, holder: Value, value: Value) -> None:
    """Put the value inside at a place not known."""
    it.change(holder, lambda thing, _: thing.with_some(value))


def items(it: Interpreter, holder: Value) -> list[Value] | None:
    """Return what iterating gives, in order, when exactly known."""
    if holder.is_known and isinstance(holder.only, str) and len(holder.only) <= MOST_CHARACTERS:
        return [constant(letter) for letter in holder.only]
    if len(holder.refs) != 1 or holder.consts != ():
        return None
    thing = it.object(holder.refs[0])
    if thing.items is not None:
        return [with_taint_of(item, holder) for item in thing.items]
    if thing.shape == "dict" and thing.closed and thing.rest is None:
        return [constant(key) for key in thing.fields]
    return None


def entries(it: Interpreter, holder: Value) -> dict[Constant, Value] | None:
    """Return all fields when exactly known."""
    if len(holder.refs) != 1 or holder.consts != ():
        return None
    thing = it.object(holder.refs[0])
    if not thing.closed or thing.rest is not None:
        return None
    return {key: with_taint_of(value, holder) for key, value in thing.fields.items()}


def sequence(it: Interpreter, values: Iterable[Value], shape: Shape, node: ir.Node | None = None) -> Value:
    """Make a list, tuple or set of exactly these."""
    made = Object(shape, it.language.types.get(shape, shape), closed=True).with_items(tuple(values))
    return it.allocate(made, node)


def some(it: Interpreter, value: Value, shape: Shape, node: ir.Node | None = None) -> Value:
    """Make a list, tuple or set of an unknown number of such values."""
    return it.allocate(Object(shape, it.language.types.get(shape, shape), rest=value), node)


def mapping(
    it: Interpreter, fields: dict[Constant, Value], node: ir.Node | None = None, rest: Value | None = None
) -> Value:
    """Make a dict of exactly these entries, and `rest` under keys not known."""
    return it.allocate(
        Object("dict", it.language.types.get("dict", "dict"), fields=fields, rest=rest, closed=True), node
    )


def index(it: Interpreter, holder: Value, key: Value) -> Value:
    """Return `holder[key]`."""
    if holder.consts:
        folded = fold(it.language.index, (holder, key))
        if folded is not None:
            return folded
    if holder.refs:
        return get_by(it, holder, key)
    return Value(flows=holder.flows) if holder.flows else UNKNOWN


def _slice_of_head(holder: Value, bounds: tuple[Value, Value, Value]) -> Value | None:
    """Return a slice that lies inside the text that the holder surely starts with."""
    lower, upper, step = bounds
    known = all(bound.is_known for bound in bounds) and step.only in (None, 1)
    if not holder.head or not known or not isinstance(upper.only, int) or isinstance(upper.only, bool):
        return None
    start = lower.only or 0
    if isinstance(start, int) and 0 <= start <= upper.only <= len(holder.head):
        return constant(holder.head[start : upper.only])
    return None


def slice_of(it: Interpreter, holder: Value, bounds: tuple[Value, Value, Value], node: ir.Node) -> Value:
    """Return `holder[lower:upper:step]`."""
    if holder.consts:
        folded = fold(it.language.slice, (holder, *bounds))
        if folded is not None:
            return folded
    within = _slice_of_head(holder, bounds)
    if within is not None:
        return within
    exact = items(it, holder) if holder.refs else None
    if exact is not None and all(bound.is_known for bound in bounds):
        lower, upper, step = (bound.only for bound in bounds)
        try:
            return sequence(it, exact[slice(lower, upper, step)], "list", node)
        except (TypeError, ValueError):
            return element(it, holder)
    if holder.refs:
        return some(it, element(it, holder), "list", node)
    return Value(flows=holder.flows, type=holder.type, head="") if holder.flows else UNKNOWN
