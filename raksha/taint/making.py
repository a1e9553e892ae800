"""Operations that make a container out of others; `operations` has those that change one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raksha.taint import shapes
from raksha.taint.heap import Object, Shape
from raksha.taint.values import UNKNOWN, Value, constant

if TYPE_CHECKING:
    from raksha.taint.interpreter import Interpreter
    from raksha.taint.library import Called, Container


def holder_of(called: Called) -> Value:
    return called.receiver if called.receiver is not None else UNKNOWN


def first_of(called: Called) -> Value:
    if called.args:
        return called.args[0]
    return next(iter(called.keywords.values()), UNKNOWN)


def second_of(called: Called) -> Value | None:
    return called.args[1] if len(called.args) > 1 else called.keywords.get("default")


def merge_entries(it: Interpreter, holder: Value, other: Value) -> None:
    """Put all entries of the other into the holder."""
    known = shapes.entries(it, other)
    if known is None:
        inside = shapes.element(it, other)
        if inside.flows or inside.refs or inside.consts is None:
            shapes.add(it, holder, inside)
        return
    for key, value in known.items():
        shapes.set_field(it, holder, key, value)


def of(it: Interpreter, model: Container, called: Called) -> Value:
    shape: Shape = model.makes
    exact = shapes.items(it, first_of(called)) if called.args else []
    if exact is None:
        made = shapes.some(it, shapes.element(it, first_of(called)), shape, called.node)
    else:
        made = shapes.sequence(it, exact, shape, called.node)
    return typed(it, made, model.type)


def of_items(it: Interpreter, model: Container, called: Called) -> Value:
    return typed(it, shapes.sequence(it, called.args, model.makes, called.node), model.type)


def typed(it: Interpreter, made: Value, type: str) -> Value:
    if not type:
        return made

    def changed(thing: Object, is_weak: bool) -> Object:
        other = thing.copy()
        other.type = type
        return other

    it.change(made, changed)
    return made.but(type=type)


def of_pairs(it: Interpreter, model: Container, called: Called) -> Value:
    made = typed(it, shapes.mapping(it, {}, called.node), model.type)
    for argument in called.args:
        is_mapping = any(it.object(number).shape in ("dict", "object") for number in argument.refs)
        pairs = None if is_mapping else shapes.items(it, argument)
        if pairs is None:
            merge_entries(it, made, argument)
            continue
        for pair in pairs:
            shapes.set_by(it, made, shapes.get(it, pair, 0), shapes.get(it, pair, 1))
    for name, value in called.keywords.items():
        shapes.set_field(it, made, name, value)
    return made


def enumerate_(it: Interpreter, model: Container, called: Called) -> Value:
    exact = shapes.items(it, first_of(called))
    start = second_of(called)
    if exact is None or (start is not None and not start.is_known):
        number = Value(type=it.language.types.get("int", ""))
        pair = shapes.sequence(it, (number, shapes.element(it, first_of(called))), "tuple")
        return shapes.some(it, pair, "list", called.node)
    first = start.only if start is not None and isinstance(start.only, int) else 0
    pairs = [shapes.sequence(it, (constant(at), item), "tuple") for at, item in enumerate(exact, first)]
    return shapes.sequence(it, pairs, "list", called.node)


def zip_(it: Interpreter, model: Container, called: Called) -> Value:
    exact = [shapes.items(it, one) for one in called.args]
    if all(items is not None for items in exact):
        rows = zip(*(items or () for items in exact), strict=False)
        return shapes.sequence(it, [shapes.sequence(it, row, "tuple") for row in rows], "list", called.node)
    row = shapes.sequence(it, [shapes.element(it, one) for one in called.args], "tuple")
    return shapes.some(it, row, "list", called.node)
