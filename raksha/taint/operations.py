"""Operations of containers on exactly known contents, and callbacks over them. `library.Container` lists them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from raksha.taint import shapes, tracing
from raksha.taint.folding import fold
from raksha.taint.heap import Object, Shape, join_all
from raksha.taint.joining import join, keyed
from raksha.taint.values import BOOLEAN, FALSE, NULL, TRUE, UNKNOWN, Constant, Value, constant

if TYPE_CHECKING:
    from raksha.taint import ir
    from raksha.taint.interpreter import Interpreter
    from raksha.taint.library import Called, Calls, Container

FRESH = frozenset({"copy", "keys", "values", "items", "slice", "reversed", "concat"})
Change = Callable[[tuple[Value, ...]], tuple[Value, ...]]


def apply(it: Interpreter, model: Container, called: Called) -> Value | None:
    """Carry out the operation; None when there is no container to work on."""
    if model.on >= 0:
        rest = (*called.args[: model.on], *called.args[model.on + 1 :])
        called = replace(called, receiver=called.arg(model.on), args=rest)
    needs_receiver = model.operation not in WITHOUT_RECEIVER
    if needs_receiver and (called.receiver is None or not called.receiver.refs):
        return None
    result = TABLE[model.operation](it, model, called)
    if result is not None and model.type and model.operation in FRESH and result.refs:
        result = _typed(it, result, model.type)
    if model.gives == "receiver" and called.receiver is not None:
        return called.receiver
    return BOOLEAN if model.gives == "boolean" and result is UNKNOWN else result


def _holder(called: Called) -> Value:
    return called.receiver if called.receiver is not None else UNKNOWN


def _first(called: Called) -> Value:
    if called.args:
        return called.args[0]
    return next(iter(called.keywords.values()), UNKNOWN)


def _second(called: Called) -> Value | None:
    return called.args[1] if len(called.args) > 1 else called.keywords.get("default")


def change_items(it: Interpreter, holder: Value, change: Change, otherwise: Value | None = None) -> None:
    """Change exactly known items; where they are not known, `otherwise` is put somewhere inside."""

    def changed(thing: Object, is_weak: bool) -> Object:
        if thing.items is not None and not is_weak and not _is_shaky(it, thing):
            return thing.with_items(change(thing.items))
        return thing.with_some(otherwise) if otherwise is not None else thing

    it.change(holder, changed)


def _is_shaky(it: Interpreter, thing: Object) -> bool:
    return it.summing > 0 and len(thing.items or ()) > it.budget.unroll


def _append(it: Interpreter, model: Container, called: Called) -> Value:
    value = _first(called)
    change_items(it, _holder(called), lambda items: (*items, value), value)
    return UNKNOWN


def _prepend(it: Interpreter, model: Container, called: Called) -> Value:
    value = _first(called)
    change_items(it, _holder(called), lambda items: (value, *items), value)
    return UNKNOWN


def _insert(it: Interpreter, model: Container, called: Called) -> Value:
    value = _second(called) or UNKNOWN
    index = _first(called)
    if not index.is_known or not isinstance(index.only, int):
        shapes.add(it, _holder(called), value)
        return UNKNOWN
    at = index.only
    change_items(it, _holder(called), lambda items: (*items[:at], value, *items[at:]), value)
    return UNKNOWN


def _extend(it: Interpreter, model: Container, called: Called) -> Value:
    more = shapes.items(it, _first(called))
    if more is None:
        shapes.add(it, _holder(called), shapes.element(it, _first(called)))
    else:
        change_items(it, _holder(called), lambda items: (*items, *more), join_all(more))
    return UNKNOWN


def _get(it: Interpreter, model: Container, called: Called) -> Value:
    key, holder = _first(called), _holder(called)
    default = _second(called) or NULL
    if not key.consts or key.refs:
        return join(shapes.element(it, holder), default)
    return join_all(_entry(it, holder, one, default) for one in key.consts)


def _entry(it: Interpreter, holder: Value, key: Constant, default: Value) -> Value:
    results = []
    for number in holder.refs:
        thing = it.object(number)
        found = thing.fields.get(key)
        if found is not None:
            results.append(found)
        elif thing.closed:
            results.append(default if thing.rest is None else join(thing.rest, default))
        else:
            results.append(join(UNKNOWN if thing.rest is None else thing.rest, default))
    return shapes.with_taint_of(join_all(results), holder)


def _put(it: Interpreter, model: Container, called: Called) -> Value:
    holder, key, value = _holder(called), _first(called), _second(called) or UNKNOWN
    old = _get(it, model, _only_key(called)) if model.gives == "old" else UNKNOWN
    shapes.set_by(it, holder, key, value)
    return old


def _only_key(called: Called) -> Called:
    return replace(called, args=called.args[:1], keywords={})


def _put_if_absent(it: Interpreter, model: Container, called: Called) -> Value:
    holder, key, value = _holder(called), _first(called), _second(called) or NULL
    if key.is_known and len(holder.refs) == 1:
        thing = it.object(holder.refs[0])
        if key.only in thing.fields:
            return shapes.get(it, holder, key.only)
        if thing.closed and thing.rest is None:
            shapes.set_field(it, holder, key.only, value)
            return value
    shapes.add(it, holder, value)
    return join(shapes.element(it, holder), value)


def _take(it: Interpreter, holder: Value, index: int) -> Value:
    result = shapes.get(it, holder, index)

    def without(items: tuple[Value, ...]) -> tuple[Value, ...]:
        at = index if index >= 0 else index + len(items)
        return (*items[:at], *items[at + 1 :]) if 0 <= at < len(items) else items

    change_items(it, holder, without)
    return result


def _pop(it: Interpreter, model: Container, called: Called) -> Value:
    if not called.args:
        return _take(it, _holder(called), -1)
    return _remove_at(it, model, called)


def _remove_at(it: Interpreter, model: Container, called: Called) -> Value:
    index = _first(called)
    if index.is_known and isinstance(index.only, int):
        return _take(it, _holder(called), index.only)
    return _forget_order(it, _holder(called))


def _forget_order(it: Interpreter, holder: Value) -> Value:
    result = shapes.element(it, holder)

    def changed(thing: Object, is_weak: bool) -> Object:
        made = thing.copy()
        if thing.items is not None:
            made.items, made.rest = None, join_all(thing.items)
        return made

    it.change(holder, changed)
    return result


def _pop_first(it: Interpreter, model: Container, called: Called) -> Value:
    return _take(it, _holder(called), 0)


def _pop_key(it: Interpreter, model: Container, called: Called) -> Value:
    holder, key = _holder(called), _first(called)
    result = _get(it, model, called)
    if key.is_known:
        only = key.only

        def changed(thing: Object, is_weak: bool) -> Object:
            made = thing.copy()
            if not is_weak:
                made.fields.pop(only, None)
            return made

        it.change(holder, changed)
    return result


def _remove(it: Interpreter, model: Container, called: Called) -> Value:
    """Remove the first that is surely equal; if none surely is, any may have gone."""
    holder, value = _holder(called), _first(called)
    exact = shapes.items(it, holder)
    if exact is not None:
        for at, item in enumerate(exact):
            if item is value or (item.is_known and value.is_known and keyed(item.only) == keyed(value.only)):
                _take(it, holder, at)
                return TRUE
            if not (item.is_known and value.is_known):
                break
        else:
            return FALSE
    _forget_order(it, holder)
    return BOOLEAN


def _clear(it: Interpreter, model: Container, called: Called) -> Value:
    def changed(thing: Object, is_weak: bool) -> Object:
        if is_weak:
            return thing
        items = () if thing.shape not in ("dict", "object") else None
        return Object(thing.shape, thing.type, cls=thing.cls, items=items, closed=True)

    it.change(_holder(called), changed)
    return UNKNOWN


def _keys(it: Interpreter, model: Container, called: Called) -> Value:
    known = shapes.entries(it, _holder(called))
    if known is None:
        return shapes.some(it, Value(flows=_holder(called).flows), "list", called.node)
    return shapes.sequence(it, map(constant, known), "list", called.node)


def _values(it: Interpreter, model: Container, called: Called) -> Value:
    known = shapes.entries(it, _holder(called))
    if known is None:
        return shapes.some(it, shapes.element(it, _holder(called)), "list", called.node)
    return shapes.sequence(it, known.values(), "list", called.node)


def _items(it: Interpreter, model: Container, called: Called) -> Value:
    known = shapes.entries(it, _holder(called))
    if known is None:
        value = shapes.element(it, _holder(called))
        pair = shapes.sequence(it, (Value(flows=_holder(called).flows), value), "tuple")
        return shapes.some(it, pair, "list", called.node)
    pairs = [shapes.sequence(it, (constant(key), value), "tuple") for key, value in known.items()]
    return shapes.sequence(it, pairs, "list", called.node)


def _update(it: Interpreter, model: Container, called: Called) -> Value:
    holder = _holder(called)
    if called.args:
        merge_entries(it, holder, called.args[0])
    for name, value in called.keywords.items():
        shapes.set_field(it, holder, name, value)
    return UNKNOWN


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


def copy_of(it: Interpreter, holder: Value, called: Called) -> Value:
    made = [it.allocate(it.object(number).copy(), None) for number in holder.refs]
    return shapes.with_taint_of(join_all(made), holder)


def _copy(it: Interpreter, model: Container, called: Called) -> Value:
    return copy_of(it, _holder(called), called)


def _sorted_items(items: tuple[Value, ...]) -> tuple[Value, ...] | None:
    if not all(item.is_known for item in items):
        return None
    try:
        return tuple(sorted(items, key=lambda item: item.only))  # type: ignore[arg-type,return-value]
    except TypeError:
        return None


def _sort(it: Interpreter, model: Container, called: Called) -> Value:
    exact = shapes.items(it, _holder(called))
    ordered = (
        _sorted_items(tuple(exact)) if exact is not None and not called.args and not called.keywords else None
    )
    if ordered is None:
        _forget_order(it, _holder(called))
    else:
        change_items(it, _holder(called), lambda _: ordered)
    return UNKNOWN


def _reverse(it: Interpreter, model: Container, called: Called) -> Value:
    change_items(it, _holder(called), lambda items: items[::-1])
    return UNKNOWN


def _reversed(it: Interpreter, model: Container, called: Called) -> Value:
    holder = called.receiver if called.receiver is not None else _first(called)
    exact = shapes.items(it, holder)
    if exact is None:
        return shapes.some(it, shapes.element(it, holder), "list", called.node)
    return shapes.sequence(it, exact[::-1], "list", called.node)


def _contains(it: Interpreter, model: Container, called: Called) -> Value:
    from raksha.taint.conditions import membership

    return membership(it, _first(called), _holder(called))


def _contains_value(it: Interpreter, model: Container, called: Called) -> Value:
    from raksha.taint.conditions import membership

    return membership(it, _first(called), _values(it, model, called))


def _at(index: int) -> Callable[[Interpreter, Container, Called], Value]:
    return lambda it, model, called: shapes.get(it, _holder(called), index)


def _get_at(it: Interpreter, model: Container, called: Called) -> Value:
    return shapes.get_by(it, _holder(called), _first(called))


def _set_at(it: Interpreter, model: Container, called: Called) -> Value:
    old = _get_at(it, model, called)
    shapes.set_by(it, _holder(called), _first(called), _second(called) or UNKNOWN)
    return old


def _size(it: Interpreter, model: Container, called: Called) -> Value:
    holder = _holder(called)
    size = it.object(holder.refs[0]).size() if len(holder.refs) == 1 else None
    return constant(size) if size is not None else Value(type=it.language.types.get("int", ""))


def _is_empty(it: Interpreter, model: Container, called: Called) -> Value:
    size = _size(it, model, called)
    return constant(size.only == 0) if size.is_known else BOOLEAN


def _index_of(it: Interpreter, model: Container, called: Called) -> Value:
    exact, value = shapes.items(it, _holder(called)), _first(called)
    if exact is not None and value.is_known and all(item.is_known for item in exact):
        wanted = keyed(value.only)
        found = [at for at, item in enumerate(exact) if keyed(item.only) == wanted]
        return constant(found[0] if found else -1)
    return Value(type=it.language.types.get("int", ""))


def _slice(it: Interpreter, model: Container, called: Called) -> Value:
    lower = called.args[0] if called.args else NULL
    upper = called.args[1] if len(called.args) > 1 else NULL
    return shapes.slice_of(it, _holder(called), (lower, upper, NULL), called.node)


def _concat(it: Interpreter, model: Container, called: Called) -> Value:
    lists = [_holder(called), *called.args]
    exact = [shapes.items(it, one) for one in lists]
    if all(items is not None for items in exact):
        return shapes.sequence(it, [item for items in exact for item in items or ()], "list", called.node)
    return shapes.some(it, join_all(shapes.element(it, one) for one in lists), "list", called.node)


def _iterate(it: Interpreter, model: Container, called: Called) -> Value:
    return _holder(called)


def _join_text(it: Interpreter, model: Container, called: Called) -> Value | None:
    separator, parts = _holder(called), shapes.items(it, _first(called))
    if parts is None or (_holder(called).flows and not separator.is_known):
        return None
    folded = fold(lambda between, *texts: between.join(texts), [separator, *parts])
    if folded is not None:
        return folded
    flows = join_all(it.deep(part) for part in parts).flows if parts else ()
    made = Value(flows=flows, type=it.language.types.get("str", ""))
    if parts and separator.consts is not None:
        from raksha.taint.joining import head_of

        made = made.but(head=head_of(parts[0]))
    return tracing.stepped(it, made, called.node, "becomes part of a string")


def _of(it: Interpreter, model: Container, called: Called) -> Value:
    shape: Shape = model.makes
    exact = shapes.items(it, _first(called)) if called.args else []
    if exact is None:
        made = shapes.some(it, shapes.element(it, _first(called)), shape, called.node)
    else:
        made = shapes.sequence(it, exact, shape, called.node)
    return _typed(it, made, model.type)


def _of_items(it: Interpreter, model: Container, called: Called) -> Value:
    return _typed(it, shapes.sequence(it, called.args, model.makes, called.node), model.type)


def _typed(it: Interpreter, made: Value, type: str) -> Value:
    if not type:
        return made

    def changed(thing: Object, is_weak: bool) -> Object:
        other = thing.copy()
        other.type = type
        return other

    it.change(made, changed)
    return made.but(type=type)


def _of_pairs(it: Interpreter, model: Container, called: Called) -> Value:
    made = _typed(it, shapes.mapping(it, {}, called.node), model.type)
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


def _enumerate(it: Interpreter, model: Container, called: Called) -> Value:
    exact = shapes.items(it, _first(called))
    start = _second(called)
    if exact is None or (start is not None and not start.is_known):
        number = Value(type=it.language.types.get("int", ""))
        pair = shapes.sequence(it, (number, shapes.element(it, _first(called))), "tuple")
        return shapes.some(it, pair, "list", called.node)
    first = start.only if start is not None and isinstance(start.only, int) else 0
    pairs = [shapes.sequence(it, (constant(at), item), "tuple") for at, item in enumerate(exact, first)]
    return shapes.sequence(it, pairs, "list", called.node)


def _zip(it: Interpreter, model: Container, called: Called) -> Value:
    exact = [shapes.items(it, one) for one in called.args]
    if all(items is not None for items in exact):
        rows = zip(*(items or () for items in exact), strict=False)
        return shapes.sequence(it, [shapes.sequence(it, row, "tuple") for row in rows], "list", called.node)
    row = shapes.sequence(it, [shapes.element(it, one) for one in called.args], "tuple")
    return shapes.some(it, row, "list", called.node)


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


WITHOUT_RECEIVER = frozenset({"of", "of_items", "of_pairs", "enumerate", "zip", "reversed", "join_text"})
TABLE: dict[str, Callable[[Interpreter, Container, Called], Value | None]] = {
    "append": _append, "prepend": _prepend, "insert": _insert, "extend": _extend, "get": _get, "put": _put,
    "put_if_absent": _put_if_absent, "pop": _pop, "pop_first": _pop_first, "pop_key": _pop_key, "remove": _remove,
    "remove_at": _remove_at, "clear": _clear, "keys": _keys, "values": _values, "items": _items, "update": _update,
    "copy": _copy, "sort": _sort, "reverse": _reverse, "reversed": _reversed, "contains": _contains,
    "contains_key": _contains, "contains_value": _contains_value, "first": _at(0), "last": _at(-1), "size": _size,
    "is_empty": _is_empty, "index_of": _index_of, "slice": _slice, "concat": _concat, "iterate": _iterate,
    "set_at": _set_at, "get_at": _get_at, "join_text": _join_text, "union": _concat, "discard": _remove, "of": _of,
    "of_items": _of_items, "of_pairs": _of_pairs, "enumerate": _enumerate, "zip": _zip,
}  # fmt: skip
