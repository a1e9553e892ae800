"""Functions handed to code outside the project, which calls them with what it was given."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

from raksha.taint import shapes
from raksha.taint.callables import Function
from raksha.taint.heap import join_all
from raksha.taint.state import merge
from raksha.taint.values import UNKNOWN, Value

if TYPE_CHECKING:
    from raksha.taint import ir
    from raksha.taint.interpreter import Interpreter
    from raksha.taint.library import Called, Calls


def call_back(it: Interpreter, model: Calls, called: Called, function: Value) -> Value:
    """Call the callback with elements of containers, one by one where they are exactly known."""
    from raksha.taint.calls import call_value

    fixed = [value for place in model.args if (value := called.arg(place)) is not None]
    holders = [value for place in model.elements if (value := called.arg(place)) is not None]
    rows = _rows(it, holders)
    node = cast("ir.Expr", called.node)
    results: list[Value] = []
    for row in rows:
        results.append(call_value(it, node, function, (*row, *fixed), {}))
    if model.returns == "result":
        return join_all(results) if results else UNKNOWN
    if model.returns == "nothing":
        return UNKNOWN
    if model.returns == "elements":
        return _kept(it, holders, called)
    if _is_exact(it, holders):
        return shapes.sequence(it, results, "list", called.node)
    return shapes.some(it, join_all(results), "list", called.node)


def call_maybe(it: Interpreter, called: Called) -> None:
    """Run functions that are handed to code of which nothing is known; it may call them here or not."""
    from raksha.taint.calls import call_value

    node = cast("ir.Expr", called.node)
    for value in called.args:
        for found in value.callables:
            if isinstance(found, Function) and found.frame is not None and found not in it.stack:
                function = Value(consts=(), callables=(found,))
                ended = it.along(it.now.fork(), partial(call_value, it, node, function, (), {}))
                it.state = merge(it.state, ended)


def _rows(it: Interpreter, holders: list[Value]) -> list[tuple[Value, ...]]:
    if not holders:
        return [()]
    exact = [shapes.items(it, holder) for holder in holders]
    if all(items is not None and len(items) <= it.budget.unroll for items in exact):
        return list(zip(*(items or () for items in exact), strict=False))
    return [tuple(shapes.element(it, holder) for holder in holders)]


def _is_exact(it: Interpreter, holders: list[Value]) -> bool:
    exact = [shapes.items(it, holder) for holder in holders]
    return bool(holders) and all(items is not None and len(items) <= it.budget.unroll for items in exact)


def _kept(it: Interpreter, holders: list[Value], called: Called) -> Value:
    inside = shapes.element(it, holders[0]) if holders else UNKNOWN
    return shapes.some(it, inside, "list", called.node)
