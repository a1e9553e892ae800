"""Assignment to names, attributes, entries, and several at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raksha.taint import attributes, classes, folding, ir, names, operations, shapes, tracing
from raksha.taint.heap import join_all
from raksha.taint.joining import join
from raksha.taint.values import UNKNOWN, Value

if TYPE_CHECKING:
    from raksha.taint.interpreter import Interpreter


def assign(it: Interpreter, target: ir.Target, value: Value) -> None:
    """Bind a target to a value."""
    if isinstance(target, ir.Name):
        _assign_name(it, target, value)
    elif isinstance(target, ir.Attr):
        holder = it.eval(target.value)
        _watch_attribute(it, target, holder, value)
        attributes.assign(it, holder, target.name, value)
    elif isinstance(target, ir.Index):
        _assign_index(it, target, value)
    elif isinstance(target, ir.Sequence):
        _assign_several(it, target, value)
    elif isinstance(target, ir.Mapping):
        _assign_by_key(it, target, value)
    elif isinstance(target, ir.AssignExpr):  # a default inside a pattern
        assign(it, target.target, _or_default(it, value, target.value))


def _assign_name(it: Interpreter, target: ir.Name, value: Value) -> None:
    if value.flows:
        value = tracing.stepped(it, value, target, f"stored in {target.id}")
    name = target.id
    if it.language.implicit_members and name not in it.now.locals and classes.is_member(it, name):
        _assign_member(it, name, value)
    else:
        names.assign_name(it, name, value)


def _assign_member(it: Interpreter, name: str, value: Value) -> None:
    this, owner = it.frame.this, it.frame.owner
    if this is not None:
        attributes.assign(it, this, name, value)
    elif owner is not None:
        classes.set_static(it, owner, name, value)


def _assign_index(it: Interpreter, target: ir.Index, value: Value) -> None:
    holder = it.eval(target.value)
    if isinstance(target.index, ir.Slice):
        shapes.add(it, holder, shapes.element(it, value))
        return
    key = it.eval(target.index)
    _watch_item(it, target, holder, key, value)
    if holder.refs:
        shapes.set_by(it, holder, key, value)


def _watch_attribute(it: Interpreter, target: ir.Attr, holder: Value, value: Value) -> None:
    """Setting an attribute may be a sink: its model is "type.name=", "type.*=" or "*.name="."""
    from raksha.taint import modelling
    from raksha.taint.library import Called

    if not it.language.enters_lambdas:
        return
    bases = [base for base in (holder.name, holder.type) if base]
    for name in (*(f"{base}.{word}=" for base in bases for word in (target.name, "*")), f"*.{target.name}="):
        models = modelling.named(it, name)
        if models is not None:
            called = Called(name, target, holder, (value,), {}, it.world, False, (), target.value)
            modelling.apply(it, models, called)
            return


def _watch_item(it: Interpreter, target: ir.Index, holder: Value, key: Value, value: Value) -> None:
    """Setting an entry of something outside the project may be a sink: its model is "type.[]="."""
    from raksha.taint import modelling
    from raksha.taint.library import Called

    for base in (holder.name, holder.type):
        found = modelling.find(it, base, "[]=") if base else None
        if found is not None:
            called = Called(found[0], target, holder, (key, value), {}, it.world, False, (), target.value)
            modelling.apply(it, found[1], called)
            return


def _assign_several(it: Interpreter, target: ir.Sequence, value: Value) -> None:
    items = shapes.items(it, value)
    stars = [at for at, item in enumerate(target.items) if item.spread]
    count = len(target.items)
    if items is None or (not stars and len(items) != count) or len(items) < count - 1:
        inside = shapes.element(it, value)
        for item in target.items:
            assign(it, item.value, shapes.some(it, inside, "list") if item.spread else inside)
        return
    if stars:
        at, after = stars[0], count - stars[0] - 1
        middle = shapes.sequence(it, items[at : len(items) - after], "list")
        items = [*items[:at], middle, *items[len(items) - after :]]
    for item, one in zip(target.items, items, strict=True):
        assign(it, item.value, one)


def _assign_by_key(it: Interpreter, target: ir.Mapping, value: Value) -> None:
    for key, inner in target.entries:
        if key is None:
            assign(it, inner, value)
        elif isinstance(key, ir.Const) and isinstance(key.value, str):
            assign(it, inner, attributes.get(it, value, key.value, key))
        else:
            assign(it, inner, shapes.index(it, value, it.eval(key)))


def _or_default(it: Interpreter, value: Value, node: ir.Expr) -> Value:
    if value.consts is not None and None not in value.consts:
        return value
    default = it.eval(node)
    return join_all([value, default]) if value.consts is None else default


def augment(it: Interpreter, node: ir.AssignExpr) -> Value:
    """Do `target op= value`, `target = value` and `target++`; return the expression's value."""
    if not node.op:
        value = it.eval(node.value)
        assign(it, node.target, value)
        return value
    old = it.eval(node.target)
    if node.op in ("and", "or", "??"):
        new = join(old, it.eval(node.value))
    else:
        new = _updated(it, node, old, it.eval(node.value))
    assign(it, node.target, new)
    return old if node.before else new


def _updated(it: Interpreter, node: ir.AssignExpr, old: Value, value: Value) -> Value:
    if node.op == "+" and old.refs and it.object(old.refs[0]).shape == "list":
        return _extended(it, old, value)
    made, flows = folding.binary(it, node.op, old, value)
    if not flows:
        return made
    flows = tracing.step(it, flows, node, "becomes part of a string")
    return made.but(flows=flows, symbol=it.fresh_symbol())


def _extended(it: Interpreter, old: Value, value: Value) -> Value:
    more = shapes.items(it, value)
    if more is None:
        shapes.add(it, old, shapes.element(it, value))
    else:
        operations.change_items(it, old, lambda items: (*items, *more), join_all(more) if more else UNKNOWN)
    return old
