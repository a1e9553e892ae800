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


INNER: dict[type, tuple[str, ...]] = {}  # fields that hold nodes, last first; none for what is no node
LATEST: tuple[object, list[ir.Node]] = ((), [])  # the file walked last: several checks walk the same one


def walk(*roots: object, into_functions: bool = True) -> Iterator[ir.Node]:
    """Yield all nodes below, in the order of the file; without functions: only what runs with the file itself."""
    global LATEST
    if len(roots) > 1 or not into_functions or not isinstance(roots[0] if roots else None, tuple):
        return iter(_flat(roots, into_functions))
    body, nodes = LATEST
    if body is not roots[0]:
        nodes = _flat(roots, into_functions)
        LATEST = roots[0], nodes
    return iter(nodes)


def _flat(roots: tuple[object, ...], into_functions: bool) -> list[ir.Node]:
    found: list[ir.Node] = []
    waiting: list[object] = [roots]
    while waiting:
        at = waiting.pop()
        kind = type(at)
        if kind is tuple:
            waiting.extend(at[::-1])  # type: ignore[index]
            continue
        names = INNER.get(kind)
        if names is None:
            names = INNER[kind] = inner(kind)[::-1] if isinstance(at, ir.Node) else ()  # type: ignore[arg-type]
        if not isinstance(at, ir.Node):
            continue
        found.append(at)
        if into_functions or kind is not ir.Function:
            for name in names:
                held = getattr(at, name)
                if held:
                    waiting.append(held)
    return found
