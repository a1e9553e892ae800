"""Statements of Python -> the common tree."""

from __future__ import annotations

from collections.abc import Callable

from tree_sitter import Node

from raksha.taint import ir
from raksha.taint.python.syntax import functions
from raksha.taint.python.syntax.compound import COMPOUND
from raksha.taint.python.syntax.expressions import HANDLERS as EXPRESSIONS
from raksha.taint.python.syntax.expressions import assignment_value, expression, item, sequence_of
from raksha.taint.python.syntax.imports import import_from, import_names
from raksha.taint.python.syntax.reader import DEEPEST, PASSED_OVER, Reader, parts

Out = list[ir.Stmt]
Handler = Callable[[Reader, Node, Out], None]


def block(reader: Reader, node: Node | None) -> tuple[ir.Stmt, ...]:
    """Lower the statements of a block or module, also those around a syntax error."""
    out: Out = []
    if node is not None:
        _statements(reader, node, out)
    return tuple(out)


def _statements(reader: Reader, node: Node, out: Out) -> None:
    reader.depth += 1
    if reader.depth > DEEPEST:
        reader.failed(node)
    else:
        for child in node.named_children:
            statement(reader, child, out)
    reader.depth -= 1


def statement(reader: Reader, node: Node, out: Out) -> None:
    handler = HANDLERS.get(node.type)
    if handler is not None:
        handler(reader, node, out)
    elif node.type in COMPOUND:
        COMPOUND[node.type](reader, node, block, out)
    elif node.type in EXPRESSIONS:
        value = expression(reader, node)
        out.append(ir.Do(span=value.span, value=value))
    elif node.type not in PASSED_OVER or node.type == "ERROR":
        _statements(reader, node, out)


def _expression_statement(reader: Reader, node: Node, out: Out) -> None:
    found = parts(node)
    if len(found) == 1 and found[0].type == "assignment":
        out.append(_assignment(reader, found[0]))
    elif len(found) == 1 and found[0].type == "augmented_assignment":
        out.append(ir.Do(span=reader.span(node), value=assignment_value(reader, found[0])))
    elif found:
        out.append(ir.Do(span=reader.span(node), value=sequence_of(reader, reader.span(node), found)))


def _assignment(reader: Reader, node: Node) -> ir.Stmt:
    """Lower a = b = c, with the type of a: T = c."""
    targets: list[ir.Target] = []
    kind = ""
    value: Node | None = node
    while value is not None and value.type == "assignment":
        targets.append(expression(reader, value.child_by_field_name("left")))
        written = value.child_by_field_name("type")
        if written is not None:
            kind = functions.type_name(expression(reader, written))
        value = value.child_by_field_name("right")
    lowered = expression(reader, value) if value is not None else None
    return ir.Assign(span=reader.span(node), targets=tuple(targets), value=lowered, type=kind)


def _return(reader: Reader, node: Node, out: Out) -> None:
    found = parts(node)
    value = sequence_of(reader, reader.span(node), found) if found else None
    out.append(ir.Return(span=reader.span(node), value=value))


def _raise(reader: Reader, node: Node, out: Out) -> None:
    cause = node.child_by_field_name("cause")
    found = [part for part in parts(node) if part != cause]
    value = sequence_of(reader, reader.span(node), found) if found else None
    out.append(ir.Raise(span=reader.span(node), value=value))


def _assert(reader: Reader, node: Node, out: Out) -> None:
    out.append(ir.Assert(span=reader.span(node), test=expression(reader, next(iter(parts(node)), None))))


def _delete(reader: Reader, node: Node, out: Out) -> None:
    found = parts(node)
    while len(found) == 1 and found[0].type in ("expression_list", "tuple", "list"):
        found = parts(found[0])
    targets = tuple(expression(reader, part) for part in found)
    out.append(ir.Delete(span=reader.span(node), targets=targets))


def _scope(reader: Reader, node: Node, out: Out) -> None:
    names = tuple(reader.name(part) for part in parts(node))
    kind = "global" if node.type == "global_statement" else "nonlocal"
    out.append(ir.Scope(span=reader.span(node), names=names, kind=kind))  # type: ignore[arg-type]


def _print(reader: Reader, node: Node, out: Out) -> None:
    """Lower Python 2's print and exec statements to the functions of Python 3."""
    span = reader.span(node)
    name = "print" if node.type == "print_statement" else "exec"
    args = tuple(item(reader, part) for part in parts(node))
    call = ir.Call(span=span, callee=ir.Name(span=span, id=name), args=args)
    out.append(ir.Do(span=span, value=call))


def _type_alias(reader: Reader, node: Node, out: Out) -> None:
    left, right = [expression(reader, part) for part in parts(node)[:2]]
    target = left.value if isinstance(left, ir.Index) else left
    out.append(ir.Assign(span=reader.span(node), targets=(target,), value=right))


def _break(reader: Reader, node: Node, out: Out) -> None:
    out.append(ir.Break(span=reader.span(node)))


def _continue(reader: Reader, node: Node, out: Out) -> None:
    out.append(ir.Continue(span=reader.span(node)))


def _nothing(reader: Reader, node: Node, out: Out) -> None:
    return


HANDLERS: dict[str, Handler] = {
    "expression_statement": _expression_statement, "return_statement": _return, "raise_statement": _raise,
    "assert_statement": _assert, "delete_statement": _delete, "global_statement": _scope,
    "nonlocal_statement": _scope, "print_statement": _print, "exec_statement": _print,
    "type_alias_statement": _type_alias, "break_statement": _break, "continue_statement": _continue,
    "pass_statement": _nothing, "import_statement": import_names, "import_from_statement": import_from,
    "future_import_statement": _nothing,
}  # fmt: skip
