"""Imports and exports, of modules and of CommonJS."""

from __future__ import annotations

from tree_sitter import Node

from raksha.taint import ir
from raksha.taint.javascript.context import Lowering, part, parts
from raksha.taint.javascript.statements import do

Stmts = tuple[ir.Stmt, ...]
WHOLE = "module.exports"


def source_of(lo: Lowering, node: Node) -> str:
    return lo.text(node.child_by_field_name("source"))[1:-1].removeprefix("node:")


def import_(lo: Lowering, node: Node) -> Stmts:
    """A package's default import stands for the package, as its functions are named by it."""
    clause = next((child for child in parts(node) if child.type == "import_clause"), None)
    module, span = source_of(lo, node), lo.span(node)
    made: list[ir.Stmt] = []
    for child in parts(clause):
        if child.type == "identifier":
            bound = lo.text(child)
            is_ours = module.startswith((".", "@/", "~/"))
            made.append(ir.Import(module, (("default", bound),), span=span) if is_ours
                        else ir.Import(module, alias=bound, span=span))  # fmt: skip
        elif child.type == "namespace_import":
            made.append(ir.Import(module, alias=lo.text(parts(child)[-1]), span=span))
        elif child.type == "named_imports":
            names = tuple(_named(lo, one) for one in parts(child))
            made.append(ir.Import(module, names, span=span))
    return tuple(made)


def _named(lo: Lowering, node: Node) -> tuple[str, str]:
    return lo.text(node.child_by_field_name("name")).strip("\"'"), lo.text(node.child_by_field_name("alias"))


def export(lo: Lowering, node: Node) -> Stmts:
    declared = node.child_by_field_name("declaration")
    value = node.child_by_field_name("value")
    module, span = source_of(lo, node), lo.span(node)
    is_default = any(child.type == "default" for child in node.children)
    if declared is not None:
        made = lo.stmt(declared)
        names = [(one, "default" if is_default else one) for one in _declared(made)]
        return (*made, ir.Export(tuple(names), span=span))
    if value is not None:
        return _bind(lo.expr(value), "default", span)
    clause = next((child for child in parts(node) if child.type == "export_clause"), None)
    if clause is None:
        return (ir.Import(module, (("*", ""),), span=span),) if module else ()
    return (ir.Export(tuple(_exported(lo, one) for one in parts(clause)), module, span=span),)


def _exported(lo: Lowering, node: Node) -> tuple[str, str]:
    local, alias = _named(lo, node)
    return local, alias or local


def _declared(stmts: Stmts) -> list[str]:
    from raksha.taint.modules import bound_names

    return [name for stmt in stmts for name in bound_names(stmt)]


def _bind(value: ir.Expr, exported: str, span: ir.Span) -> Stmts:
    """Export a value under a name: by the name it has, or by one of its own."""
    if isinstance(value, ir.Name):
        return (ir.Export(((value.id, exported),), span=span),)
    local = f"exports.{exported}"
    bound = ir.Assign((ir.Name(local, span=span),), value, span=span)
    return bound, ir.Export(((local, exported),), span=span)


def expression(lo: Lowering, node: Node) -> Stmts:
    """`module.exports = …` and `exports.x = …` bind names that importers find; all else is an expression."""
    inner = parts(node)
    if not inner or inner[0].type != "assignment_expression" or len(lo.scopes) > 1:
        return do(lo, node)
    left, right = lo.text(part(inner[0], "left")), part(inner[0], "right")
    span = lo.span(node)
    if left == "exports" and right.type == "assignment_expression" and lo.text(part(right, "left")) == WHOLE:
        left, right = WHOLE, part(right, "right")
    if left == WHOLE:
        return _whole(lo.expr(right), span)
    for head in ("module.exports.", "exports."):
        word = left.removeprefix(head)
        if word != left and word.isidentifier():
            return _bind(lo.expr(right), word, span)
    return do(lo, node)


def _whole(value: ir.Expr, span: ir.Span) -> Stmts:
    if isinstance(value, ir.Mapping) and all(isinstance(name, ir.Const) for name, _ in value.entries):
        return tuple(
            stmt for name, held in value.entries if isinstance(name, ir.Const)
            for stmt in _bind(held, str(name.value), span)
        )  # fmt: skip
    return (ir.Assign((ir.Name(WHOLE, span=span),), value, span=span),)


STATEMENTS = {"import_statement": import_, "export_statement": export, "expression_statement": expression}
