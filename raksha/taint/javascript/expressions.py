"""Expressions, except functions, classes and literals."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from tree_sitter import Node

from raksha.taint import ir
from raksha.taint.javascript.context import Lowering, part, parts
from raksha.taint.javascript.functions import method
from raksha.taint.javascript.literals import pieces
from raksha.taint.javascript.patterns import key, target

LOGIC: dict[str, Literal["and", "or", "??"]] = {"&&": "and", "||": "or", "??": "??"}
COMPARISONS = frozenset({"==", "!=", "===", "!==", "<", "<=", ">", ">=", "in", "instanceof"})
NEGATIVE = frozenset({"!=", "!=="})
LONGEST = 30  # operands in a row that stay nested to the left, as written


def name(lo: Lowering, node: Node) -> ir.Expr:
    text = lo.text(node)
    return ir.Const(None, span=lo.span(node)) if text == "undefined" else ir.Name(text, span=lo.span(node))


def inside(lo: Lowering, node: Node) -> ir.Expr:
    """Lower what brackets or a type wrap."""
    found = parts(node)
    return lo.expr(found[0]) if found else lo.unknown(node)


def binary(lo: Lowering, node: Node) -> ir.Expr:
    """Lower a chain of one kind from the left without recursion; a long one becomes a balanced sum."""
    rights: list[tuple[str, Node, Node]] = []
    at = node
    while at.type == "binary_expression":
        rights.append((lo.text(part(at, "operator")), part(at, "right"), at))
        at = part(at, "left")
        if at is rights[-1][2]:
            return lo.unknown(node)
    if len(rights) > LONGEST and all(op == "+" for op, _, _ in rights):
        return _balanced([lo.expr(at), *(lo.expr(right) for _, right, _ in reversed(rights))])
    if len(rights) > LONGEST:
        operands = (lo.expr(at), *(lo.expr(right) for _, right, _ in reversed(rights)))
        return ir.Unknown("long expression", operands, span=lo.span(node))
    result = lo.expr(at)
    for op, right, whole in reversed(rights):
        result = _joined(op, result, lo.expr(right), lo.span(whole))
    return result


def _balanced(operands: list[ir.Expr]) -> ir.Expr:
    while len(operands) > 1:
        pairs: list[ir.Expr] = []
        for left, right in zip(operands[::2], operands[1::2], strict=False):
            span = ir.Span(left.span.line, left.span.column, right.span.end_line, right.span.end_column)
            pairs.append(ir.Binary("+", left, right, span=span))
        operands = pairs + operands[len(pairs) * 2 :]
    return operands[0]


def _joined(op: str, left: ir.Expr, right: ir.Expr, span: ir.Span) -> ir.Expr:
    if op in LOGIC:
        return ir.Logic(LOGIC[op], left, right, span=span)
    if op not in COMPARISONS:
        return ir.Binary(op, left, right, span=span)
    told = _type_test(op, left, right, span) or _type_test(op, right, left, span)
    return told or ir.Compare(op, left, right, span=span)


def _type_test(op: str, one: ir.Expr, other: ir.Expr, span: ir.Span) -> ir.Expr | None:
    """`typeof x === "string"` is a call of the test "typeof string", so that models can say what it proves."""
    if not (isinstance(one, ir.Unary) and one.op == "typeof" and isinstance(other, ir.Const)):
        return None
    if not isinstance(other.value, str):
        return None
    callee = ir.Name(f"typeof {other.value}", span=span)
    test = ir.Call(callee, (ir.Arg(one.value, span=one.span),), span=span)
    return ir.Unary("not", test, span=span) if op in NEGATIVE else test


def unary(lo: Lowering, node: Node) -> ir.Expr:
    op = lo.text(part(node, "operator"))
    value = lo.expr(part(node, "argument"))
    if op == "-" and isinstance(value, ir.Const) and type(value.value) in (int, float):
        return ir.Const(-value.value, span=lo.span(node))  # type: ignore[operator]
    return ir.Unary({"!": "not"}.get(op, op), value, span=lo.span(node))


def member(lo: Lowering, node: Node) -> ir.Expr:
    found = part(node, "property")
    is_optional = node.child_by_field_name("optional_chain") is not None
    return ir.Attr(lo.expr(part(node, "object")), lo.text(found), is_optional, span=lo.span(node))


def read_member(lo: Lowering, node: Node) -> ir.Expr:
    """A length is computed where it is known, so it is read by a function of that name."""
    if lo.text(part(node, "property")) == "length":
        value = lo.expr(part(node, "object"))
        callee = ir.Name("length of", span=lo.span(node))
        return ir.Call(callee, (ir.Arg(value, span=value.span),), span=lo.span(node))
    return member(lo, node)


def subscript(lo: Lowering, node: Node) -> ir.Expr:
    value, index = lo.expr(part(node, "object")), lo.expr(part(node, "index"))
    return ir.Index(value, index, span=lo.span(node))


def arguments(lo: Lowering, node: Node | None) -> tuple[ir.Arg, ...]:
    return tuple(_arg(lo, child) for child in parts(node))


def _arg(lo: Lowering, node: Node) -> ir.Arg:
    if node.type == "spread_element":
        return ir.Arg(inside(lo, node), spread="*", span=lo.span(node))
    return ir.Arg(lo.expr(node), span=lo.span(node))


def call(lo: Lowering, node: Node) -> ir.Expr:
    callee, given = part(node, "function"), part(node, "arguments")
    if given.type == "template_string":
        return ir.Template(pieces(lo, given), lo.expr(callee), span=lo.span(node))
    required = _required(lo, node, callee, given)
    if required is not None:
        return required
    function = member(lo, callee) if callee.type == "member_expression" else lo.expr(callee)
    return ir.Call(function, arguments(lo, given), span=lo.span(node))


def _required(lo: Lowering, node: Node, callee: Node, given: Node) -> ir.Expr | None:
    """`require("x")` and `import("x")` are names that an import at the top of the file binds."""
    if lo.text(callee) not in ("require", "import"):
        return None
    inner = parts(given)
    if not inner or inner[0].type != "string":
        return None
    module = lo.text(inner[0])[1:-1].removeprefix("node:")
    bound = f"require {module}"
    lo.required.setdefault(module, ir.Import(module, alias=bound, span=lo.span(node)))
    return ir.Name(bound, span=lo.span(node))


def new(lo: Lowering, node: Node) -> ir.Expr:
    callee = lo.expr(part(node, "constructor"))
    return ir.Call(callee, arguments(lo, node.child_by_field_name("arguments")), new=True, span=lo.span(node))


def assignment(lo: Lowering, node: Node) -> ir.Expr:
    left = part(node, "left")
    bound = member(lo, left) if left.type == "member_expression" else target(lo, left)
    value = named(lo.expr(part(node, "right")), bound)
    return ir.AssignExpr(lo.assign(bound), "", value, span=lo.span(node))


def named(value: ir.Expr, bound: ir.Expr) -> ir.Expr:
    """Give a function without a name the one of the variable or property that holds it."""
    if isinstance(value, ir.Function | ir.Class) and not value.name:
        word = bound.id if isinstance(bound, ir.Name) else getattr(bound, "name", "")
        return replace(value, name=word) if isinstance(value, ir.Class) else value
    return value


def augmented(lo: Lowering, node: Node) -> ir.Expr:
    left = part(node, "left")
    bound = member(lo, left) if left.type == "member_expression" else target(lo, left)
    op = lo.text(part(node, "operator")).removesuffix("=")
    value = lo.expr(part(node, "right"))
    return ir.AssignExpr(lo.assign(bound), LOGIC.get(op, op), value, span=lo.span(node))


def update(lo: Lowering, node: Node) -> ir.Expr:
    argument = part(node, "argument")
    op = lo.text(part(node, "operator"))[:1]
    one = ir.Const(1, span=lo.span(node))
    is_before = argument.start_byte == node.start_byte
    return ir.AssignExpr(lo.assign(target(lo, argument)), op, one, is_before, span=lo.span(node))


def ternary(lo: Lowering, node: Node) -> ir.Expr:
    test, then, other = (lo.expr(part(node, word)) for word in ("condition", "consequence", "alternative"))
    return ir.Choose(test, then, other, span=lo.span(node))


def await_(lo: Lowering, node: Node) -> ir.Expr:
    return ir.Await(inside(lo, node), span=lo.span(node))


def yield_(lo: Lowering, node: Node) -> ir.Expr:
    found = parts(node)
    is_whole = any(child.type == "*" for child in node.children)
    return ir.Yield(lo.expr(found[0]) if found else None, is_whole, span=lo.span(node))


def sequence(lo: Lowering, node: Node) -> ir.Expr:
    """The comma: everything is evaluated, the last is the value."""
    items = tuple(ir.Arg(lo.expr(one), span=lo.span(one)) for one in commas(node))
    held = ir.Sequence("list", items, span=lo.span(node))
    return ir.Index(held, ir.Const(len(items) - 1, span=lo.span(node)), span=lo.span(node))


def commas(node: Node) -> list[Node]:
    """Return the expressions between commas, however the grammar nests them."""
    found: list[Node] = []
    waiting = [node]
    while waiting:
        at = waiting.pop()
        if at.type == "sequence_expression":
            waiting.extend(reversed(parts(at)))
        else:
            found.append(at)
    return found


def array(lo: Lowering, node: Node) -> ir.Expr:
    return ir.Sequence("list", arguments(lo, node), span=lo.span(node))


def object_(lo: Lowering, node: Node) -> ir.Expr:
    entries: list[tuple[ir.Expr | None, ir.Expr]] = []
    for child in parts(node):
        if child.type == "pair":
            entries.append((key(lo, part(child, "key")), lo.expr(part(child, "value"))))
        elif child.type == "spread_element":
            entries.append((None, inside(lo, child)))
        elif child.type == "method_definition":
            entries.append((key(lo, part(child, "name")), method(lo, child)))
        else:
            entries.append((ir.Const(lo.text(child), span=lo.span(child)), name(lo, child)))
    return ir.Mapping(tuple(entries), span=lo.span(node))


def cast(lo: Lowering, node: Node) -> ir.Expr:
    """What is claimed of a type changes nothing at run time."""
    found = parts(node)
    at = -1 if node.type == "type_assertion" else 0
    return lo.expr(found[at]) if found else lo.unknown(node)


def element(lo: Lowering, node: Node) -> ir.Expr:
    """Lower an element of JSX to a call of "jsx <tag>" with its attributes by name and its children."""
    opening = node.child_by_field_name("open_tag") or node
    tag = lo.text(opening.child_by_field_name("name"))
    given: list[ir.Arg] = []
    for child in parts(opening):
        if child.type == "jsx_attribute":
            inner = parts(child)
            value = lo.expr(inner[1]) if len(inner) > 1 else ir.Const(True, span=lo.span(child))
            if inner and lo.text(inner[0]) == "dangerouslySetInnerHTML":
                name_of = ir.Name("html of an element", span=lo.span(child))
                value = ir.Call(name_of, (ir.Arg(value, span=value.span),), span=lo.span(child))
            given.append(ir.Arg(value, lo.text(inner[0]) if inner else None, span=lo.span(child)))
    for child in parts(node):
        if (
            child.type in ("jsx_expression", "jsx_element", "jsx_self_closing_element")
            and child is not opening
        ):
            given.append(ir.Arg(lo.expr(child), span=lo.span(child)))
    callee = ir.Attr(ir.Name("jsx", span=lo.span(opening)), tag or "fragment", span=lo.span(opening))
    return ir.Call(callee, tuple(given), span=lo.span(node))


EXPRESSIONS = {
    "identifier": name, "this": name, "super": name, "parenthesized_expression": inside, "binary_expression": binary,
    "unary_expression": unary, "member_expression": read_member, "subscript_expression": subscript,
    "call_expression": call, "new_expression": new, "assignment_expression": assignment,
    "augmented_assignment_expression": augmented, "update_expression": update, "ternary_expression": ternary,
    "await_expression": await_, "yield_expression": yield_, "sequence_expression": sequence, "array": array,
    "object": object_, "as_expression": cast, "satisfies_expression": cast, "non_null_expression": cast,
    "type_assertion": cast, "instantiation_expression": cast, "jsx_element": element,
    "jsx_self_closing_element": element, "jsx_expression": inside,
}  # fmt: skip
