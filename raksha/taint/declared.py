"""Declared types: a name as written becomes the value that an instance of it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raksha.taint import ir
from raksha.taint.callables import Class, Function, ModuleReference
from raksha.taint.values import UNKNOWN, Value, instance

if TYPE_CHECKING:
    from raksha.taint.interpreter import Interpreter


def of_type(it: Interpreter, function: Function, type: str) -> Value:
    """Return an instance of the type that a function's head names."""
    from raksha.taint.names import run_in

    return run_in(it, function, lambda: instance_of(it, named(it, type))) or UNKNOWN


def dotted(node: ir.Expr) -> str:
    """Return the dotted name that an expression is; empty for others."""
    if isinstance(node, ir.Name):
        return node.id
    if isinstance(node, ir.Attr):
        before = dotted(node.value)
        return f"{before}.{node.name}" if before else ""
    return ""


def named(it: Interpreter, type: str) -> Value:
    """Return what a dotted name stands for here; inside a class it is asked for once, unless it is a local one."""
    owner, is_inner = it.frame.owner, it.frame.outer is not None
    if (
        owner is None
        or is_inner
        or not it.language.has_static_types
        or type.partition(".")[0] in it.now.locals
    ):
        return _named(it, type)
    key = (owner, type)
    found = it.type_names.get(key)
    if found is None:
        found = it.type_names[key] = _named(it, type)
    return found


def _named(it: Interpreter, type: str) -> Value:
    from raksha.taint.attributes import of_module
    from raksha.taint.names import lookup, project_class

    if type in it.language.types.values():
        return Value(name=type)
    if type.endswith("[]"):
        return Value(name=it.language.types["list"])
    first, *rest = type.split(".")
    value = lookup(it, first)
    for name in rest:
        if value.name:
            full = f"{value.name}.{name}"
            value = (project_class(it, full) if name[:1].isupper() else None) or Value(name=full)
        elif value.callables and isinstance(value.callables[0], ModuleReference):
            value = of_module(it, value.callables[0], name)
        elif value.callables and isinstance(value.callables[0], Class):
            inner = value.callables[0].inner.get(name)
            value = Value(callables=(inner,)) if inner is not None else UNKNOWN
        else:
            return UNKNOWN
    return value


def instance_of(it: Interpreter, value: Value) -> Value:
    """Return an instance of a class: of the project as an object, of others by name."""
    from raksha.taint.inlining import symbolic

    for found in value.callables:
        if isinstance(found, Class):
            return symbolic(it, found)
    return instance(value.name)


def with_type(it: Interpreter, value: Value, type: str) -> Value:
    """Return the value with its declared type, when nothing better is known."""
    if not type or value.type or value.refs or value.callables:
        return value
    if value.consts and not it.language.has_static_types:
        return value
    declared = instance_of(it, named(it, type))
    if value.consts:
        return value.but(type=declared.type) if declared.type and not declared.refs else value
    if declared.type in it.language.no_taint_types:
        return declared
    if declared.refs and not value.flows:
        return declared
    return value.but(type=declared.type) if declared.type else value


def result_type(it: Interpreter, function: Function, result: Value) -> Value:
    """Return a call's result with the function's declared type, when nothing better is known."""
    type = function.node.type
    if (
        not it.language.has_static_types
        or type in ("", "void")
        or result.type
        or result.refs
        or result.callables
    ):
        return result
    if result.consts:
        return result
    declared = of_type(it, function, type)
    if declared.type in it.language.no_taint_types:
        return declared
    return result.but(type=declared.type) if declared.type else result
