"""A call as models see it, and what they may do to the program's state meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from raksha.taint import ir
from raksha.taint.values import Constant, Value

Where = int | str
RECEIVER: Final = -1
EVERY: Final = -2


class World(Protocol):
    """What a hook may do to the program's state while a call is looked at.

    Keys of fields and entries are constants; index a list by int. `None` as key means "some key".
    """

    def new(
        self, type: str, *, kind: Literal["object", "list", "tuple", "set", "dict"] = "object"
    ) -> Value: ...
    def get(self, holder: Value, key: Constant) -> Value:
        """Return what the field or entry holds (unknown when it is not known)."""

    def known(self, holder: Value, key: Constant) -> Value | None:
        """Return what the field or entry surely holds, or None."""

    def set(self, holder: Value, key: Constant, value: Value) -> None: ...
    def items(self, holder: Value) -> list[Value] | None:
        """Return all elements of a list, tuple or set in order when exactly known, else None."""

    def entries(self, holder: Value) -> dict[Constant, Value] | None:
        """Return all entries or fields when exactly known, else None."""

    def element(self, holder: Value) -> Value:
        """Return the join of everything inside, with the holder's own taint."""

    def deep(self, value: Value) -> Value:
        """Return the value with the taint of everything inside it added."""

    def sequence(
        self, items: Iterable[Value], kind: Literal["list", "tuple", "set"] = "list", type: str = ""
    ) -> Value: ...
    def mapping(self, entries: Mapping[Constant, Value], type: str = "") -> Value: ...
    def add(self, holder: Value, value: Value) -> None:
        """Put the value inside at a place not known."""

    def join(self, *values: Value) -> Value: ...
    def call(self, function: Value, args: Sequence[Value]) -> Value:
        """Call a callback."""

    def step(self, value: Value, says: str, node: ir.Node | None = None) -> Value:
        """Return the value with one more station in the trace of its taint, at the node."""

    def text(self, node: ir.Node) -> str:
        """Return the source text of a node, at most 200 characters."""

    def resource(self, name: str) -> bytes | None:
        """Return a file of the project that is no code, found where the language's resolver says."""

    def scope(self) -> str:
        """Return the dotted name of the function that is running; empty at the top of a file."""

    def is_asked(self) -> bool:
        """Return whether the outside calls the function that all this runs in."""


@dataclass(slots=True)
class Called:
    """A call (or an attribute read: no arguments then) as models see it.

    more: arguments of unknown number follow (`*args` not known); their join stands as "*" in keywords.
    """

    name: str
    node: ir.Node
    receiver: Value | None
    args: tuple[Value, ...]
    keywords: Mapping[str, Value]
    world: World
    more: bool = False
    nodes: tuple[ir.Arg, ...] = ()
    receiver_node: ir.Expr | None = None

    def arg(self, *where: Where) -> Value | None:
        """Return the argument at the first of these places that has one, else None."""
        for place in where:
            if isinstance(place, str):
                if place in self.keywords:
                    return self.keywords[place]
            elif place == RECEIVER:
                return self.receiver
            elif 0 <= place < len(self.args):
                return self.args[place]
        return None

    def constants(self, *where: Where) -> tuple[Constant, ...] | None:
        """Return the constants the argument can be; None when unknown or there is no such argument."""
        value = self.arg(*where)
        return None if value is None else (value.consts or None)

    def is_only(self, constant: Constant, *where: Where) -> bool:
        """Return whether the argument is surely this constant."""
        value = self.arg(*where)
        return value is not None and value.is_known and _same(value.only, constant)

    def has(self, *where: Where) -> bool:
        return self.arg(*where) is not None


def _same(one: Constant, other: Constant) -> bool:
    return type(one) is type(other) and one == other
