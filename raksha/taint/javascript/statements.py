"""Statements and declarations, except imports and exports."""

from __future__ import annotations

from tree_sitter import Node

from raksha.taint import ir
from raksha.taint.javascript.context import Lowering, part, parts
from raksha.taint.javascript.expressions import commas, named
from raksha.taint.javascript.functions import class_, function, type_of
from raksha.taint.javascript.patterns import key, target

Stmts = tuple[ir.Stmt, ...]


def declaration(lo: Lowering, node: Node) -> Stmts:
    return tuple(_declarator(lo, child) for child in parts(node) if child.type == "variable_declarator")


def _declarator(lo: Lowering, node: Node) -> ir.Stmt:
    bound = lo.declare(target(lo, part(node, "name")))
    value = node.child_by_field_name("value")
    made = named(lo.expr(value), bound) if value is not None else None
    type_ = type_of(lo, node.child_by_field_name("type"))
    return ir.Assign((bound,), made, type_, span=lo.span(node))


def do(lo: Lowering, node: Node) -> Stmts:
    return tuple(ir.Do(lo.expr(one), span=lo.span(one)) for child in parts(node) for one in commas(child))


def function_statement(lo: Lowering, node: Node) -> Stmts:
    made = function(lo, node)
    lo.scopes[-1].declared.add(made.name)
    return () if made.is_abstract else (made,)


def class_statement(lo: Lowering, node: Node) -> Stmts:
    made = class_(lo, node)
    lo.scopes[-1].declared.add(made.name)
    return (made,)


def return_(lo: Lowering, node: Node) -> Stmts:
    found = parts(node)
    return (ir.Return(lo.expr(found[0]) if found else None, span=lo.span(node)),)


def throw(lo: Lowering, node: Node) -> Stmts:
    found = parts(node)
    return (ir.Raise(lo.expr(found[0]) if found else None, span=lo.span(node)),)


def if_(lo: Lowering, node: Node) -> Stmts:
    other = node.child_by_field_name("alternative")
    inner = parts(other)
    test, then = lo.expr(part(node, "condition")), lo.body(node.child_by_field_name("consequence"))
    return (ir.If(test, then, lo.body(inner[0]) if inner else (), span=lo.span(node)),)


def while_(lo: Lowering, node: Node) -> Stmts:
    test, body = lo.expr(part(node, "condition")), lo.body(node.child_by_field_name("body"))
    return (
        ir.While(test, body, after=node.type == "do_statement", label=_label(lo, node), span=lo.span(node)),
    )


def for_(lo: Lowering, node: Node) -> Stmts:
    first = node.child_by_field_name("initializer")
    opening = lo.stmt(first) if first is not None and first.type != "empty_statement" else ()
    test = node.child_by_field_name("condition")
    if test is not None and test.type == "expression_statement":
        test = parts(test)[0] if parts(test) else None
    is_open = test is None or test.type == "empty_statement"
    condition = ir.Const(True, span=lo.span(node)) if is_open else lo.expr(test)
    step = node.child_by_field_name("increment")
    update = tuple(ir.Do(lo.expr(one), span=lo.span(one)) for one in commas(step)) if step is not None else ()
    body = lo.body(node.child_by_field_name("body"))
    return (*opening, ir.While(condition, body, update=update, label=_label(lo, node), span=lo.span(node)))


def for_in(lo: Lowering, node: Node) -> Stmts:
    bound = target(lo, part(node, "left"))
    bound = lo.declare(bound) if node.child_by_field_name("kind") is not None else lo.assign(bound)
    over = lo.text(part(node, "operator"))
    iterable, body = lo.expr(part(node, "right")), lo.body(node.child_by_field_name("body"))
    made = ir.For(bound, iterable, body, over="keys" if over == "in" else "values", label=_label(lo, node),
                  span=lo.span(node))  # fmt: skip
    return (made,)


def try_(lo: Lowering, node: Node) -> Stmts:
    handler, final = node.child_by_field_name("handler"), node.child_by_field_name("finalizer")
    handlers: tuple[ir.Handler, ...] = ()
    if handler is not None:
        caught = handler.child_by_field_name("parameter")
        bound = lo.declare(target(lo, caught)) if caught is not None else None
        name = bound.id if isinstance(bound, ir.Name) else ""
        handlers = (
            ir.Handler((), name, lo.body(handler.child_by_field_name("body")), span=lo.span(handler)),
        )
    ending = lo.body(final.child_by_field_name("body")) if final is not None else ()
    return (ir.Try(lo.body(node.child_by_field_name("body")), handlers, final=ending, span=lo.span(node)),)


def switch(lo: Lowering, node: Node) -> Stmts:
    cases: list[ir.Case] = []
    for case in parts(node.child_by_field_name("body")):
        value = case.child_by_field_name("value")
        body = lo.stmts(child for child in parts(case) if value is None or child.id != value.id)
        patterns = (lo.expr(value),) if value is not None else ()
        cases.append(ir.Case(patterns, body, span=lo.span(case)))
    subject = lo.expr(part(node, "value"))
    return (ir.Switch(subject, tuple(cases), falls=True, label=_label(lo, node), span=lo.span(node)),)


LOOPS = frozenset(
    {"for_statement", "for_in_statement", "while_statement", "do_statement", "switch_statement"}
)


def labelled(lo: Lowering, node: Node) -> Stmts:
    """A loop keeps its label itself; any other statement becomes a labelled block."""
    inner = part(node, "body")
    if inner.type in LOOPS:
        return lo.stmt(inner)
    return (ir.Block(lo.body(inner), lo.text(part(node, "label")), span=lo.span(node)),)


def _label(lo: Lowering, node: Node) -> str:
    around = node.parent
    return lo.text(part(around, "label")) if around is not None and around.type == "labeled_statement" else ""


def jump(lo: Lowering, node: Node) -> Stmts:
    label = lo.text(node.child_by_field_name("label"))
    if node.type == "break_statement":
        return (ir.Break(label, span=lo.span(node)),)
    return (ir.Continue(label, span=lo.span(node)),)


def block(lo: Lowering, node: Node) -> Stmts:
    return (ir.Block(lo.stmts(parts(node)), span=lo.span(node)),)


def nothing(lo: Lowering, node: Node) -> Stmts:
    return ()


def enum(lo: Lowering, node: Node) -> Stmts:
    """An enumeration is an object; members without a value count on."""
    entries: list[tuple[ir.Expr | None, ir.Expr]] = []
    latest = -1
    for member in parts(node.child_by_field_name("body")):
        value = member.child_by_field_name("value")
        made = lo.expr(value) if value is not None else ir.Const(latest + 1, span=lo.span(member))
        if isinstance(made, ir.Const) and isinstance(made.value, int):
            latest = made.value
        entries.append((key(lo, member.child_by_field_name("name") or member), made))
    bound = lo.declare(lo.name(part(node, "name")))
    return (ir.Assign((bound,), ir.Mapping(tuple(entries), span=lo.span(node)), span=lo.span(node)),)


def namespace(lo: Lowering, node: Node) -> Stmts:
    """What a namespace declares is found by its plain name."""
    return lo.body(node.child_by_field_name("body"))


STATEMENTS = {
    "variable_declaration": declaration, "lexical_declaration": declaration, "expression_statement": do,
    "function_declaration": function_statement, "generator_function_declaration": function_statement,
    "class_declaration": class_statement, "abstract_class_declaration": class_statement, "return_statement": return_,
    "throw_statement": throw, "if_statement": if_, "while_statement": while_, "do_statement": while_,
    "for_statement": for_, "for_in_statement": for_in, "try_statement": try_, "switch_statement": switch,
    "labeled_statement": labelled, "break_statement": jump, "continue_statement": jump, "statement_block": block,
    "empty_statement": nothing, "debugger_statement": nothing, "interface_declaration": nothing,
    "type_alias_declaration": nothing, "function_signature": nothing, "ambient_declaration": nothing,
    "enum_declaration": enum, "internal_module": namespace, "module": namespace,
}  # fmt: skip
