"""Names of types: as text without type arguments, and as expressions that resolve like other names."""

from __future__ import annotations

from tree_sitter import Node

from raksha.taint import ir
from raksha.taint.java.context import Lowering, parts

SKIPPED = frozenset({"marker_annotation", "annotation", "type_arguments"})


def type_text(lo: Lowering, node: Node | None) -> str:
    """Return a type's name as written, without type arguments and annotations: "Map.Entry", "String[]"."""
    if node is None:
        return ""
    kind = node.type
    if kind == "generic_type":
        return type_text(lo, next(iter(_plain(node)), None))
    if kind == "array_type":
        return type_text(lo, node.child_by_field_name("element")) + dimensions(
            lo, node.child_by_field_name("dimensions")
        )
    if kind in ("scoped_type_identifier", "scoped_identifier"):
        return ".".join(type_text(lo, part) for part in _plain(node))
    if kind == "annotated_type":
        return type_text(lo, next(iter(_plain(node)), None))
    return lo.text(node)


def type_expr(lo: Lowering, node: Node) -> ir.Expr:
    """Return a type's name as Name or a chain of Attr, all with the type's span."""
    head, *rest = type_text(lo, node).split(".")
    made: ir.Expr = ir.Name(head, span=lo.span(node))
    for name in rest:
        made = ir.Attr(made, name, span=lo.span(node))
    return made


def dimensions(lo: Lowering, node: Node | None) -> str:
    return "[]" * lo.text(node).count("[") if node is not None else ""


def _plain(node: Node) -> list[Node]:
    return [part for part in parts(node) if part.type not in SKIPPED]
