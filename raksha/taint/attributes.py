"""Attributes: of objects, classes, modules and of things outside the project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raksha.taint import classes, modelling, names, shapes
from raksha.taint.callables import Bound, Callable, Class, Function, ModuleReference, Super
from raksha.taint.decorating import decorated
from raksha.taint.decorating import names as decorator_names
from raksha.taint.heap import Object
from raksha.taint.joining import join
from raksha.taint.values import NOTHING, UNKNOWN, Value

if TYPE_CHECKING:
    from raksha.taint import ir
    from raksha.taint.interpreter import Interpreter

PROPERTIES = frozenset({"property", "cached_property", "getter", "hybrid_property"})


def get(it: Interpreter, holder: Value, name: str, node: ir.Expr) -> Value:
    """Return `holder.name`, read and not called."""
    result = NOTHING
    for number in holder.refs:
        result = join(result, _of_object(it, number, holder, name, node))
    for found in holder.callables:
        result = join(result, _of_callable(it, found, name, node))
    if result is not NOTHING and not holder.name:
        return result if holder.refs and not holder.callables else shapes.with_taint_of(result, holder)
    if holder.name and name[:1].isupper() and it.language.has_static_types:
        found_class = names.project_class(it, f"{holder.name}.{name}")
        if found_class is not None:
            return found_class
    outside = modelling.read(it, holder, name, node)
    return outside if result is NOTHING else join(result, outside)


def _of_object(it: Interpreter, number: int, holder: Value, name: str, node: ir.Expr) -> Value:
    thing = it.object(number)
    this = Value(holder.flows, (), (number,), thing.type)
    found = shapes.known(it, this, name) if thing.shape != "list" else None
    if found is not None:
        return found
    if thing.cls is None:
        return modelling.read(it, this, name, node)
    return of_class(it, thing.cls, this, name, node) or _of_bases(it, thing, this, name, node)


def of_class(it: Interpreter, cls: Class, this: Value, name: str, node: ir.Expr) -> Value | None:
    """Return what an instance gets from its class: a bound method, a property's value, a class variable."""
    function = classes.method(it, cls, name)
    if function is not None:
        if PROPERTIES.intersection(decorator_names(function.node)):
            from raksha.taint.inlining import inline

            return inline(it, function, this, (), {}, node)
        return _bound(it, function, this, name)
    return classes.static(it, cls, name)


def _bound(it: Interpreter, function: Function, this: Value, name: str) -> Value:
    if function.node.is_static or "staticmethod" in decorator_names(function.node):
        return Value(consts=(), callables=(function,))
    bound = tuple(
        Bound(this, name, found) if isinstance(found, Function) else found
        for found in decorated(it, function).callables
    )
    return Value(consts=(), callables=bound)


def _of_bases(it: Interpreter, thing: Object, this: Value, name: str, node: ir.Expr) -> Value:
    """Return what an instance gets from a class outside the project."""
    if thing.cls is not None:
        for outside in classes.outside_types(it, thing.cls):
            if modelling.find(it, outside, name):
                return modelling.read(it, Value(this.flows, type=outside), name, node)
    return shapes.with_taint_of(UNKNOWN, this)


def _of_callable(it: Interpreter, found: Callable, name: str, node: ir.Expr) -> Value:
    if isinstance(found, ModuleReference):
        return of_module(it, found, name)
    if isinstance(found, Class):
        return of_class_itself(it, found, name, node)
    if isinstance(found, Super):
        for base in classes.bases(it, found.owner)[0]:
            value = of_class(it, base, found.this, name, node)
            if value is not None:
                return value
    return UNKNOWN


def of_class_itself(it: Interpreter, cls: Class, name: str, node: ir.Expr) -> Value:
    """Return `Class.name`."""
    function = classes.method(it, cls, name)
    if function is not None:
        if "classmethod" in decorator_names(function.node):
            this = Value(consts=(), callables=(cls,))
            return Value(consts=(), callables=(Bound(this, name, function),))
        return decorated(it, function)
    value = classes.static(it, cls, name)
    if value is not None:
        return value
    for outside in classes.outside_types(it, cls):
        if modelling.find(it, outside, name):
            return modelling.read(it, Value(name=outside), name, node)
    return UNKNOWN


def of_module(it: Interpreter, found: ModuleReference, name: str) -> Value:
    """Return `module.name`."""
    if found.module is not None:
        value = names.member(it, found.module, name)
        if value is not None:
            return value
    below = names.submodule(it, found.importer, f"{found.name}.{name}")
    if below is not None:
        return names.as_value(below)
    if found.module is None:
        return Value(consts=(), callables=(ModuleReference(f"{found.name}.{name}", found.importer),))
    return UNKNOWN


def assign(it: Interpreter, holder: Value, name: str, value: Value) -> None:
    """Do `holder.name = value`."""
    if holder.refs:
        shapes.set_field(it, holder, name, value)
    for found in holder.callables:
        if isinstance(found, Class):
            classes.set_static(it, found, name, value)
        elif isinstance(found, ModuleReference) and found.module is not None:
            state = it.now
            state.globals = {**state.globals, (found.module.path, name): value}
