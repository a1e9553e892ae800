"""Evaluation of expressions: one function for each form of the tree."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from raksha.taint import (
    assigning,
    attributes,
    calls,
    comprehending,
    conditions,
    folding,
    ir,
    modelling,
    names,
    shapes,
    tracing,
)
from raksha.taint.callables import Function
from raksha.taint.folding import truth
from raksha.taint.heap import join_all
from raksha.taint.joining import join
from raksha.taint.library import Called
from raksha.taint.modules import make_class
from raksha.taint.state import merge, refine
from raksha.taint.values import NULL, UNKNOWN, Constant, Value, constant

if TYPE_CHECKING:
    from raksha.taint.interpreter import Interpreter


def _const(it: Interpreter, node: ir.Const) -> Value:
    value = it.constants.get(id(node))
    if value is None:
        value = it.constants[id(node)] = constant(node.value)
    return value


def _name(it: Interpreter, node: ir.Name) -> Value:
    value = names.lookup(it, node.id)
    if value.name and not value.flows and not value.symbol and value.name in it.language.models:
        models = modelling.named(it, value.name) or ()
        told = modelling.read_models(it, (value.name, models), None, node)
        if told is not None:
            return told.but(name=value.name)
    return value


def _attr(it: Interpreter, node: ir.Attr) -> Value:
    holder = it.eval(node.value)
    value = attributes.get(it, holder, node.name, node)
    if value.flows and not value.symbol:
        key = f"{holder.name}.{node.name}" if holder.name else ""
        return refine(value.but(symbol=it.symbol_for(key)), it.now.facts)
    return value


def _index(it: Interpreter, node: ir.Index) -> Value:
    holder = it.eval(node.value)
    if isinstance(node.index, ir.Slice):
        bounds = [
            NULL if part is None else it.eval(part)
            for part in (node.index.lower, node.index.upper, node.index.step)
        ]
        return shapes.slice_of(it, holder, (bounds[0], bounds[1], bounds[2]), node)
    key = it.eval(node.index)
    told = _modelled_index(it, node, holder, key)
    value = told if told is not None else shapes.index(it, holder, key)
    if value.flows and not value.symbol:
        word = f"{holder.name}[{key.only!r}]" if holder.name and key.is_known else ""
        return refine(value.but(symbol=it.symbol_for(word)), it.now.facts)
    return value


def _modelled_index(it: Interpreter, node: ir.Index, holder: Value, key: Value) -> Value | None:
    """Indexing something outside the project may have a model: "type.[]"."""
    for base in (holder.name, holder.type):
        found = modelling.find(it, base, "[]") if base else None
        if found is not None:
            called = Called(found[0], node, holder, (key,), {}, it.world, False, (), node.value)
            return modelling.apply(it, found[1], called)
    return None


def _binary(it: Interpreter, node: ir.Binary) -> Value:
    left, right = it.eval(node.left), it.eval(node.right)
    told = _operator(it, node, left, right)
    if told is not None:
        return told
    if node.op == "+" and left.refs and right.refs:
        return _added_lists(it, node, left, right)
    right_inside = it.deep(right) if right.refs else right
    value, flows = folding.binary(it, node.op, left, right_inside)
    if not flows:
        return value
    flows = tracing.step(it, flows, node, "becomes part of a string")
    return value.but(flows=flows, symbol=it.fresh_symbol())


def _operator(it: Interpreter, node: ir.Binary, left: Value, right: Value) -> Value | None:
    left = calls.typed_by_constant(it, left)
    if not left.type:
        return None
    found = modelling.find(it, left.type, node.op)
    if found is None:
        return None
    called = Called(found[0], node, left, (right,), {}, it.world, False, (), node.left)
    return modelling.apply(it, found[1], called)


def _added_lists(it: Interpreter, node: ir.Binary, left: Value, right: Value) -> Value:
    exact = shapes.items(it, left), shapes.items(it, right)
    if exact[0] is not None and exact[1] is not None:
        return shapes.sequence(it, [*exact[0], *exact[1]], "list", node)
    inside = join(shapes.element(it, left), shapes.element(it, right))
    return shapes.some(it, inside, "list", node)


def _compare(it: Interpreter, node: ir.Compare) -> Value:
    left = conditions.identify(it, node.left, it.eval(node.left))
    right = conditions.identify(it, node.right, it.eval(node.right))
    return conditions.compare(it, node.op, left, right)


def _logic(it: Interpreter, node: ir.Logic) -> Value:
    """Evaluate the right side only in the states where it counts."""
    left = conditions.identify(it, node.left, it.eval(node.left)) if node.op != "??" else it.eval(node.left)
    if node.op == "??":
        return _or_else(it, node, left)
    known = truth(it, left)
    goes_on = node.op == "and"
    if known is not None and known is not goes_on:
        return left
    true, false = conditions.split(it, left)
    on, off = (true, false) if goes_on else (false, true)
    rights: list[Value] = []
    ended = it.along(on, lambda: rights.append(it.eval(node.right)))
    it.state = merge(off, ended)
    it.now  # noqa: B018  the right side may not come back
    if known is not None:
        return rights[0]
    right = rights[0] if rights else None
    kept = _stopping(it, left, goes_on)
    result = join(kept, right) if right is not None else kept
    return _with_implied(node.op, left, right, result)


def _stopping(it: Interpreter, left: Value, goes_on: bool) -> Value:
    """Return the left side as the result, when it decides."""
    if left.consts and not left.refs and not left.callables:
        kept = tuple(one for one in left.consts if truth(it, constant(one)) is not goes_on)
        if kept:
            return left.but(consts=kept, implies=None)
    return left.but(flows=()) if goes_on and left.implies is None else left


def _with_implied(op: str, left: Value, right: Value | None, result: Value) -> Value:
    told = conditions.implied(right) if right is not None else None
    combine = conditions.both if op == "and" else conditions.either
    if right is None:
        return result
    implied = combine(conditions.implied(left), told)
    return result.but(implies=implied) if implied is not None else result


def _or_else(it: Interpreter, node: ir.Logic, left: Value) -> Value:
    if left.consts is not None and None not in left.consts:
        return left
    before = it.now.fork()
    right = it.eval(node.right)
    it.state = merge(before, it.state)
    return right if left.consts == (None,) and not left.refs else join(left, right)


def _unary(it: Interpreter, node: ir.Unary) -> Value:
    value = (
        conditions.identify(it, node.value, it.eval(node.value)) if node.op == "not" else it.eval(node.value)
    )
    if node.op == "not":
        known = truth(it, value)
        return constant(not known) if known is not None else conditions.negated(value)
    folded = folding.fold(lambda one: it.language.unary(node.op, one), (value,))
    if folded is not None:
        return folded
    return UNKNOWN if node.op in ("~", "-", "+", "typeof", "void", "delete") else it.unknown(value)


def _choose(it: Interpreter, node: ir.Choose) -> Value:
    test = conditions.identify(it, node.test, it.eval(node.test))
    true, false = conditions.split(it, test)
    results: list[Value] = []
    after_true = it.along(true, lambda: results.append(it.eval(node.then)))
    after_false = it.along(false, lambda: results.append(it.eval(node.other)))
    it.state = merge(after_true, after_false)
    it.now  # noqa: B018  neither side may come back
    return join(results[0], results[1]) if len(results) > 1 else results[0]


def _template(it: Interpreter, node: ir.Template) -> Value:
    parts = [it.eval(part) for part in node.parts]
    if node.tag is not None:
        return calls.call_value(it, node, it.eval(node.tag), tuple(parts), {})
    value, flows = folding.template(it, parts)
    if not flows:
        return value
    flows = tracing.step(it, flows, node, "becomes part of a string")
    return value.but(flows=flows, symbol=it.fresh_symbol())


def _sequence(it: Interpreter, node: ir.Sequence) -> Value:
    values: list[Value] = []
    unknown: list[Value] = []
    for item in node.items:
        value = it.eval(item.value)
        exact = shapes.items(it, value) if item.spread else [value]
        if exact is None:
            unknown.append(shapes.element(it, value))
        else:
            values.extend(exact)
    if unknown:
        return shapes.some(it, join_all([*values, *unknown]), node.kind, node)
    return shapes.sequence(it, values, node.kind, node)


def _mapping(it: Interpreter, node: ir.Mapping) -> Value:
    fields: dict[Constant, Value] = {}
    rest: Value | None = None
    for key_node, value_node in node.entries:
        value = it.eval(value_node)
        if key_node is None:
            known = shapes.entries(it, value)
            if known is not None:
                fields.update(known)
                continue
            value = shapes.element(it, value)
        else:
            key = it.eval(key_node)
            if key.is_known:
                fields[key.only] = value
                continue
            value = join(value, Value(consts=(), flows=key.flows)) if key.flows else value
        rest = value if rest is None else join(rest, value)
    return shapes.mapping(it, fields, node, rest)


def _await(it: Interpreter, node: ir.Await) -> Value:
    return it.eval(node.value)


def _yield(it: Interpreter, node: ir.Yield) -> Value:
    value = NULL if node.value is None else it.eval(node.value)
    given = shapes.element(it, value) if node.whole else value
    it.frame.yields = join(it.frame.yields, given)
    return UNKNOWN


def _cast(it: Interpreter, node: ir.Cast) -> Value:
    from raksha.taint.declared import named

    value = it.eval(node.value)
    if value.consts or value.refs:
        cast = it.language.cast
        folded = folding.fold(lambda one: cast(node.type, one), (value,)) if cast is not None else None
        return value if folded is None else folded
    type = named(it, node.type).name or value.type
    if type in it.language.no_taint_types:
        return Value(type=type)
    return value.but(type=type) if type != value.type else value


def _unknown(it: Interpreter, node: ir.Unknown) -> Value:
    return it.unknown(*[it.eval(part) for part in node.parts])


def _function(it: Interpreter, node: ir.Function) -> Value:
    return Value(consts=(), callables=(make_function(it, node),))


def make_function(it: Interpreter, node: ir.Function) -> Function:
    """Return a function made here; inside another function it sees that one's variables."""
    frame = it.frame
    if frame.function is None and frame.owner is None and frame.outer is None and node.name:
        return frame.module.function(node)
    key = (frame, id(node))
    frame.is_captured = True
    made = it.closures.get(key)
    if made is None:
        prefix = frame.function.qualified if frame.function is not None else frame.module.qualified
        made = Function(node, frame.module, f"{prefix}.{node.name}", None, frame)
        it.closures[key] = made
    return made


def _class(it: Interpreter, node: ir.Class) -> Value:
    if it.frame.function is None:
        return Value(consts=(), callables=(it.frame.module.class_(node),))
    key = (it.frame, id(node))
    if key not in it.local_classes:
        it.local_classes[key] = make_class(it.frame.module, node)
    return Value(consts=(), callables=(it.local_classes[key],))


def _switch(it: Interpreter, node: ir.SwitchExpr) -> Value:
    from raksha.taint.switching import switch_value

    return switch_value(it, node)


def _slice(it: Interpreter, node: ir.Slice) -> Value:
    return UNKNOWN


TABLE: dict[type, Callable[[Interpreter, Any], Value]] = {
    ir.Const: _const, ir.Name: _name, ir.Attr: _attr, ir.Index: _index, ir.Slice: _slice, ir.Call: calls.call,
    ir.Binary: _binary, ir.Compare: _compare, ir.Logic: _logic, ir.Unary: _unary, ir.Choose: _choose,
    ir.Template: _template, ir.Sequence: _sequence, ir.Mapping: _mapping,
    ir.Comprehension: comprehending.comprehension, ir.AssignExpr: assigning.augment, ir.Await: _await,
    ir.Yield: _yield, ir.Cast: _cast, ir.Unknown: _unknown, ir.Function: _function, ir.Class: _class,
    ir.SwitchExpr: _switch,
}  # fmt: skip
