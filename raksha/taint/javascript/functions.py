"""Functions, arrows, methods and classes."""

from __future__ import annotations

from dataclasses import replace

from tree_sitter import Node

from raksha.taint import ir
from raksha.taint.javascript.context import Lowering, Names, part, parts
from raksha.taint.javascript.context import has as has_word
from raksha.taint.javascript.patterns import key, target

ACCESS = frozenset({"accessibility_modifier", "readonly", "override_modifier"})


def function(
    lo: Lowering, node: Node, name: str | None = None, decorators: tuple[ir.Expr, ...] = ()
) -> ir.Function:
    """Lower any form of function; variables of outer functions that it assigns are named first."""
    lo.scopes.append(Names())
    params, opening = _params(lo, node)
    inside = node.child_by_field_name("body")
    if inside is not None and inside.type != "statement_block":
        body: tuple[ir.Stmt, ...] = (ir.Return(lo.expr(inside), span=lo.span(inside)),)
    else:
        body = lo.body(inside)
    own = lo.scopes.pop()
    own.declared.update(param.name for param in params)
    outer = own.assigned - own.declared
    return ir.Function(
        lo.text(node.child_by_field_name("name")) if name is None else name,
        params,
        (*_scopes(lo, node, outer), *opening, *body),
        decorators,
        type_of(lo, node.child_by_field_name("return_type")),
        is_async=has_word(node, "async"),
        is_generator="generator" in node.type or has_word(node, "*"),
        is_static=has_word(node, "static"),
        is_arrow=node.type == "arrow_function",
        is_abstract=inside is None,
        span=lo.span(node),
    )


def _scopes(lo: Lowering, node: Node, outer: set[str]) -> tuple[ir.Stmt, ...]:
    """Tell where the names belong that a function assigns and does not declare."""
    around = set().union(*(scope.declared for scope in lo.scopes[1:])) if len(lo.scopes) > 1 else set()
    span = lo.span(node)
    found: list[ir.Stmt] = []
    if outer & around:
        found.append(ir.Scope(tuple(sorted(outer & around)), "nonlocal", span=span))
    if outer - around:
        found.append(ir.Scope(tuple(sorted(outer - around)), "global", span=span))
    return tuple(found)


def _params(lo: Lowering, node: Node) -> tuple[tuple[ir.Param, ...], tuple[ir.Stmt, ...]]:
    """Return the parameters, and the statements that take patterns apart and set fields."""
    single = node.child_by_field_name("parameter")
    found = [single] if single is not None else parts(node.child_by_field_name("parameters"))
    params: list[ir.Param] = []
    opening: list[ir.Stmt] = []
    for at, one in enumerate(found):
        param, more = _param(lo, one, at)
        if param is not None:
            params.append(param)
            opening.extend(more)
    return tuple(params), tuple(opening)


def _param(lo: Lowering, node: Node, at: int) -> tuple[ir.Param | None, tuple[ir.Stmt, ...]]:
    span, marks, type_, default = lo.span(node), decorators(lo, node), "", None
    pattern, is_field = node, False
    if node.type in ("required_parameter", "optional_parameter"):
        pattern = part(node, "pattern")
        type_ = type_of(lo, node.child_by_field_name("type"))
        value = node.child_by_field_name("value")
        default = lo.expr(value) if value is not None else None
        is_field = any(child.type in ACCESS for child in node.children)
    if pattern.type == "this":
        return None, ()
    kind = "*" if pattern.type == "rest_pattern" else ""
    if kind and parts(pattern):
        pattern = parts(pattern)[0]
    if pattern.type == "assignment_pattern":
        default, pattern = lo.expr(part(pattern, "right")), part(pattern, "left")
    bound = lo.declare(target(lo, pattern))
    more: list[ir.Stmt] = []
    name = bound.id if isinstance(bound, ir.Name) else f"argument {at}"
    if not isinstance(bound, ir.Name):
        more.append(ir.Assign((bound,), ir.Name(name, span=span), span=span))
    if is_field:
        this = ir.Attr(ir.Name("this", span=span), name, span=span)
        more.append(ir.Assign((this,), ir.Name(name, span=span), span=span))
    param = ir.Param(name, default, "*" if kind else "", type_, decorators=marks, span=span)
    return param, tuple(more)


def type_of(lo: Lowering, node: Node | None) -> str:
    """Return a type as written, without its arguments."""
    return lo.text(node).lstrip(":").strip().partition("<")[0].strip()


def decorators(lo: Lowering, node: Node) -> tuple[ir.Expr, ...]:
    found = [child for child in node.children if child.type == "decorator"]
    return tuple(lo.expr(parts(child)[0]) for child in found if parts(child))


def expression(lo: Lowering, node: Node) -> ir.Expr:
    return function(lo, node)


def method(lo: Lowering, node: Node, marks: tuple[ir.Expr, ...] = ()) -> ir.Function:
    """Lower a method; one that is read like a field carries the word "property"."""
    name = key(lo, part(node, "name"))
    word = str(name.value) if isinstance(name, ir.Const) else "[computed]"
    if has_word(node, "get"):
        marks = (*marks, ir.Name("property", span=lo.span(node)))
    return function(
        lo, node, word if not has_word(node, "set") else f"set {word}", (*decorators(lo, node), *marks)
    )


def class_(lo: Lowering, node: Node) -> ir.Class:
    heritage = next((child for child in node.children if child.type == "class_heritage"), None)
    bases: list[ir.Expr] = []
    for inside in parts(heritage):
        extends = inside.child_by_field_name("value") if inside.type == "extends_clause" else inside
        if extends is not None and inside.type != "implements_clause":
            bases.append(lo.expr(extends))
    marks = decorators(lo, node)
    if node.parent is not None and node.parent.type == "export_statement":
        marks = (*decorators(lo, node.parent), *marks)
    name = lo.text(node.child_by_field_name("name"))
    lo.scopes.append(Names())
    body = tuple(_members(lo, node.child_by_field_name("body")))
    lo.scopes.pop()
    return ir.Class(name, tuple(bases), body, marks, span=lo.span(node))


def _members(lo: Lowering, body: Node | None) -> list[ir.Stmt]:
    made: list[ir.Stmt] = []
    waiting: tuple[ir.Expr, ...] = ()
    for member in parts(body):
        if member.type == "decorator":
            waiting = (*waiting, *(lo.expr(inner) for inner in parts(member)))
            continue
        if member.type in ("method_definition", "abstract_method_signature", "method_signature"):
            found = method(lo, member, waiting)
            if not found.is_abstract:
                made.append(found)
        elif member.type in ("field_definition", "public_field_definition"):
            made.append(_field(lo, member, waiting))
        elif member.type == "class_static_block":
            made.append(ir.Block(lo.body(member.child_by_field_name("body")), "static", span=lo.span(member)))
        waiting = ()
    return made


def _field(lo: Lowering, node: Node, marks: tuple[ir.Expr, ...]) -> ir.Assign:
    name = key(lo, node.child_by_field_name("property") or part(node, "name"))
    word = str(name.value) if isinstance(name, ir.Const) else "[computed]"
    value = node.child_by_field_name("value")
    made = lo.expr(value) if value is not None else None
    if isinstance(made, ir.Function) and not made.name:
        made = replace(made, name=word)
    bound = ir.Name(word, span=name.span)
    return ir.Assign((bound,), made, is_static=has_word(node, "static"), decorators=marks, span=lo.span(node))


EXPRESSIONS = {
    "function_expression": expression, "function": expression, "arrow_function": expression,
    "generator_function": expression, "class": class_,
}  # fmt: skip
