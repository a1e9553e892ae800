"""Long chains of one operator, walked without recursion: generated code joins hundreds of strings with +."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from tree_sitter import Node

from raksha.taint import ir
from raksha.taint.python.syntax.reader import Reader, joined

Lower = Callable[[Reader, Node | None], ir.Expr]
Join = Callable[[ir.Span, str, ir.Expr, ir.Expr], ir.Expr]
LONGEST = 30  # operands in a row that stay nested to the left, as written


def binary(reader: Reader, node: Node, lower: Lower) -> ir.Expr:
    """Lower a + b + c; a long sum becomes a balanced tree, which means the same and is not deep."""
    operands, operators, spans = _flat(reader, node, lower)
    if len(operands) <= LONGEST:
        return _leftwards(operands, operators, spans, _binary)
    if set(operators) == {"+"}:
        return _balanced(operands, "+", _binary)
    return ir.Unknown(span=reader.span(node), what="long expression", parts=tuple(operands))


def boolean(reader: Reader, node: Node, lower: Lower) -> ir.Expr:
    operands, operators, spans = _flat(reader, node, lower)
    if len(operands) <= LONGEST:
        return _leftwards(operands, operators, spans, _logic)
    if len(set(operators)) == 1:
        return _balanced(operands, operators[0], _logic)
    return ir.Unknown(span=reader.span(node), what="long condition", parts=tuple(operands))


def _flat(reader: Reader, node: Node, lower: Lower) -> tuple[list[ir.Expr], list[str], list[ir.Span]]:
    """Return the operands left to right, the operators between them, and the span of each partial result."""
    kind = node.type
    rights: list[Node | None] = []
    operators: list[str] = []
    spans: list[ir.Span] = []
    at: Node | None = node
    while at is not None and at.type == kind:
        operator = at.child_by_field_name("operator")
        rights.append(at.child_by_field_name("right"))
        operators.append(reader.text(operator) if operator is not None else "")
        spans.append(reader.span(at))
        at = at.child_by_field_name("left")
    operands = [lower(reader, part) for part in [at, *reversed(rights)]]
    return operands, operators[::-1], spans[::-1]


def _leftwards(operands: list[ir.Expr], operators: list[str], spans: list[ir.Span], join: Join) -> ir.Expr:
    result = operands[0]
    for operator, operand, span in zip(operators, operands[1:], spans, strict=True):
        result = join(span, operator, result, operand)
    return result


def _balanced(operands: list[ir.Expr], operator: str, join: Join) -> ir.Expr:
    while len(operands) > 1:
        pairs = [
            join(joined(left.span, right.span), operator, left, right)
            for left, right in zip(operands[::2], operands[1::2], strict=False)
        ]
        operands = pairs + operands[len(pairs) * 2 :]
    return operands[0]


def _binary(span: ir.Span, operator: str, left: ir.Expr, right: ir.Expr) -> ir.Expr:
    return ir.Binary(span=span, op=operator, left=left, right=right)


def _logic(span: ir.Span, operator: str, left: ir.Expr, right: ir.Expr) -> ir.Expr:
    return ir.Logic(span=span, op=cast("object", operator), left=left, right=right)  # type: ignore[arg-type]
