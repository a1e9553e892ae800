"""Join of values: what is known when it can be the one or the other. Nothing known is the top, NOTHING the bottom."""

from __future__ import annotations

import os
from typing import Any

from raksha.taint.values import (
    LONGEST_HEAD,
    MOST_CALLABLES,
    MOST_CONSTANTS,
    MOST_FLOWS,
    MOST_REFERENCES,
    NOTHING,
    Constant,
    Fact,
    Facts,
    Flow,
    Value,
)


def join(one: Value, other: Value) -> Value:
    """Return the least value known to cover both."""
    if one is other or other is NOTHING:
        return one
    if one is NOTHING:
        return other
    consts, callables, refs = (
        _constants(one, other),
        _few(one.callables, other.callables, MOST_CALLABLES),
        _few(one.refs, other.refs, MOST_REFERENCES),
    )
    if callables is None or refs is None:
        consts = None
    return Value(
        join_flows(one.flows, other.flows),
        consts,
        refs if refs is not None else one.refs,
        _type(one, other),
        one.name if one.name == other.name else "",
        callables if callables is not None else one.callables,
        _head(one, other),
        one.symbol if one.symbol == other.symbol else 0,
        one.implies if one.implies is other.implies else None,
    )


def join_flows(one: tuple[Flow, ...], other: tuple[Flow, ...]) -> tuple[Flow, ...]:
    """Return both taints together; the bits of flows over the limit go to the last that is kept."""
    if not other or one is other:
        return one
    if not one:
        return other
    kept = {id(flow.trace): flow for flow in one}
    for flow in other:
        same = kept.get(id(flow.trace))
        if same is not None:
            if flow.bits & ~same.bits:
                kept[id(flow.trace)] = Flow(flow.bits | same.bits, flow.trace)
        elif len(kept) < MOST_FLOWS:
            kept[id(flow.trace)] = flow
        else:
            key, last = next(reversed(kept.items()))
            kept[key] = Flow(last.bits | flow.bits, last.trace)
    return tuple(kept.values())


def same(one: Value, other: Value) -> bool:
    """Return whether both say the same, apart from how taint came here and what was checked."""
    return one is other or (
        one.bits == other.bits
        and one.refs == other.refs
        and one.type == other.type
        and one.name == other.name
        and one.callables == other.callables
        and _same_constants(one.consts, other.consts)
    )


def keyed(value: Constant) -> tuple[type, Constant]:
    """Return a key that tells 1, 1.0 and True apart."""
    return type(value), value


def _same_constants(one: tuple[Constant, ...] | None, other: tuple[Constant, ...] | None) -> bool:
    if one is None or other is None:
        return one is other
    return one == other or set(map(keyed, one)) == set(map(keyed, other))


def _constants(one: Value, other: Value) -> tuple[Constant, ...] | None:
    if one.consts is None or other.consts is None:
        return None
    if one.consts == other.consts and not any(isinstance(value, bool | int | float) for value in one.consts):
        return one.consts
    kept = {keyed(value): value for value in (*one.consts, *other.consts)}
    return tuple(kept.values()) if len(kept) <= MOST_CONSTANTS else None


def _few(one: tuple[Any, ...], other: tuple[Any, ...], most: int) -> tuple[Any, ...] | None:
    if not other or one == other:
        return one
    if not one:
        return other
    both = (*one, *(item for item in other if item not in one))
    return both if len(both) <= most else None


def _type(one: Value, other: Value) -> str:
    if one.type == other.type or _is_only_null(other):
        return one.type
    return other.type if _is_only_null(one) else ""


def _is_only_null(value: Value) -> bool:
    return value.consts == (None,) and not value.refs and not value.callables


def _head(one: Value, other: Value) -> str:
    first, second = head_of(one), head_of(other)
    if not first or not second:
        return ""
    return os.path.commonprefix([first, second])[:LONGEST_HEAD]


def head_of(value: Value) -> str:
    """Return text that the value surely starts with."""
    if value.head or not value.consts:
        return value.head
    texts = [text for text in value.consts if isinstance(text, str)]
    return os.path.commonprefix(texts)[:LONGEST_HEAD] if len(texts) == len(value.consts) else ""


def meet_facts(one: Facts, other: Facts) -> Facts:
    """Return what holds either way."""
    if one is other:
        return one
    kept: Facts = {}
    for symbol, fact in one.items():
        beside = other.get(symbol)
        if beside is None:
            continue
        cleared = fact.cleared & beside.cleared
        consts = _either(fact.consts, beside.consts)
        if cleared or consts is not None:
            kept[symbol] = fact if fact is beside else Fact(cleared, consts)
    return kept


def add_facts(one: Facts, other: Facts) -> Facts:
    """Return what holds when both hold."""
    if not other:
        return one
    if not one:
        return other
    both = dict(one)
    for symbol, fact in other.items():
        old = both.get(symbol)
        if old is None:
            both[symbol] = fact
        else:
            consts = fact.consts if fact.consts is not None else old.consts
            both[symbol] = Fact(old.cleared | fact.cleared, consts)
    return both


def _either(
    one: tuple[Constant, ...] | None, other: tuple[Constant, ...] | None
) -> tuple[Constant, ...] | None:
    if one is None or other is None:
        return None
    kept = {keyed(value): value for value in (*one, *other)}
    return tuple(kept.values()) if len(kept) <= MOST_CONSTANTS else None
