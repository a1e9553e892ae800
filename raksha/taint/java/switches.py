"""Switches, as statement and as value, and patterns: instanceof with a name, record patterns."""

from __future__ import annotations

from dataclasses import replace

from tree_sitter import Node

from raksha.taint import ir
from raksha.taint.java.context import Expressions, Lowering, Statements, field, parts
from raksha.taint.java.expressions import TYPES
from raksha.taint.java.typenames import type_expr, type_text

PATTERNS = frozenset({"pattern", "type_pattern", "record_pattern"})


def switch_expr(lo: Lowering, node: Node) -> ir.Expr:
    made = _switch(lo, node)
    cases = tuple(replace(case, body=_yielding(case.body)) for case in made.cases)
    return ir.SwitchExpr(replace(made, cases=cases), span=lo.span(node))


def switch_stmt(lo: Lowering, node: Node) -> tuple[ir.Stmt, ...]:
    return (_switch(lo, node),)


def yield_(lo: Lowering, node: Node) -> tuple[ir.Stmt, ...]:
    """Lower `yield v`: inside a switch expression nothing else can return."""
    return (ir.Return(lo.expr(parts(node)[0]), span=lo.span(node)),)


def instance_of(lo: Lowering, node: Node) -> ir.Expr:
    """Lower `v instanceof T n` to `v instanceof T and (n = (T) v) instanceof T`: the second is always true.

    A value that is more than a name is evaluated once only; where the test fails n is out of scope anyway.
    """
    span, value = lo.span(node), lo.expr(field(node, "left"))
    pattern, type_ = node.child_by_field_name("pattern"), node.child_by_field_name("right")
    if pattern is not None:
        return _matches(lo, pattern, value, span)
    if type_ is None:
        return lo.unknown(node)
    named, wanted = node.child_by_field_name("name"), type_expr(lo, type_)
    test = ir.Compare("instanceof", value, wanted, span=span)
    if named is None:
        return test
    bound = ir.Compare("instanceof", _bind(lo, named, type_, value), wanted, span=span)
    return ir.Logic("and", test, bound, span=span) if isinstance(value, ir.Name | ir.Attr) else bound


def _switch(lo: Lowering, node: Node) -> ir.Switch:
    body = parts(field(node, "body"))
    subject = lo.expr(field(node, "condition"))
    falls = any(part.type == "switch_block_statement_group" for part in body)
    cases = tuple(_case(lo, part, subject) for part in body if part.type in CASES)
    return ir.Switch(subject, cases, falls, span=lo.span(node))


def _case(lo: Lowering, node: Node, subject: ir.Expr) -> ir.Case:
    """Lower one case. The names of its pattern are bound at the head of its body, and of its guard."""
    labels = [part for part in parts(node) if part.type == "switch_label"]
    inside = [part for label in labels for part in parts(label)]
    binds = tuple(bound for part in inside if part.type in PATTERNS for bound in _binds(lo, part, subject))
    guards = [part for part in inside if part.type == "guard"]
    shapes = [part.type for part in inside if part.type in PATTERNS]
    plain = [part for part in inside if part.type not in PATTERNS and part.type != "guard"]
    has_default = any(_is_default(lo, label) for label in labels)
    patterns = () if has_default else tuple(lo.expr(part) for part in plain)
    guard = lo.expr(parts(guards[0])[0]) if guards else None
    if guard is not None and binds:
        guard = ir.Logic("and", ir.Unknown("binds", binds, span=guard.span), guard, span=guard.span)
    heads: tuple[ir.Stmt, ...] = tuple(ir.Do(bound, span=bound.span) for bound in binds)
    body = heads + lo.stmts(part for part in parts(node) if part.type != "switch_label")
    return ir.Case(patterns, body, guard, shape=shapes[0] if shapes else "", span=lo.span(node))


def _is_default(lo: Lowering, label: Node) -> bool:
    """Say whether a label is `default` or `case null, default` (a plain name to the grammar)."""
    return any(lo.text(child) == "default" for child in label.children)


def _yielding(body: tuple[ir.Stmt, ...]) -> tuple[ir.Stmt, ...]:
    """Make the expression of an arrow the value of its case."""
    if body and isinstance(body[-1], ir.Do):
        return (*body[:-1], ir.Return(body[-1].value, span=body[-1].span))
    return body


def _matches(lo: Lowering, pattern: Node, value: ir.Expr, span: ir.Span) -> ir.Expr:
    types = [part for part in parts(pattern) if part.type in TYPES or part.type == "identifier"]
    if not types:
        return lo.unknown(pattern)
    test = ir.Compare("instanceof", value, type_expr(lo, types[0]), span=span)
    binds = ir.Unknown("binds", _binds(lo, pattern, value), span=span)
    return ir.Logic("and", test, binds, span=span)


def _binds(lo: Lowering, pattern: Node, value: ir.Expr) -> tuple[ir.Expr, ...]:
    """Return one assignment for each name of a pattern; a record's component has an unknown part of its value."""
    inside = parts(pattern)
    if pattern.type == "pattern":
        return tuple(bound for part in inside for bound in _binds(lo, part, value))
    if pattern.type == "record_pattern":
        part_of = ir.Unknown("component", (value,), span=value.span)
        fields = [part for part in inside if part.type == "record_pattern_body"]
        nested = [part for body in fields for part in parts(body)]
        return tuple(bound for part in nested for bound in _binds(lo, part, part_of))
    types = [part for part in inside if part.type in TYPES]
    names = [part for part in inside if part.type == "identifier"]
    if types and names:
        return (_bind(lo, names[-1], types[0], value),)
    return ()


def _bind(lo: Lowering, named: Node, type_: Node, value: ir.Expr) -> ir.Expr:
    word = type_text(lo, type_)
    cast = value if word == "var" else ir.Cast(word, value, span=value.span)
    return ir.AssignExpr(lo.name(named), "", cast, span=lo.span(named))


CASES = frozenset({"switch_rule", "switch_block_statement_group"})
EXPRESSIONS: Expressions = {"switch_expression": switch_expr, "instanceof_expression": instance_of}
STATEMENTS: Statements = {"switch_expression": switch_stmt, "yield_statement": yield_}
