"""Java's statements inside methods."""

from __future__ import annotations

from dataclasses import replace

from tree_sitter import Node

from raksha.taint import ir
from raksha.taint.java.context import Lowering, Statements, field, parts
from raksha.taint.java.expressions import arguments
from raksha.taint.java.typenames import dimensions, type_expr, type_text


def variables(lo: Lowering, node: Node) -> tuple[ir.Stmt, ...]:
    """Lower a declaration of local variables: one Assign for each."""
    type_ = type_text(lo, node.child_by_field_name("type"))
    declared = node.children_by_field_name("declarator")
    made = tuple(declarator(lo, part, "" if type_ == "var" else type_) for part in declared)
    return (replace(made[0], span=lo.span(node)),) if len(made) == 1 else made


def declarator(lo: Lowering, node: Node, type_: str) -> ir.Assign:
    value = node.child_by_field_name("value")
    full = type_ + dimensions(lo, node.child_by_field_name("dimensions"))
    made = lo.expr(value) if value is not None else None
    target = lo.name(field(node, "name"))
    lo.types[target.id] = full
    return ir.Assign((target,), made, full, span=lo.span(node))


def expression(lo: Lowering, node: Node) -> tuple[ir.Stmt, ...]:
    inside = parts(node)
    if len(inside) != 1:
        return (ir.Do(lo.unknown(node), span=lo.span(node)),)
    if inside[0].type == "switch_expression":
        return lo.stmt(inside[0])
    value, span = lo.expr(inside[0]), lo.span(node)
    if isinstance(value, ir.AssignExpr) and not value.op:
        return (assigned(lo, value, span),)
    return (ir.Do(value, span=span),)


def assigned(lo: Lowering, value: ir.AssignExpr, span: ir.Span) -> ir.Assign:
    """Write an assignment as a statement, with the variable's declared type."""
    type_ = lo.types.get(value.target.id, "") if isinstance(value.target, ir.Name) else ""
    return ir.Assign((value.target,), value.value, type_, span=span)


def block(lo: Lowering, node: Node) -> tuple[ir.Stmt, ...]:
    return (ir.Block(lo.stmts(parts(node)), span=lo.span(node)),)


def empty(lo: Lowering, node: Node) -> tuple[ir.Stmt, ...]:
    return ()


def if_(lo: Lowering, node: Node) -> tuple[ir.Stmt, ...]:
    """Lower a chain of else-ifs from its end, in a loop, for it can be long."""
    chain = [node]
    while (after := chain[-1].child_by_field_name("alternative")) and after.type == "if_statement":
        chain.append(after)
    made = lo.body(chain[-1].child_by_field_name("alternative"))
    for link in reversed(chain):
        test, then = lo.expr(field(link, "condition")), lo.body(field(link, "consequence"))
        made = (ir.If(test, then, made, span=lo.span(link)),)
    return made


def while_(lo: Lowering, node: Node) -> tuple[ir.Stmt, ...]:
    test, body = lo.expr(field(node, "condition")), lo.body(field(node, "body"))
    return (ir.While(test, body, after=node.type == "do_statement", span=lo.span(node)),)


def for_(lo: Lowering, node: Node) -> tuple[ir.Stmt, ...]:
    span, test = lo.span(node), node.child_by_field_name("condition")
    init = tuple(stmt for part in node.children_by_field_name("init") for stmt in _part(lo, part))
    update = tuple(stmt for part in node.children_by_field_name("update") for stmt in _part(lo, part))
    check = lo.expr(test) if test is not None else ir.Const(True, span=span)
    loop = ir.While(check, lo.body(field(node, "body")), update=update, span=span)
    return (ir.Block((*init, loop), span=span),) if init else (loop,)


def for_each(lo: Lowering, node: Node) -> tuple[ir.Stmt, ...]:
    type_ = type_text(lo, node.child_by_field_name("type"))
    target, values = lo.name(field(node, "name")), lo.expr(field(node, "value"))
    body = lo.body(field(node, "body"))
    return (ir.For(target, values, body, type="" if type_ == "var" else type_, span=lo.span(node)),)


def labelled(lo: Lowering, node: Node) -> tuple[ir.Stmt, ...]:
    """Give the label to the loop, switch or block behind it; `for (init;…)` keeps its loop in a block."""
    named, *rest = parts(node)
    label, made = lo.text(named), lo.stmts(rest)
    last = made[-1] if len(made) == 1 else None
    if isinstance(last, ir.Block) and rest[0].type == "for_statement" and isinstance(last.body[-1], ir.While):
        return (replace(last, body=(*last.body[:-1], replace(last.body[-1], label=label))),)
    if isinstance(last, ir.While | ir.For | ir.Switch | ir.Block):
        return (replace(last, label=label),)
    return (ir.Block(made, label, span=lo.span(node)),)


def jump(lo: Lowering, node: Node) -> tuple[ir.Stmt, ...]:
    label = next((lo.text(part) for part in parts(node)), "")
    kind = ir.Break if node.type == "break_statement" else ir.Continue
    return (kind(label, span=lo.span(node)),)


def return_(lo: Lowering, node: Node) -> tuple[ir.Stmt, ...]:
    value = next(iter(parts(node)), None)
    return (ir.Return(lo.expr(value) if value is not None else None, span=lo.span(node)),)


def throw(lo: Lowering, node: Node) -> tuple[ir.Stmt, ...]:
    return (ir.Raise(lo.expr(parts(node)[0]), span=lo.span(node)),)


def assert_(lo: Lowering, node: Node) -> tuple[ir.Stmt, ...]:
    return (ir.Assert(lo.expr(parts(node)[0]), span=lo.span(node)),)


def synchronized(lo: Lowering, node: Node) -> tuple[ir.Stmt, ...]:
    lock = tuple(ir.Do(lo.expr(part), span=lo.span(part)) for part in parts(node) if part.type != "block")
    return (*lock, ir.Block(lo.body(field(node, "body")), span=lo.span(node)))


def try_(lo: Lowering, node: Node) -> tuple[ir.Stmt, ...]:
    """Lower try; with resources it is With inside Try, or With alone when nothing is caught."""
    span, inside = lo.span(node), parts(node)
    body = lo.body(field(node, "body"))
    resources = node.child_by_field_name("resources")
    if resources is not None:
        body = (ir.With(tuple(_resource(lo, part) for part in parts(resources)), body, span=span),)
    handlers = tuple(_handler(lo, part) for part in inside if part.type == "catch_clause")
    finals = [part for clause in inside if clause.type == "finally_clause" for part in parts(clause)]
    final = lo.body(finals[0]) if finals else ()
    if resources is not None and not handlers and not finals:
        return body
    return (ir.Try(body, handlers, final=final, span=span),)


def broken(lo: Lowering, node: Node) -> tuple[ir.Stmt, ...]:
    """Keep what can still be read of a range that the parser could not read whole."""
    return lo.stmts(parts(node))


def delegation(lo: Lowering, node: Node) -> tuple[ir.Stmt, ...]:
    """Lower `this(…)` and `super(…)` at the head of a constructor to a call of that name."""
    args = arguments(lo, node.child_by_field_name("arguments"))
    call = ir.Call(lo.name(field(node, "constructor")), args, span=lo.span(node))
    return (ir.Do(call, span=lo.span(node)),)


def _part(lo: Lowering, node: Node) -> tuple[ir.Stmt, ...]:
    if node.type == "local_variable_declaration":
        return lo.stmt(node)
    value, span = lo.expr(node), lo.span(node)
    if isinstance(value, ir.AssignExpr) and not value.op:
        return (assigned(lo, value, span),)
    return (ir.Do(value, span=span),)


def _resource(lo: Lowering, node: Node) -> tuple[ir.Expr, ir.Target | None]:
    """Return value and name of a resource; its declared type is kept as a cast."""
    value = node.child_by_field_name("value")
    if value is None:
        return lo.expr(parts(node)[0]), None
    made, type_ = lo.expr(value), type_text(lo, node.child_by_field_name("type"))
    if type_ not in ("", "var"):
        made = ir.Cast(type_, made, span=made.span)
    return made, lo.name(field(node, "name"))


def _handler(lo: Lowering, node: Node) -> ir.Handler:
    caught = next((part for part in parts(node) if part.type == "catch_formal_parameter"), node)
    types = [part for part in parts(caught) if part.type == "catch_type"]
    named = caught.child_by_field_name("name")
    made = tuple(type_expr(lo, part) for type_ in types for part in parts(type_))
    word = lo.text(named) if named is not None else ""
    return ir.Handler(made, word, lo.body(field(node, "body")), span=lo.span(node))


STATEMENTS: Statements = {
    "local_variable_declaration": variables,
    "expression_statement": expression,
    "block": block,
    "constructor_body": block,
    ";": empty,
    "if_statement": if_,
    "while_statement": while_,
    "do_statement": while_,
    "for_statement": for_,
    "enhanced_for_statement": for_each,
    "labeled_statement": labelled,
    "break_statement": jump,
    "continue_statement": jump,
    "return_statement": return_,
    "throw_statement": throw,
    "assert_statement": assert_,
    "synchronized_statement": synchronized,
    "try_statement": try_,
    "try_with_resources_statement": try_,
    "explicit_constructor_invocation": delegation,
    "ERROR": broken,
}
