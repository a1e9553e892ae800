"""Every node of a tree, without recursion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from functools import cache

from raksha.taint import ir

LEAVES = frozenset({"span", "id", "op", "kind", "spread", "whole", "new", "optional", "before", "is_async",
                    "is_generator", "is_static", "is_arrow", "over", "label", "after", "falls", "shape", "what",
                    "module", "level", "path", "language", "package", "errors"})  # fmt: skip


@cache
def inner(kind: type[ir.Node]) -> tuple[str, ...]:
    """Return the names of the fields that hold nodes."""
    return tuple(one.name for one in fields(kind) if one.name not in LEAVES)


def walk(*roots: object, into_functions: bool = True) -> Iterator[ir.Node]:
    """Yield all nodes below, in the order of the file; without functions: only what runs with the file itself."""
    waiting: list[object] = list(reversed(roots))
    while waiting:
        at = waiting.pop()
        if isinstance(at, tuple):
            waiting.extend(reversed(at))
        elif isinstance(at, ir.Node):
            yield at
            if into_functions or not isinstance(at, ir.Function):
                waiting.extend(getattr(at, name) for name in reversed(inner(type(at))))  # type: ignore[arg-type]
