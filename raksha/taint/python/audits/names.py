"""Qualified names by a file's imports alone."""

from __future__ import annotations

from raksha.taint import ir
from raksha.taint.python.walking import walk


def imported(module: ir.Module) -> dict[str, str]:
    """Return what each imported name stands for, wherever in the file the import is."""
    found: dict[str, str] = {}
    for node in walk(module.body):
        if not isinstance(node, ir.Import) or node.level:
            continue
        if node.names:
            found.update({alias or name: f"{node.module}.{name}" for name, alias in node.names})
        else:
            top = node.module.partition(".")[0]
            found[node.alias or top] = node.module if node.alias else top
    return found


def qualified(node: ir.Expr, known: dict[str, str]) -> str:
    """Return the dotted name of an expression; "" when it is none. Builtins stand for themselves."""
    match node:
        case ir.Name(id=name):
            return known.get(name, name)
        case ir.Attr(value=value, name=name):
            before = qualified(value, known)
            return f"{before}.{name}" if before else ""
        case ir.Call(callee=callee):
            called = qualified(callee, known)
            return f"{called}()" if called else ""
    return ""
