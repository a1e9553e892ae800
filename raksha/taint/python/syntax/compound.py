"""Statements that hold blocks: if, loops, try, with, match, functions and classes."""

from __future__ import annotations

from collections.abc import Callable

from tree_sitter import Node

from raksha.taint import ir
from raksha.taint.python.syntax import functions
from raksha.taint.python.syntax.expressions import expression, sequence_of
from raksha.taint.python.syntax.patterns import pattern
from raksha.taint.python.syntax.reader import Reader, parts

Out = list[ir.Stmt]
Body = tuple[ir.Stmt, ...]
Block = Callable[[Reader, Node | None], Body]
Handler = Callable[[Reader, Node, Block, Out], None]
LONGEST = 30  # branches that stay a nest of ifs


def _if(reader: Reader, node: Node, block: Block, out: Out) -> None:
    branches = [(node, expression(reader, node.child_by_field_name("condition")), _then(reader, node, block))]
    other: Body = ()
    for part in node.children_by_field_name("alternative"):
        if part.type == "elif_clause":
            test = expression(reader, part.child_by_field_name("condition"))
            branches.append((part, test, _then(reader, part, block)))
        else:
            other = block(reader, part.child_by_field_name("body"))
    if len(branches) > LONGEST:
        out.append(_switch_of(reader, branches, other))
        return
    for part, test, then in reversed(branches):
        other = (ir.If(span=reader.span(part), test=test, then=then, other=other),)
    out.extend(other)


def _then(reader: Reader, node: Node, block: Block) -> Body:
    return block(reader, node.child_by_field_name("consequence"))


def _switch_of(reader: Reader, branches: list[tuple[Node, ir.Expr, Body]], other: Body) -> ir.Switch:
    """Write a very long if … elif … flat: cases that only have guards."""
    cases = [
        ir.Case(span=reader.span(part), patterns=(), body=body, guard=test) for part, test, body in branches
    ]
    span = reader.span(branches[0][0])
    if other:
        cases.append(ir.Case(span=span, patterns=(), body=other))
    return ir.Switch(span=span, subject=ir.Const(span=span, value=True), cases=tuple(cases))


def _while(reader: Reader, node: Node, block: Block, out: Out) -> None:
    test = expression(reader, node.child_by_field_name("condition"))
    body = block(reader, node.child_by_field_name("body"))
    out.append(ir.While(span=reader.span(node), test=test, body=body, other=_else(reader, node, block)))


def _for(reader: Reader, node: Node, block: Block, out: Out) -> None:
    target = expression(reader, node.child_by_field_name("left"))
    sources = [part for part in node.children_by_field_name("right") if part.is_named]
    iterable = sequence_of(reader, reader.span(node), sources)
    body = block(reader, node.child_by_field_name("body"))
    other = _else(reader, node, block)
    out.append(ir.For(span=reader.span(node), target=target, iterable=iterable, body=body, other=other))


def _else(reader: Reader, node: Node, block: Block) -> Body:
    clause = next((part for part in node.named_children if part.type == "else_clause"), None)
    return block(reader, clause.child_by_field_name("body")) if clause is not None else ()


def _try(reader: Reader, node: Node, block: Block, out: Out) -> None:
    handlers = tuple(
        _handler(reader, part, block) for part in node.named_children if part.type.startswith("except")
    )
    final = next((part for part in node.named_children if part.type == "finally_clause"), None)
    out.append(
        ir.Try(
            span=reader.span(node),
            body=block(reader, node.child_by_field_name("body")),
            handlers=handlers,
            other=_else(reader, node, block),
            final=block(reader, _block_of(final)),
        )
    )


def _block_of(node: Node | None) -> Node | None:
    return (
        next((part for part in node.named_children if part.type == "block"), None)
        if node is not None
        else None
    )


def _handler(reader: Reader, node: Node, block: Block) -> ir.Handler:
    values = [part for part in node.children_by_field_name("value") if part.is_named]
    name = ""
    types: list[ir.Expr] = []
    for value in values:
        if value.type == "as_pattern":
            alias = value.child_by_field_name("alias")
            name = reader.text(alias) if alias is not None else ""
            value = parts(value)[0]
        lowered = expression(reader, value)
        types += [part.value for part in lowered.items] if isinstance(lowered, ir.Sequence) else [lowered]
    if len(types) == 2 and len(values) == 2 and not name and _is_variable(types[1]):
        name = reader.text(values[1])  # except Error, e: of Python 2
        types = types[:1]
    body = block(reader, _block_of(node))
    return ir.Handler(span=reader.span(node), types=tuple(types), name=name, body=body)


def _is_variable(value: ir.Expr) -> bool:
    return isinstance(value, ir.Name) and value.id.islower()


def _with(reader: Reader, node: Node, block: Block, out: Out) -> None:
    clause = next((part for part in node.named_children if part.type == "with_clause"), None)
    found = [part for part in parts(clause) if part.type == "with_item"] if clause is not None else []
    items = tuple(_with_item(reader, part.child_by_field_name("value")) for part in found)
    body = block(reader, node.child_by_field_name("body"))
    out.append(ir.With(span=reader.span(node), items=items, body=body))


def _with_item(reader: Reader, node: Node | None) -> tuple[ir.Expr, ir.Target | None]:
    if node is not None and node.type == "as_pattern":
        target = expression(reader, node.child_by_field_name("alias"))
        return expression(reader, parts(node)[0]), target
    return expression(reader, node), None


def _match(reader: Reader, node: Node, block: Block, out: Out) -> None:
    subjects = [part for part in node.children_by_field_name("subject") if part.is_named]
    subject = sequence_of(reader, reader.span(node), subjects)
    body = node.child_by_field_name("body")
    cases = tuple(
        _case(reader, part, block)
        for part in (body.named_children if body is not None else ())
        if part.type == "case_clause"
    )
    out.append(ir.Switch(span=reader.span(node), subject=subject, cases=cases))


def _case(reader: Reader, node: Node, block: Block) -> ir.Case:
    guard = node.child_by_field_name("guard")
    nodes = [part for part in parts(node) if part.type == "case_pattern"]
    found = pattern(reader, nodes, reader.span(node))
    return ir.Case(
        span=reader.span(node),
        patterns=tuple(found.patterns),
        body=block(reader, node.child_by_field_name("consequence")),
        guard=expression(reader, parts(guard)[0]) if guard is not None and parts(guard) else None,
        captures=tuple(found.captures),
        shape=found.shape,
    )


def _decorated(reader: Reader, node: Node, block: Block, out: Out) -> None:
    marks = tuple(
        expression(reader, next(iter(parts(part)), None))
        for part in node.named_children
        if part.type == "decorator"
    )
    inner = node.child_by_field_name("definition")
    if inner is not None:
        _define(reader, inner, marks, block, out)


def _definition(reader: Reader, node: Node, block: Block, out: Out) -> None:
    _define(reader, node, (), block, out)


def _define(reader: Reader, node: Node, marks: tuple[ir.Expr, ...], block: Block, out: Out) -> None:
    if node.type == "function_definition":
        out.append(functions.function(reader, node, marks, expression, block))
    else:
        out.append(_class(reader, node, marks, block))


def _class(reader: Reader, node: Node, marks: tuple[ir.Expr, ...], block: Block) -> ir.Class:
    above = node.child_by_field_name("superclasses")
    bases = tuple(
        expression(reader, part)
        for part in (parts(above) if above is not None else ())
        if part.type != "keyword_argument"
    )
    name = reader.name(node.child_by_field_name("name"))
    body = block(reader, node.child_by_field_name("body"))
    return ir.Class(span=reader.span(node), name=name, bases=bases, body=body, decorators=marks)


COMPOUND: dict[str, Handler] = {
    "if_statement": _if, "while_statement": _while, "for_statement": _for, "try_statement": _try,
    "with_statement": _with, "match_statement": _match, "decorated_definition": _decorated,
    "function_definition": _definition, "class_definition": _definition,
}  # fmt: skip
