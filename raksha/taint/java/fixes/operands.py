"""The parts of a text, array or path that are not constant: what an escape has to be put around."""

from __future__ import annotations

from raksha.taint import ir
from raksha.taint.java.fixes.draft import Draft

DEEPEST = 6
THROUGH = frozenset({"toCharArray", "getBytes", "toString"})
MAKERS = frozenset({"File", "resolve", "FileInputStream", "FileReader", "InputSource", "StringReader"})
TEXTS = frozenset({"format", "asList", "of", "concat"})


def operands(draft: Draft, node: ir.Expr, depth: int = 0) -> list[ir.Expr]:
    """Return the parts that can come from outside, looking through variables that hold a text put together."""
    if depth > DEEPEST or isinstance(node, ir.Const):
        return []
    match node:
        case ir.Binary(op="+", left=left, right=right):
            return operands(draft, left, depth) + operands(draft, right, depth + 1)
        case ir.Sequence(items=items):
            return [part for item in items for part in operands(draft, item.value, depth + 1)]
        case ir.Choose(then=then, other=other):
            return operands(draft, then, depth + 1) + operands(draft, other, depth + 1)
        case ir.Name(id=name):
            stmt = draft.assigned(name)
            if stmt is None or stmt.value is None or not _is_made(stmt.value):
                return [node]
            added = [call for call in draft.calls_on(name) if callee_name(call.callee) == "add"]
            more = [
                part for call in added for arg in call.args for part in operands(draft, arg.value, depth + 1)
            ]
            return operands(draft, stmt.value, depth + 1) + more
        case ir.Call(callee=callee, args=args):
            return _of_call(draft, node, callee, args, depth)
    return [node]


def callee_name(node: ir.Expr) -> str:
    """Return the last part of what is called."""
    if isinstance(node, ir.Attr):
        return node.name
    return node.id if isinstance(node, ir.Name) else ""


def _of_call(
    draft: Draft, node: ir.Call, callee: ir.Expr, args: tuple[ir.Arg, ...], depth: int
) -> list[ir.Expr]:
    name = callee_name(callee)
    if isinstance(callee, ir.Attr) and name in THROUGH and not node.new:
        return operands(draft, callee.value, depth + 1)
    if node.new or name in TEXTS | MAKERS or _is_path(draft, callee):
        return [part for arg in args for part in operands(draft, arg.value, depth + 1)]
    return [node]


def _is_path(draft: Draft, callee: ir.Expr) -> bool:
    """Return whether this is Paths.get or Path.of, and not the get of a list."""
    return draft.text(callee).rpartition("nio.file.")[2] in ("Paths.get", "Path.of")


def _is_made(value: ir.Expr) -> bool:
    """Return whether a variable's value is put together of others, so that the parts are to be made safe."""
    if isinstance(value, ir.Call):
        return callee_name(value.callee) in TEXTS | MAKERS or value.new
    return isinstance(value, ir.Binary | ir.Sequence)
