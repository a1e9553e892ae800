"""The program's state at one point: variables of the function, heap, written globals, and facts from checks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from raksha.taint.heap import Object
from raksha.taint.joining import join, meet_facts, same
from raksha.taint.layers import Heap
from raksha.taint.values import NO_FACTS, Facts, Flow, Value

Globals = dict[tuple[str, str], Value]
Key = TypeVar("Key")


class State:
    """locals and heap belong to this state alone; globals and facts are shared and replaced, never changed.

    base: objects that whole modules made, below those of the heap; shared by all states.
    """

    __slots__ = ("base", "facts", "globals", "heap", "locals")

    def __init__(
        self,
        locals: dict[str, Value] | None = None,
        heap: Heap | None = None,
        globals: Globals | None = None,
        facts: Facts = NO_FACTS,
        base: dict[int, Object] | None = None,
    ) -> None:
        self.base = {} if base is None else base
        self.locals = {} if locals is None else locals
        self.heap = Heap() if heap is None else heap
        self.globals = {} if globals is None else globals
        self.facts = facts

    def fork(self) -> State:
        return State(self.locals.copy(), self.heap.fork(), self.globals, self.facts, self.base)


def refine(value: Value, facts: Facts) -> Value:
    """Return the value as far as the facts narrow it."""
    fact = facts.get(value.symbol)
    if fact is None:
        return value
    consts = value.consts
    if fact.consts is not None:
        consts = fact.consts if consts is None else tuple(c for c in consts if c in fact.consts) or consts
    flows = value.flows
    if flows and fact.cleared:
        flows = tuple(Flow(f.bits & ~fact.cleared, f.trace) for f in flows if f.bits & ~fact.cleared)
    return value.but(flows=flows, consts=consts)


def merge(one: State | None, other: State | None) -> State | None:
    """Return the state after either way; None stands for a way that is not taken. `one` may be used up."""
    if one is None or other is None:
        return other if one is None else one
    if one is other:
        return one
    facts = meet_facts(one.facts, other.facts)
    _settle(one, other, facts)
    _settle(other, one, facts)
    _merge_into(one.locals, other.locals)
    one.heap.merge(other.heap, one.base)
    if one.globals is not other.globals:
        merged = dict(one.globals)
        _merge_into(merged, other.globals)
        one.globals = merged
    one.facts = facts
    return one


def merge_all(states: Iterable[State | None]) -> State | None:
    """Return the state after any of these ways."""
    result: State | None = None
    for state in states:
        result = merge(result, state)
    return result


def _settle(state: State, other: State, kept: Facts) -> None:
    """Write facts that will not outlive the merge into the variables that the other way does not share."""
    lost = {
        symbol: fact
        for symbol, fact in state.facts.items()
        if symbol not in kept or kept[symbol].cleared != fact.cleared
    }
    if not lost:
        return
    for name, value in state.locals.items():
        if value.symbol in lost and other.locals.get(name) is not value:
            state.locals[name] = refine(value, lost).but(symbol=0)


def _merge_into(mine: dict[Key, Value], theirs: dict[Key, Value]) -> None:
    for name, value in theirs.items():
        old = mine.get(name)
        if old is None:
            mine[name] = value
        elif old is not value:
            mine[name] = join(old, value)


def is_same(one: State, other: State) -> bool:
    """Return whether the other state says no more than this one of variables and heap."""
    return (
        _is_same(one.locals, other.locals)
        and all(_is_same_object(thing, now) for thing, now in one.heap.changed(other.heap))
        and _is_same(one.globals, other.globals)
    )


def _is_same(one: dict[Key, Value], other: dict[Key, Value]) -> bool:
    if one is other:
        return True
    if len(one) != len(other):
        return False
    return all((beside := other.get(name)) is not None and same(value, beside) for name, value in one.items())


def _is_same_object(one: Object, other: Object | None) -> bool:
    if one is other:
        return True
    if (
        other is None
        or (one.items is None) != (other.items is None)
        or (one.rest is None) != (other.rest is None)
    ):
        return False
    if one.items is not None and other.items is not None:
        return len(one.items) == len(other.items) and all(map(same, one.items, other.items))
    if one.rest is not None and other.rest is not None and not same(one.rest, other.rest):
        return False
    return _is_same(one.fields, other.fields)
