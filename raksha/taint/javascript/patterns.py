"""Targets of assignments: names, members, and patterns that take a value apart."""

from __future__ import annotations

from tree_sitter import Node

from raksha.taint import ir
from raksha.taint.javascript.context import Lowering, part, parts

NAMES = frozenset({"identifier", "shorthand_property_identifier_pattern", "shorthand_property_identifier"})


def target(lo: Lowering, node: Node) -> ir.Target:
    """Lower what stands left of an assignment, or what a declaration binds."""
    if node.type in NAMES:
        return lo.name(node)
    if node.type in ("array_pattern", "array"):
        return _array(lo, node)
    if node.type in ("object_pattern", "object"):
        return _object(lo, node)
    if node.type in ("assignment_pattern", "object_assignment_pattern", "assignment_expression"):
        inner = target(lo, part(node, "left"))
        return ir.AssignExpr(inner, "", lo.expr(part(node, "right")), span=lo.span(node))
    if node.type in (
        "parenthesized_expression",
        "non_null_expression",
        "as_expression",
        "satisfies_expression",
    ):
        return target(lo, parts(node)[0]) if parts(node) else lo.name(node)
    return lo.expr(node)


def _array(lo: Lowering, node: Node) -> ir.Sequence:
    """Holes take a name of their own that nothing reads."""
    items: list[ir.Arg] = []
    is_filled = False
    for child in node.children:
        if child.type == ",":
            if not is_filled:
                items.append(ir.Arg(ir.Name("", span=lo.span(child)), span=lo.span(child)))
            is_filled = False
        elif child.is_named and child.type != "comment":
            is_filled = True
            is_rest = child.type in ("rest_pattern", "spread_element")
            inner = parts(child)[0] if is_rest and parts(child) else child
            items.append(ir.Arg(target(lo, inner), spread="*" if is_rest else "", span=lo.span(child)))
    if not any(item.spread for item in items):  # what is left over is dropped
        items.append(ir.Arg(ir.Name("", span=lo.span(node)), spread="*", span=lo.span(node)))
    return ir.Sequence("list", tuple(items), span=lo.span(node))


def _object(lo: Lowering, node: Node) -> ir.Mapping:
    entries: list[tuple[ir.Expr | None, ir.Expr]] = []
    for child in parts(node):
        if child.type in ("pair_pattern", "pair"):
            entries.append((key(lo, part(child, "key")), target(lo, part(child, "value"))))
        elif child.type in ("rest_pattern", "spread_element"):
            entries.append((None, target(lo, parts(child)[0])))
        else:
            bound = target(lo, child)
            inner = bound.target if isinstance(bound, ir.AssignExpr) else bound
            name = inner.id if isinstance(inner, ir.Name) else ""
            entries.append((ir.Const(name, span=lo.span(child)), bound))
    return ir.Mapping(tuple(entries), span=lo.span(node))


def key(lo: Lowering, node: Node) -> ir.Expr:
    """Lower a property's name."""
    if node.type == "computed_property_name":
        return lo.expr(parts(node)[0]) if parts(node) else lo.unknown(node)
    if node.type in ("string", "number"):
        return lo.expr(node)
    return ir.Const(lo.text(node), span=lo.span(node))
