"""Expressions of Python -> the common tree."""

from __future__ import annotations

from collections.abc import Callable

from tree_sitter import Node

from raksha.taint import ir
from raksha.taint.python.syntax import literals
from raksha.taint.python.syntax.chains import binary, boolean
from raksha.taint.python.syntax.functions import lambda_function
from raksha.taint.python.syntax.reader import DEEPEST, Reader, parts

Handler = Callable[[Reader, Node], ir.Expr]


def expression(reader: Reader, node: Node | None) -> ir.Expr:
    """Lower one expression, target or annotation; what has no form becomes Unknown of its parts."""
    if node is None:
        return ir.Unknown(span=ir.Span(1, 1, 1, 1), what="missing")
    handler = HANDLERS.get(node.type, _unknown)
    reader.depth += 1
    try:
        if reader.depth > DEEPEST:
            reader.failed(node)
            return ir.Unknown(span=reader.span(node), what="too deep")
        return handler(reader, node)
    finally:
        reader.depth -= 1


def items(reader: Reader, nodes: list[Node]) -> tuple[ir.Arg, ...]:
    return tuple(item(reader, node) for node in nodes)


def item(reader: Reader, node: Node) -> ir.Arg:
    """Lower an argument or an item of a display: *x, **x, name=x or x."""
    span = reader.span(node)
    kind = node.type
    if kind == "keyword_argument":
        name = reader.name(node.child_by_field_name("name"))
        return ir.Arg(span=span, value=expression(reader, node.child_by_field_name("value")), name=name)
    if kind in STARS:
        return ir.Arg(span=span, value=_only(reader, node), spread="*")
    if kind in DOUBLE_STARS:
        return ir.Arg(span=span, value=_only(reader, node), spread="**")
    return ir.Arg(span=span, value=expression(reader, node))


def sequence_of(reader: Reader, span: ir.Span, nodes: list[Node]) -> ir.Expr:
    """Lower what may be one expression or, with commas, a tuple."""
    if len(nodes) == 1 and nodes[0].type not in STARS:
        return expression(reader, nodes[0])
    return ir.Sequence(span=span, kind="tuple", items=items(reader, nodes))


STARS = frozenset(
    {"list_splat", "list_splat_pattern", "parenthesized_list_splat", "splat_type", "splat_pattern"}
)
DOUBLE_STARS = frozenset({"dictionary_splat", "dictionary_splat_pattern"})


def _only(reader: Reader, node: Node) -> ir.Expr:
    inner = parts(node)
    return expression(reader, inner[0] if inner else None)


def _unknown(reader: Reader, node: Node) -> ir.Expr:
    found = tuple(expression(reader, part) for part in parts(node))
    return ir.Unknown(span=reader.span(node), what=node.type, parts=found)


def _identifier(reader: Reader, node: Node) -> ir.Expr:
    return ir.Name(span=reader.span(node), id=reader.name(node))


def _dotted_name(reader: Reader, node: Node) -> ir.Expr:
    names = parts(node)
    value = expression(reader, names[0])
    for name in names[1:]:
        value = ir.Attr(span=reader.span(node), value=value, name=reader.name(name))
    return value


def _constant(value: bool | None) -> Handler:
    return lambda reader, node: ir.Const(span=reader.span(node), value=value)


def _attribute(reader: Reader, node: Node) -> ir.Expr:
    value = expression(reader, node.child_by_field_name("object"))
    name = reader.name(node.child_by_field_name("attribute"))
    return ir.Attr(span=reader.span(node), value=value, name=name)


def _subscript(reader: Reader, node: Node) -> ir.Expr:
    value = expression(reader, node.child_by_field_name("value"))
    indexes = [part for part in node.children_by_field_name("subscript") if part.is_named]
    index = sequence_of(reader, reader.span(node), indexes)
    return ir.Index(span=reader.span(node), value=value, index=index)


def _slice(reader: Reader, node: Node) -> ir.Expr:
    bounds: list[ir.Expr | None] = [None]
    for child in node.children:
        if child.type == ":":
            bounds.append(None)
        elif child.is_named and child.type != "comment":
            bounds[-1] = expression(reader, child)
    bounds += [None] * (3 - len(bounds))
    return ir.Slice(span=reader.span(node), lower=bounds[0], upper=bounds[1], step=bounds[2])


def _call(reader: Reader, node: Node) -> ir.Expr:
    callee = expression(reader, node.child_by_field_name("function"))
    arguments = node.child_by_field_name("arguments")
    if arguments is None:
        args: tuple[ir.Arg, ...] = ()
    elif arguments.type == "generator_expression":
        args = (item(reader, arguments),)
    else:
        args = items(reader, parts(arguments))
    return ir.Call(span=reader.span(node), callee=callee, args=args)


def _comparison(reader: Reader, node: Node) -> ir.Expr:
    values = [expression(reader, part) for part in parts(node)]
    operators = [" ".join(reader.text(part).split()) for part in node.children_by_field_name("operators")]
    span = reader.span(node)
    result: ir.Expr | None = None
    for left, operator, right in zip(values, operators, values[1:], strict=False):
        pair = ir.Compare(span=span, op="!=" if operator == "<>" else operator, left=left, right=right)
        result = pair if result is None else ir.Logic(span=span, op="and", left=result, right=pair)
    return result or ir.Unknown(span=span, what="comparison", parts=tuple(values))


def _unary(reader: Reader, node: Node) -> ir.Expr:
    operator = "not" if node.type == "not_operator" else reader.text(node.children[0])
    value = expression(reader, node.child_by_field_name("argument"))
    return ir.Unary(span=reader.span(node), op=operator, value=value)


def _conditional(reader: Reader, node: Node) -> ir.Expr:
    then, test, other = [expression(reader, part) for part in parts(node)[:3]]
    return ir.Choose(span=reader.span(node), test=test, then=then, other=other)


def _named_expression(reader: Reader, node: Node) -> ir.Expr:
    target = expression(reader, node.child_by_field_name("name"))
    value = expression(reader, node.child_by_field_name("value"))
    return ir.AssignExpr(span=reader.span(node), target=target, op="", value=value)


def assignment_value(reader: Reader, node: Node) -> ir.Expr:
    """Lower an assignment that the grammar puts where a value stands."""
    target = expression(reader, node.child_by_field_name("left"))
    operator = node.child_by_field_name("operator")
    op = reader.text(operator).removesuffix("=") if operator is not None else ""
    value = expression(reader, node.child_by_field_name("right"))
    return ir.AssignExpr(span=reader.span(node), target=target, op=op, value=value)


def _await(reader: Reader, node: Node) -> ir.Expr:
    return ir.Await(span=reader.span(node), value=_only(reader, node))


def _yield(reader: Reader, node: Node) -> ir.Expr:
    reader.generators[-1] = True
    whole = any(child.type == "from" for child in node.children)
    value = sequence_of(reader, reader.span(node), parts(node)) if parts(node) else None
    return ir.Yield(span=reader.span(node), value=value, whole=whole)


def _sequence(kind: str) -> Handler:
    def lower(reader: Reader, node: Node) -> ir.Expr:
        found = items(reader, parts(node))
        return ir.Sequence(span=reader.span(node), kind=kind, items=found)  # type: ignore[arg-type]

    return lower


def _dictionary(reader: Reader, node: Node) -> ir.Expr:
    entries: list[tuple[ir.Expr | None, ir.Expr]] = []
    for part in parts(node):
        if part.type == "pair":
            key = expression(reader, part.child_by_field_name("key"))
            entries.append((key, expression(reader, part.child_by_field_name("value"))))
        else:
            entries.append((None, item(reader, part).value))
    return ir.Mapping(span=reader.span(node), entries=tuple(entries))


def _comprehension(kind: str) -> Handler:
    def lower(reader: Reader, node: Node) -> ir.Expr:
        body = node.child_by_field_name("body")
        key = None
        if body is not None and body.type == "pair":
            key = expression(reader, body.child_by_field_name("key"))
            body = body.child_by_field_name("value")
        element = expression(reader, body)
        return ir.Comprehension(
            span=reader.span(node), kind=kind, element=element, clauses=_clauses(reader, node), key=key  # type: ignore[arg-type]
        )  # fmt: skip

    return lower


def _clauses(reader: Reader, node: Node) -> tuple[ir.Clause, ...]:
    """Group each `for … in …` with the conditions that follow it."""
    found: list[tuple[Node, list[ir.Expr]]] = []
    for child in node.named_children:
        if child.type == "for_in_clause":
            found.append((child, []))
        elif child.type == "if_clause" and found:
            found[-1][1].append(_only(reader, child))
    return tuple(_clause(reader, clause, tuple(conditions)) for clause, conditions in found)


def _clause(reader: Reader, node: Node, conditions: tuple[ir.Expr, ...]) -> ir.Clause:
    target = expression(reader, node.child_by_field_name("left"))
    sources = [part for part in node.children_by_field_name("right") if part.is_named]
    iterable = sequence_of(reader, reader.span(node), sources)
    return ir.Clause(span=reader.span(node), target=target, iterable=iterable, conditions=conditions)


def _generic_type(reader: Reader, node: Node) -> ir.Expr:
    base, *parameters = parts(node)
    indexes = [inner for parameter in parameters for inner in parts(parameter)]
    index = sequence_of(reader, reader.span(node), indexes)
    return ir.Index(span=reader.span(node), value=expression(reader, base), index=index)


def _union_type(reader: Reader, node: Node) -> ir.Expr:
    left, right = [expression(reader, part) for part in parts(node)[:2]]
    return ir.Binary(span=reader.span(node), op="|", left=left, right=right)


def _member_type(reader: Reader, node: Node) -> ir.Expr:
    owner, name = parts(node)[:2]
    return ir.Attr(span=reader.span(node), value=expression(reader, owner), name=reader.name(name))


def _starred(reader: Reader, node: Node) -> ir.Expr:
    return ir.Sequence(span=reader.span(node), kind="tuple", items=(item(reader, node),))


HANDLERS: dict[str, Handler] = {
    "identifier": _identifier, "dotted_name": _dotted_name, "attribute": _attribute, "subscript": _subscript,
    "slice": _slice, "call": _call, "comparison_operator": _comparison, "not_operator": _unary,
    "unary_operator": _unary, "conditional_expression": _conditional, "named_expression": _named_expression,
    "assignment": assignment_value, "augmented_assignment": assignment_value, "await": _await, "yield": _yield,
    "true": _constant(True), "false": _constant(False), "none": _constant(None),
    "integer": literals.integer, "float": literals.floating,
    "string": lambda reader, node: literals.string(reader, node, expression),
    "concatenated_string": lambda reader, node: literals.concatenated(reader, node, expression),
    "binary_operator": lambda reader, node: binary(reader, node, expression),
    "boolean_operator": lambda reader, node: boolean(reader, node, expression),
    "lambda": lambda reader, node: lambda_function(reader, node, expression),
    "list": _sequence("list"), "tuple": _sequence("tuple"), "set": _sequence("set"),
    "list_pattern": _sequence("list"), "tuple_pattern": _sequence("tuple"), "pattern_list": _sequence("tuple"),
    "expression_list": _sequence("tuple"), "dictionary": _dictionary,
    "list_comprehension": _comprehension("list"), "set_comprehension": _comprehension("set"),
    "dictionary_comprehension": _comprehension("mapping"), "generator_expression": _comprehension("generator"),
    "parenthesized_expression": _only, "type": _only, "as_pattern_target": _only, "chevron": _only,
    "generic_type": _generic_type, "union_type": _union_type, "member_type": _member_type,
    "list_splat": _starred, "list_splat_pattern": _starred, "splat_type": _starred,
}  # fmt: skip
