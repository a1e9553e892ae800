"""Java's expressions: names, calls, operators, lambdas, arrays."""

from __future__ import annotations

from tree_sitter import Node

from raksha.taint import ir
from raksha.taint.java import literals
from raksha.taint.java.context import Expressions, Lowering, field, parts
from raksha.taint.java.typenames import dimensions, type_expr, type_text

LOGIC = {"&&": "and", "||": "or"}
COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
UNARY = {"!": "not", "-": "-", "+": "+", "~": "~"}
LONGEST_ARRAY = 64  # `new T[n]` up to this n is written out, so that each element has a place


def string_literal(lo: Lowering, node: Node) -> ir.Expr:
    pieces = [part for part in node.named_children if part.type == "string_interpolation"]
    if not pieces:
        return ir.Const(literals.string(lo.text(node)), span=lo.span(node))
    return ir.Template(tuple(lo.expr(part) for part in parts(node)), span=lo.span(node))


def string_piece(lo: Lowering, node: Node) -> ir.Expr:
    return ir.Const(literals.unescape(lo.text(node)), span=lo.span(node))


def character_literal(lo: Lowering, node: Node) -> ir.Expr:
    return ir.Const(literals.character(lo.text(node)), "char", span=lo.span(node))


def integer_literal(lo: Lowering, node: Node) -> ir.Expr:
    try:
        value, kind = literals.integer(lo.text(node))
    except ValueError:
        return ir.Unknown(node.type, span=lo.span(node))
    return ir.Const(value, kind, span=lo.span(node))


def float_literal(lo: Lowering, node: Node) -> ir.Expr:
    try:
        value, kind = literals.decimal(lo.text(node))
    except (ValueError, OverflowError):
        return ir.Unknown(node.type, span=lo.span(node))
    return ir.Const(value, kind, span=lo.span(node))


def true(lo: Lowering, node: Node) -> ir.Expr:
    return ir.Const(True, span=lo.span(node))


def false(lo: Lowering, node: Node) -> ir.Expr:
    return ir.Const(False, span=lo.span(node))


def null(lo: Lowering, node: Node) -> ir.Expr:
    return ir.Const(None, span=lo.span(node))


def name(lo: Lowering, node: Node) -> ir.Expr:
    return lo.name(node)


def scoped_name(lo: Lowering, node: Node) -> ir.Expr:
    return type_expr(lo, node)


def wrapped(lo: Lowering, node: Node) -> ir.Expr:
    inner = parts(node)
    while len(inner) == 1 and inner[0].type == "parenthesized_expression":
        inner = parts(inner[0])
    return lo.expr(inner[0]) if len(inner) == 1 else lo.unknown(node)


def class_literal(lo: Lowering, node: Node) -> ir.Expr:
    return ir.Attr(type_expr(lo, parts(node)[0]), "class", span=lo.span(node))


def array_access(lo: Lowering, node: Node) -> ir.Expr:
    return ir.Index(lo.expr(field(node, "array")), lo.expr(field(node, "index")), span=lo.span(node))


def spine(lo: Lowering, node: Node) -> ir.Expr:
    """Lower a chain like a.b().c.d(): from its innermost receiver outwards, in a loop, for it can be long."""
    links = [node]
    while (inner := links[-1].child_by_field_name("object")) and inner.type in SPINE:
        links.append(inner)
    innermost = links[-1].child_by_field_name("object")
    made = lo.expr(innermost) if innermost is not None else None
    for link in reversed(links):
        made = _call(lo, link, made) if link.type == "method_invocation" else _attr(lo, link, made)
    return made or lo.unknown(node)


def arguments(lo: Lowering, node: Node | None) -> tuple[ir.Arg, ...]:
    if node is None:
        return ()
    return tuple(ir.Arg(lo.expr(part), span=lo.span(part)) for part in parts(node))


def creation(lo: Lowering, node: Node) -> ir.Expr:
    made = node.child_by_field_name("type")
    body = next((part for part in parts(node) if part.type == "class_body"), None)
    if made is None:
        return lo.unknown(node)
    base = type_expr(lo, made)
    members = lo.stmts(parts(body)) if body is not None else ()
    anonymous = ir.Class("", (base,), members, span=lo.span(body)) if body is not None else None
    args = arguments(lo, node.child_by_field_name("arguments"))
    return ir.Call(base, args, new=True, body=anonymous, span=lo.span(node))


def array_creation(lo: Lowering, node: Node) -> ir.Expr:
    values = node.child_by_field_name("value")
    if values is not None:
        return lo.expr(values)
    element = node.child_by_field_name("type")
    sizes = [lo.expr(part) for dim in parts(node) if dim.type == "dimensions_expr" for part in parts(dim)]
    rest = "".join(dimensions(lo, dim) for dim in parts(node) if dim.type == "dimensions")
    type_ = type_text(lo, element) + "[]" * len(sizes) + rest
    return _array(sizes, type_, lo.span(node))


def array_initializer(lo: Lowering, node: Node) -> ir.Expr:
    return ir.Sequence("list", arguments(lo, node), span=lo.span(node))


def binary(lo: Lowering, node: Node) -> ir.Expr:
    """Lower a left-deep chain of operators in a loop: long concatenations are common."""
    chain = [node]
    while (left := chain[-1].child_by_field_name("left")) and left.type == "binary_expression":
        chain.append(left)
    made = lo.expr(field(chain[-1], "left"))
    for link in reversed(chain):
        right = lo.expr(field(link, "right"))
        made = _operation(lo.text(field(link, "operator")), made, right, lo.span(link))
    return made


def unary(lo: Lowering, node: Node) -> ir.Expr:
    op, operand = lo.text(field(node, "operator")), lo.expr(field(node, "operand"))
    if op == "-" and isinstance(operand, ir.Const) and isinstance(operand.value, int | float):
        return ir.Const(-operand.value, operand.kind, span=lo.span(node))
    return ir.Unary(UNARY.get(op, op), operand, span=lo.span(node))


def update(lo: Lowering, node: Node) -> ir.Expr:
    target = parts(node)[0]
    op = "+" if b"++" in (node.text or b"") else "-"
    is_before = target.start_byte == node.start_byte
    one = ir.Const(1, span=lo.span(node))
    return ir.AssignExpr(lo.expr(target), op, one, before=is_before, span=lo.span(node))


def assignment(lo: Lowering, node: Node) -> ir.Expr:
    op = lo.text(field(node, "operator"))[:-1]
    target, value = lo.expr(field(node, "left")), lo.expr(field(node, "right"))
    return ir.AssignExpr(target, op, value, span=lo.span(node))


def ternary(lo: Lowering, node: Node) -> ir.Expr:
    test, then, other = (lo.expr(field(node, part)) for part in ("condition", "consequence", "alternative"))
    return ir.Choose(test, then, other, span=lo.span(node))


def cast(lo: Lowering, node: Node) -> ir.Expr:
    type_ = type_text(lo, node.child_by_field_name("type"))
    return ir.Cast(type_, lo.expr(field(node, "value")), span=lo.span(node))


def lambda_(lo: Lowering, node: Node) -> ir.Expr:
    params, body = field(node, "parameters"), field(node, "body")
    named = [params] if params.type == "identifier" else parts(params)
    made = tuple(_lambda_param(lo, param) for param in named)
    return ir.Function("", made, _lambda_body(lo, body), is_arrow=True, span=lo.span(node))


def reference(lo: Lowering, node: Node) -> ir.Expr:
    """Lower a::b to the attribute a.b, and T::new to a lambda that makes a T of all its arguments."""
    span, (owner, *rest) = lo.span(node), parts(node)
    target = lo.expr(owner) if owner.type not in TYPES else type_expr(lo, owner)
    named = [part for part in rest if part.type == "identifier"]
    if named:
        return ir.Attr(target, lo.text(named[-1]), span=span)
    given = ir.Arg(ir.Name("given", span=span), spread="*", span=span)
    made = ir.Call(target, (given,), new=True, span=span)
    params = (ir.Param("given", kind="*", span=span),)
    return ir.Function("", params, (ir.Return(made, span=span),), is_arrow=True, span=span)


def _call(lo: Lowering, node: Node, receiver: ir.Expr | None) -> ir.Expr:
    named, args = field(node, "name"), arguments(lo, node.child_by_field_name("arguments"))
    if any(part.type == "super" for part in parts(node)[1:]):  # Foo.super.bar()
        receiver = ir.Name("super", span=lo.span(node))
    if receiver is None:
        return ir.Call(lo.name(named), args, span=lo.span(node))
    start, end = receiver.span, lo.span(named)
    reach = ir.Span(start.line, start.column, end.end_line, end.end_column)
    return ir.Call(ir.Attr(receiver, lo.text(named), span=reach), args, span=lo.span(node))


def _attr(lo: Lowering, node: Node, receiver: ir.Expr | None) -> ir.Expr:
    named = field(node, "field")
    if named.type == "this" and receiver is not None:  # Outer.this
        return ir.Attr(receiver, "this", span=lo.span(node))
    if receiver is None:
        return lo.unknown(node)
    return ir.Attr(receiver, lo.text(named), span=lo.span(node))


def _operation(op: str, left: ir.Expr, right: ir.Expr, span: ir.Span) -> ir.Expr:
    if op == "&&":
        return ir.Logic("and", left, right, span=span)
    if op == "||":
        return ir.Logic("or", left, right, span=span)
    if op in COMPARISONS:
        return ir.Compare(op, left, right, span=span)
    return ir.Binary(op, left, right, span=span)


def _lambda_body(lo: Lowering, node: Node) -> tuple[ir.Stmt, ...]:
    if node.type == "block":
        return lo.stmts(parts(node))
    return (ir.Return(lo.expr(node), span=lo.span(node)),)


def _lambda_param(lo: Lowering, node: Node) -> ir.Param:
    named = node.child_by_field_name("name") or node
    type_ = type_text(lo, node.child_by_field_name("type"))
    return ir.Param(lo.text(named), type="" if type_ == "var" else type_, span=lo.span(node))


def _array(sizes: list[ir.Expr], type_: str, span: ir.Span) -> ir.Expr:
    """Return `new T[n]` written out when n is a small constant; else a call of the array type."""
    size = sizes[0].value if sizes and isinstance(sizes[0], ir.Const) else None
    if len(sizes) != 1 or not isinstance(size, int) or not 0 <= size <= LONGEST_ARRAY:
        args = tuple(ir.Arg(size, span=span) for size in sizes)
        return ir.Call(ir.Name(type_, span=span), args, new=True, span=span)
    empty = ir.Const(EMPTY.get(type_[:-2]), span=span)
    return ir.Sequence("list", tuple(ir.Arg(empty, span=span) for _ in range(size)), span=span)


EMPTY: dict[str, str | int | float | bool] = {
    "int": 0, "long": 0, "short": 0, "byte": 0, "char": literals.Char("\0"), "boolean": False, "double": 0.0, "float": 0.0,
}  # fmt: skip
SPINE = frozenset({"method_invocation", "field_access"})
TYPES = frozenset(
    {"type_identifier", "scoped_type_identifier", "generic_type", "array_type", "integral_type",
     "floating_point_type", "boolean_type", "void_type"}
)  # fmt: skip
EXPRESSIONS: Expressions = {
    "string_literal": string_literal,
    "string_fragment": string_piece,
    "multiline_string_fragment": string_piece,
    "escape_sequence": string_piece,
    "string_interpolation": wrapped,
    "character_literal": character_literal,
    **dict.fromkeys(
        ("decimal_integer_literal", "hex_integer_literal", "octal_integer_literal", "binary_integer_literal"),
        integer_literal,
    ),
    "decimal_floating_point_literal": float_literal,
    "hex_floating_point_literal": float_literal,
    "true": true,
    "false": false,
    "null_literal": null,
    "identifier": name,
    "type_identifier": name,
    "this": name,
    "super": name,
    "scoped_identifier": scoped_name,
    "scoped_type_identifier": scoped_name,
    "parenthesized_expression": wrapped,
    "class_literal": class_literal,
    "field_access": spine,
    "method_invocation": spine,
    "array_access": array_access,
    "object_creation_expression": creation,
    "array_creation_expression": array_creation,
    "array_initializer": array_initializer,
    "element_value_array_initializer": array_initializer,
    "binary_expression": binary,
    "unary_expression": unary,
    "update_expression": update,
    "assignment_expression": assignment,
    "ternary_expression": ternary,
    "cast_expression": cast,
    "lambda_expression": lambda_,
    "method_reference": reference,
}
