"""Loops: round by round while all is exactly known, else rounds taken together until nothing new is learnt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raksha.taint import conditions, ir, shapes
from raksha.taint.assigning import assign
from raksha.taint.declared import with_type
from raksha.taint.folding import truth
from raksha.taint.frames import Loop
from raksha.taint.state import State, is_same, merge, merge_all
from raksha.taint.values import Value

if TYPE_CHECKING:
    from raksha.taint.interpreter import Interpreter

MOST_ROUNDS = 4


def for_loop(it: Interpreter, node: ir.For) -> None:
    """Run a loop over values (or keys)."""
    iterable = it.eval(node.iterable)
    exact = _exact(it, node, iterable)
    loop = Loop(node.label)
    it.frame.loops.append(loop)
    if exact is not None and len(exact) <= it.budget.unroll:
        for item in exact:
            if it.state is None:
                break
            _round(it, node, item, loop)
    else:
        _together(it, node, iterable, loop)
    it.frame.loops.pop()
    it.run(node.other)
    it.state = merge_all([it.state, *loop.breaks])


def _exact(it: Interpreter, node: ir.For, iterable: Value) -> list[Value] | None:
    if node.over == "keys":
        known = shapes.entries(it, iterable)
        return None if known is None else [Value(consts=(key,)) for key in known]
    return shapes.items(it, iterable)


def _round(it: Interpreter, node: ir.For, item: Value, loop: Loop) -> None:
    it.tick()
    assign(it, node.target, with_type(it, item, node.type))
    it.run(node.body)
    _continue(it, loop)


def _continue(it: Interpreter, loop: Loop) -> None:
    it.state = merge_all([it.state, *loop.continues])
    loop.continues.clear()


def _together(it: Interpreter, node: ir.For, iterable: Value, loop: Loop) -> None:
    it.summing += 1
    try:
        head = it.now
        for number in range(MOST_ROUNDS):
            it.state = head.fork()
            it.tick()
            assign(it, node.target, with_type(it, _item(it, node, iterable), node.type))
            it.run(node.body)
            _continue(it, loop)
            settled, head = _advance(head, it.state, number)
            if settled:
                break
        it.state = head
    finally:
        it.summing -= 1


def _item(it: Interpreter, node: ir.For, iterable: Value) -> Value:
    if node.over == "keys" or (iterable.refs and it.object(iterable.refs[0]).shape == "dict"):
        return Value(flows=iterable.flows)
    return shapes.element(it, iterable)


def _advance(head: State, after: State | None, number: int) -> tuple[bool, State]:
    """Return whether another round would teach nothing, and the state before that round."""
    if after is None:
        return True, head
    before = head.fork()
    joined = merge(head, after) or before
    if is_same(before, joined):
        return True, joined
    if number:
        widen(before, joined)
    return False, joined


def widen(before: State, after: State) -> None:
    """Give up constants that keep changing from round to round."""
    for name, value in after.locals.items():
        old = before.locals.get(name)
        if old is not None and old is not value and old.consts != value.consts and value.consts is not None:
            after.locals[name] = value.but(consts=None)


def while_loop(it: Interpreter, node: ir.While) -> None:
    """Run a loop with a condition: exactly as long as the condition is known, then rounds together."""
    loop = Loop(node.label)
    it.frame.loops.append(loop)
    exits: list[State | None] = []
    if node.after:
        _body(it, node, loop)
    for _ in range(it.budget.unroll):
        if it.state is None or not _exact_round(it, node, loop, exits):
            break
    if it.state is not None:
        _rounds(it, node, loop, exits)
    it.frame.loops.pop()
    it.state = merge_all(exits)
    it.run(node.other)
    it.state = merge_all([it.state, *loop.breaks])


def _test(it: Interpreter, node: ir.While) -> Value:
    return conditions.identify(it, node.test, it.eval(node.test))


def _body(it: Interpreter, node: ir.While, loop: Loop) -> None:
    it.tick()
    it.run(node.body)
    _continue(it, loop)
    it.run(node.update)


def _exact_round(it: Interpreter, node: ir.While, loop: Loop, exits: list[State | None]) -> bool:
    """Run one round if the condition is surely true; return whether the next can be run so too."""
    state = it.now.fork()
    test = _test(it, node)
    known = truth(it, test)
    if known is None:
        it.state = state
        return False
    if known is False:
        exits.append(it.state)
        it.state = None
        return False
    certain = len(loop.breaks)
    _body(it, node, loop)
    return len(loop.breaks) == certain or it.state is None


def _rounds(it: Interpreter, node: ir.While, loop: Loop, exits: list[State | None]) -> None:
    it.summing += 1
    try:
        head = it.now
        for number in range(MOST_ROUNDS):
            it.state = head.fork()
            true, false = conditions.split(it, _test(it, node))
            exits.append(false)
            it.state = true
            if true is None:
                break
            _body(it, node, loop)
            settled, head = _advance(head, it.state, number)
            if settled:
                break
        it.state = None
    finally:
        it.summing -= 1
