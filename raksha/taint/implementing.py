"""Which methods of the project can stand behind one without a body, where the object's own class is not known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from raksha.taint import classes, ir
from raksha.taint.callables import Class, Function
from raksha.taint.declared import result_type

if TYPE_CHECKING:
    from raksha.taint.interpreter import Interpreter
    from raksha.taint.modules import Module
    from raksha.taint.values import Value

MOST = 3


def call(
    it: Interpreter, function: Function, args: tuple[Value, ...], keywords: Mapping[str, Value], node: ir.Expr
) -> Value:
    """Call an abstract method: what implements it where that is in sight, else its result has the declared type."""
    from raksha.taint.calls import either_way
    from raksha.taint.inlining import inline, symbolic

    def way(cls: Class, made: Function) -> Value:
        return inline(it, made, symbolic(it, cls), args, keywords, node)

    found = implementations(it, function)
    if not found:
        return result_type(it, function, it.unknown(*args, *keywords.values()))
    return either_way(it, [partial(way, cls, made) for cls, made in found])


def implementations(it: Interpreter, function: Function) -> tuple[tuple[Class, Function], ...]:
    """Return classes and their methods: those of the same file, and of files that the language names after it.

    Not every class of the project is asked, so that what a file's result depends on stays known.
    """
    known = it.implementations.get(function)
    if known is None:
        it.implementations[function] = ()  # asked again meanwhile: a circle
        known = it.implementations[function] = tuple(_found(it, function))[:MOST]
    return known


def _found(it: Interpreter, function: Function) -> Iterator[tuple[Class, Function]]:
    owner = function.owner
    if owner is None:
        return
    for cls in _candidates(it, owner):
        if cls is owner or owner not in classes.lineage(it, cls):
            continue
        made = classes.method(it, cls, function.node.name, len(function.node.params))
        if made is not None and not made.node.is_abstract:
            yield cls, made


def _candidates(it: Interpreter, owner: Class) -> Iterator[Class]:
    yield from _of_module(owner.module)
    if it.module is not owner.module:
        yield from _of_module(it.module)
    for target in it.language.resolver.implementations(owner.module.tree, owner.node.name):
        path = it.project.first(target.files, owner.module.path, it.consulted)
        module = it.load(path) if path else None
        if module is not None:
            yield from _of_module(module)


def _of_module(module: Module) -> Iterator[Class]:
    for stmt in module.tree.body:
        if isinstance(stmt, ir.Class):
            cls = module.class_(stmt)
            yield cls
            yield from cls.inner.values()
