"""The doors that hooks and checks of a language get into the running program; see `library.World`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from raksha.taint import ir, shapes, tracing
from raksha.taint.heap import Object, Shape, join_all
from raksha.taint.values import UNKNOWN, Constant, Value

if TYPE_CHECKING:
    from raksha.taint.interpreter import Interpreter

LONGEST = 200


class ProgramWorld:
    def __init__(self, it: Interpreter) -> None:
        self._it = it

    def new(self, type: str, *, kind: Shape = "object", node: ir.Node | None = None) -> Value:
        items = () if kind in ("list", "tuple", "set") else None
        return self._it.allocate(Object(kind, type, items=items, closed=True), node)

    def get(self, holder: Value, key: Constant) -> Value:
        return shapes.get(self._it, holder, key) if key is not None else self.element(holder)

    def known(self, holder: Value, key: Constant) -> Value | None:
        return shapes.known(self._it, holder, key)

    def set(self, holder: Value, key: Constant, value: Value) -> None:
        shapes.set_field(self._it, holder, key, value)

    def items(self, holder: Value) -> list[Value] | None:
        return shapes.items(self._it, holder)

    def entries(self, holder: Value) -> dict[Constant, Value] | None:
        return shapes.entries(self._it, holder)

    def element(self, holder: Value) -> Value:
        return shapes.element(self._it, holder)

    def deep(self, value: Value) -> Value:
        return self._it.deep(value)

    def sequence(
        self, items: Iterable[Value], kind: Literal["list", "tuple", "set"] = "list", type: str = ""
    ) -> Value:
        return self._typed(shapes.sequence(self._it, items, kind), type)

    def mapping(self, entries: Mapping[Constant, Value], type: str = "") -> Value:
        return self._typed(shapes.mapping(self._it, dict(entries)), type)

    def _typed(self, made: Value, type: str) -> Value:
        """Give a fresh object a type of its own."""
        if not type:
            return made
        self._it.change(made, lambda thing, is_weak: thing.with_type(type))
        return made.but(type=type)

    def add(self, holder: Value, value: Value) -> None:
        shapes.add(self._it, holder, value)

    def join(self, *values: Value) -> Value:
        return join_all(values) if values else UNKNOWN

    def call(self, function: Value, args: Sequence[Value]) -> Value:
        from raksha.taint.calls import call_value

        it = self._it
        node = ir.Const(None, span=it.frame.module.tree.span)
        return call_value(it, node, function, tuple(args), {})

    def step(self, value: Value, says: str, node: ir.Node | None = None) -> Value:
        it = self._it
        return tracing.stepped(it, value, node or it.frame.module.tree, says)

    def resource(self, name: str) -> bytes | None:
        it = self._it
        for path in it.language.resolver.resource(it.frame.module.tree, name):
            it.consulted[path] = it.project.sha(path)
            if path in it.project.files:
                return it.project.files[path]
        return None

    def text(self, node: ir.Node) -> str:
        it = self._it
        return it.text_of(it.frame.module.path, node.span)[:LONGEST]

    def scope(self) -> str:
        function = self._it.frame.function
        return function.qualified if function is not None else ""

    def is_asked(self) -> bool:
        return self._it.is_asked
