"""Operations of containers on exactly known contents. `vocabulary.Container` lists them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from raksha.taint import making, shapes, tracing
from raksha.taint.folding import fold
from raksha.taint.heap import Object, join_all
from raksha.taint.joining import join, keyed
from raksha.taint.making import first_of, holder_of, merge_entries, second_of, typed
from raksha.taint.values import BOOLEAN, FALSE, NULL, TRUE, UNKNOWN, Constant, Value, constant

if TYPE_CHECKING:
    from raksha.taint.interpreter import Interpreter
    from raksha.taint.library import Called, Container

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
        result = typed(it, result, model.type)
    if model.gives == "receiver" and called.receiver is not None:
        return called.receiver
    return BOOLEAN if model.gives == "boolean" and result is UNKNOWN else result


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
    value = first_of(called)
    change_items(it, holder_of(called), lambda items: (*items, value), value)
    return UNKNOWN


def _prepend(it: Interpreter, model: Container, called: Called) -> Value:
    value = first_of(called)
    change_items(it, holder_of(called), lambda items: (value, *items), value)
    return UNKNOWN


def _insert(it: Interpreter, model: Container, called: Called) -> Value:
    value = second_of(called) or UNKNOWN
    index = first_of(called)
    if not index.is_known or not isinstance(index.only, int):
        shapes.add(it, holder_of(called), value)
        return UNKNOWN
    at = index.only
    change_items(it, holder_of(called), lambda items: (*items[:at], value, *items[at:]), value)
    return UNKNOWN


def _extend(it: Interpreter, model: Container, called: Called) -> Value:
    more = shapes.items(it, first_of(called))
    if more is None:
        shapes.add(it, holder_of(called), shapes.element(it, first_of(called)))
    else:
        change_items(it, holder_of(called), lambda items: (*items, *more), join_all(more))
    return UNKNOWN


def _get(it: Interpreter, model: Container, called: Called) -> Value:
    key, holder = first_of(called), holder_of(called)
    default = second_of(called) or NULL
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
    holder, key, value = holder_of(called), first_of(called), second_of(called) or UNKNOWN
    old = _get(it, model, _only_key(called)) if model.gives == "old" else UNKNOWN
    shapes.set_by(it, holder, key, value)
    return old


def _only_key(called: Called) -> Called:
    return replace(called, args=called.args[:1], keywords={})


def _put_if_absent(it: Interpreter, model: Container, called: Called) -> Value:
    holder, key, value = holder_of(called), first_of(called), second_of(called) or NULL
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
        return _take(it, holder_of(called), -1)
    return _remove_at(it, model, called)


def _remove_at(it: Interpreter, model: Container, called: Called) -> Value:
    index = first_of(called)
    if index.is_known and isinstance(index.only, int):
        return _take(it, holder_of(called), index.only)
    return _forget_order(it, holder_of(called))


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
    return _take(it, holder_of(called), 0)


def _pop_key(it: Interpreter, model: Container, called: Called) -> Value:
    holder, key = holder_of(called), first_of(called)
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
    holder, value = holder_of(called), first_of(called)
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

    it.change(holder_of(called), changed)
    return UNKNOWN


def _keys(it: Interpreter, model: Container, called: Called) -> Value:
    known = shapes.entries(it, holder_of(called))
    if known is None:
        return shapes.some(it, Value(flows=holder_of(called).flows), "list", called.node)
    return shapes.sequence(it, map(constant, known), "list", called.node)


def _values(it: Interpreter, model: Container, called: Called) -> Value:
    known = shapes.entries(it, holder_of(called))
    if known is None:
        return shapes.some(it, shapes.element(it, holder_of(called)), "list", called.node)
    return shapes.sequence(it, known.values(), "list", called.node)


def _items(it: Interpreter, model: Container, called: Called) -> Value:
    known = shapes.entries(it, holder_of(called))
    if known is None:
        value = shapes.element(it, holder_of(called))
        pair = shapes.sequence(it, (Value(flows=holder_of(called).flows), value), "tuple")
        return shapes.some(it, pair, "list", called.node)
    pairs = [shapes.sequence(it, (constant(key), value), "tuple") for key, value in known.items()]
    return shapes.sequence(it, pairs, "list", called.node)


def _update(it: Interpreter, model: Container, called: Called) -> Value:
    holder = holder_of(called)
    if called.args:
        merge_entries(it, holder, called.args[0])
    for name, value in called.keywords.items():
        shapes.set_field(it, holder, name, value)
    return UNKNOWN


def copy_of(it: Interpreter, holder: Value, called: Called) -> Value:
    made = [it.allocate(it.object(number).copy(), None) for number in holder.refs]
    return shapes.with_taint_of(join_all(made), holder)


def _copy(it: Interpreter, model: Container, called: Called) -> Value:
    return copy_of(it, holder_of(called), called)


def _sorted_items(items: tuple[Value, ...]) -> tuple[Value, ...] | None:
    if not all(item.is_known for item in items):
        return None
    try:
        return tuple(sorted(items, key=lambda item: item.only))  # type: ignore[arg-type,return-value]
    except TypeError:
        return None


def _sort(it: Interpreter, model: Container, called: Called) -> Value:
    exact = shapes.items(it, holder_of(called))
    ordered = (
        _sorted_items(tuple(exact)) if exact is not None and not called.args and not called.keywords else None
    )
    if ordered is None:
        _forget_order(it, holder_of(called))
    else:
        change_items(it, holder_of(called), lambda _: ordered)
    return UNKNOWN


def _reverse(it: Interpreter, model: Container, called: Called) -> Value:
    change_items(it, holder_of(called), lambda items: items[::-1])
    return UNKNOWN


def _reversed(it: Interpreter, model: Container, called: Called) -> Value:
    holder = called.receiver if called.receiver is not None else first_of(called)
    exact = shapes.items(it, holder)
    if exact is None:
        return shapes.some(it, shapes.element(it, holder), "list", called.node)
    return shapes.sequence(it, exact[::-1], "list", called.node)


def _contains(it: Interpreter, model: Container, called: Called) -> Value:
    from raksha.taint.conditions import membership

    return membership(it, first_of(called), holder_of(called))


def _contains_value(it: Interpreter, model: Container, called: Called) -> Value:
    from raksha.taint.conditions import membership

    return membership(it, first_of(called), _values(it, model, called))


def _at(index: int) -> Callable[[Interpreter, Container, Called], Value]:
    return lambda it, model, called: shapes.get(it, holder_of(called), index)


def _get_at(it: Interpreter, model: Container, called: Called) -> Value:
    return shapes.get_by(it, holder_of(called), first_of(called))


def _set_at(it: Interpreter, model: Container, called: Called) -> Value:
    old = _get_at(it, model, called)
    shapes.set_by(it, holder_of(called), first_of(called), second_of(called) or UNKNOWN)
    return old


def _size(it: Interpreter, model: Container, called: Called) -> Value:
    holder = holder_of(called)
    size = it.object(holder.refs[0]).size() if len(holder.refs) == 1 else None
    return constant(size) if size is not None else Value(type=it.language.types.get("int", ""))


def _is_empty(it: Interpreter, model: Container, called: Called) -> Value:
    size = _size(it, model, called)
    return constant(size.only == 0) if size.is_known else BOOLEAN


def _index_of(it: Interpreter, model: Container, called: Called) -> Value:
    exact, value = shapes.items(it, holder_of(called)), first_of(called)
    if exact is not None and value.is_known and all(item.is_known for item in exact):
        wanted = keyed(value.only)
        found = [at for at, item in enumerate(exact) if keyed(item.only) == wanted]
        return constant(found[0] if found else -1)
    return Value(type=it.language.types.get("int", ""))


def _slice(it: Interpreter, model: Container, called: Called) -> Value:
    lower = called.args[0] if called.args else NULL
    upper = called.args[1] if len(called.args) > 1 else NULL
    return shapes.slice_of(it, holder_of(called), (lower, upper, NULL), called.node)


def _concat(it: Interpreter, model: Container, called: Called) -> Value:
    lists = [holder_of(called), *called.args]
    exact = [shapes.items(it, one) for one in lists]
    if all(items is not None for items in exact):
        return shapes.sequence(it, [item for items in exact for item in items or ()], "list", called.node)
    return shapes.some(it, join_all(shapes.element(it, one) for one in lists), "list", called.node)


def _iterate(it: Interpreter, model: Container, called: Called) -> Value:
    return holder_of(called)


def _join_text(it: Interpreter, model: Container, called: Called) -> Value | None:
    separator, parts = holder_of(called), shapes.items(it, first_of(called))
    if parts is None or (holder_of(called).flows and not separator.is_known):
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


WITHOUT_RECEIVER = frozenset({"of", "of_items", "of_pairs", "enumerate", "zip", "reversed", "join_text"})
TABLE: dict[str, Callable[[Interpreter, Container, Called], Value | None]] = {
    "append": _append, "prepend": _prepend, "insert": _insert, "extend": _extend, "get": _get, "put": _put,
    "put_if_absent": _put_if_absent, "pop": _pop, "pop_first": _pop_first, "pop_key": _pop_key, "remove": _remove,
    "remove_at": _remove_at, "clear": _clear, "keys": _keys, "values": _values, "items": _items, "update": _update,
    "copy": _copy, "sort": _sort, "reverse": _reverse, "reversed": _reversed, "contains": _contains,
    "contains_key": _contains, "contains_value": _contains_value, "first": _at(0), "last": _at(-1), "size": _size,
    "is_empty": _is_empty, "index_of": _index_of, "slice": _slice, "concat": _concat, "iterate": _iterate,
    "set_at": _set_at, "get_at": _get_at, "join_text": _join_text, "union": _concat, "discard": _remove, "of": making.of,
    "of_items": making.of_items, "of_pairs": making.of_pairs, "enumerate": making.enumerate_, "zip": making.zip_,
}  # fmt: skip
