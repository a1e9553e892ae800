"""Java's classes, interfaces, enums, records and their members.

A constructor is a Function named `<init>`; a static initialiser is a Block labelled `static` in the class's body,
an instance initialiser a Block without a label. The constants of an enum are static fields made by its constructor.
"""

from __future__ import annotations

from dataclasses import replace

from tree_sitter import Node

from raksha.taint import ir
from raksha.taint.java.context import Lowering, Statements, field, parts
from raksha.taint.java.enums import enumerated
from raksha.taint.java.expressions import arguments
from raksha.taint.java.statements import declarator
from raksha.taint.java.typenames import dimensions, type_expr, type_text

INIT = "<init>"
ANNOTATIONS = frozenset({"annotation", "marker_annotation"})
BASES = frozenset({"superclass", "super_interfaces", "extends_interfaces"})


def class_(lo: Lowering, node: Node) -> tuple[ir.Stmt, ...]:
    body = node.child_by_field_name("body")
    members = lo.stmts(parts(body)) if body is not None else ()
    return (_class(lo, node, members),)


def enum(lo: Lowering, node: Node) -> tuple[ir.Stmt, ...]:
    type_ = lo.text(field(node, "name"))
    members: list[ir.Stmt] = []
    for part in parts(field(node, "body")):
        if part.type == "enum_constant":
            members.append(_constant(lo, part, type_))
        elif part.type == "enum_body_declarations":
            members.extend(lo.stmts(parts(part)))
    constants = [made for made in members if isinstance(made, ir.Assign) and made.type == type_]
    own = {made.name for made in members if isinstance(made, ir.Function)}
    span = lo.span(field(node, "name"))
    members.extend(made for made in enumerated(type_, constants, span) if made.name not in own)
    return (_class(lo, node, tuple(members)),)


def record(lo: Lowering, node: Node) -> tuple[ir.Stmt, ...]:
    """Lower a record with its fields, its canonical constructor and its accessors written out."""
    params, body = _params(lo, node), node.child_by_field_name("body")
    inside = parts(body) if body is not None else []
    compact = [part for part in inside if part.type == "compact_constructor_declaration"]
    members = lo.stmts(part for part in inside if part.type != "compact_constructor_declaration")
    named = {(member.name, len(member.params)) for member in members if isinstance(member, ir.Function)}
    head = lo.body(field(compact[0], "body")) if compact else ()
    made: list[ir.Stmt] = [ir.Assign((_name(param),), None, param.type, span=param.span) for param in params]
    if (INIT, len(params)) not in named:
        made.append(_canonical(params, head, lo.span(node)))
    made.extend(_accessor(param) for param in params if (param.name, 0) not in named)
    return (_class(lo, node, (*made, *members)),)


def method(lo: Lowering, node: Node) -> tuple[ir.Stmt, ...]:
    around, lo.types = lo.types, {}
    body, type_ = node.child_by_field_name("body"), node.child_by_field_name("type")
    full = type_text(lo, type_) + dimensions(lo, node.child_by_field_name("dimensions"))
    made = ir.Function(
        lo.text(field(node, "name")) if type_ is not None else INIT,
        _params(lo, node),
        lo.stmts(parts(body)) if body is not None else (),
        _marks(lo, node),
        full,
        is_static="static" in _modifiers(node),
        is_abstract=body is None,
        span=lo.span(node),
    )
    lo.types = around
    return (made,)


def fields(lo: Lowering, node: Node) -> tuple[ir.Stmt, ...]:
    type_, marks = type_text(lo, node.child_by_field_name("type")), _marks(lo, node)
    is_static = "static" in _modifiers(node) or node.type == "constant_declaration"
    declared = (declarator(lo, part, type_) for part in node.children_by_field_name("declarator"))
    return tuple(replace(made, is_static=is_static, decorators=marks) for made in declared)


def static_block(lo: Lowering, node: Node) -> tuple[ir.Stmt, ...]:
    return (ir.Block(lo.body(parts(node)[0]), "static", span=lo.span(node)),)


def nothing(lo: Lowering, node: Node) -> tuple[ir.Stmt, ...]:
    return ()


def _marks(lo: Lowering, node: Node) -> tuple[ir.Expr, ...]:
    marks = [part for mods in parts(node) if mods.type == "modifiers" for part in parts(mods)]
    return tuple(_annotation(lo, part) for part in marks if part.type in ANNOTATIONS)


def _annotation(lo: Lowering, node: Node) -> ir.Expr:
    named, given = type_expr(lo, field(node, "name")), node.child_by_field_name("arguments")
    if given is None:
        return named
    return ir.Call(named, tuple(_pair(lo, part) for part in parts(given)), span=lo.span(node))


def _pair(lo: Lowering, node: Node) -> ir.Arg:
    if node.type != "element_value_pair":
        return ir.Arg(_element(lo, node), span=lo.span(node))
    key = lo.text(field(node, "key"))
    return ir.Arg(_element(lo, field(node, "value")), key, span=lo.span(node))


def _element(lo: Lowering, node: Node) -> ir.Expr:
    return _annotation(lo, node) if node.type in ANNOTATIONS else lo.expr(node)


def _class(lo: Lowering, node: Node, members: tuple[ir.Stmt, ...]) -> ir.Class:
    clauses = [part for part in parts(node) if part.type in BASES]
    named = [part for clause in clauses for part in parts(clause)]
    types = [part for item in named for part in (parts(item) if item.type == "type_list" else [item])]
    bases = tuple(type_expr(lo, part) for part in types)
    return ir.Class(
        lo.text(field(node, "name")), bases, members, _marks(lo, node), KINDS[node.type], span=lo.span(node)
    )


def _params(lo: Lowering, node: Node) -> tuple[ir.Param, ...]:
    listed = node.child_by_field_name("parameters")
    taken = [part for part in parts(listed) if part.type in PARAMETERS] if listed is not None else []
    return tuple(_param(lo, part) for part in taken)


def _param(lo: Lowering, node: Node) -> ir.Param:
    marks = _marks(lo, node)
    if node.type == "spread_parameter":
        inside = [part for part in parts(node) if part.type != "modifiers"]
        named = field(inside[-1], "name")
        type_ = type_text(lo, inside[0]) + "[]"
        return ir.Param(lo.text(named), kind="*", type=type_, decorators=marks, span=lo.span(node))
    named = field(node, "name")
    type_ = type_text(lo, node.child_by_field_name("type"))
    type_ += dimensions(lo, node.child_by_field_name("dimensions"))
    lo.types[lo.text(named)] = type_
    return ir.Param(lo.text(named), type=type_, decorators=marks, span=lo.span(node))


def _constant(lo: Lowering, node: Node, type_: str) -> ir.Assign:
    span, body = lo.span(node), node.child_by_field_name("body")
    base = ir.Name(type_, span=span)
    members = lo.stmts(parts(body)) if body is not None else ()
    anonymous = ir.Class("", (base,), members, span=span) if body is not None else None
    made = ir.Call(
        base, arguments(lo, node.child_by_field_name("arguments")), new=True, body=anonymous, span=span
    )
    return ir.Assign((lo.name(field(node, "name")),), made, type_, is_static=True, span=span)


def _canonical(params: tuple[ir.Param, ...], head: tuple[ir.Stmt, ...], span: ir.Span) -> ir.Function:
    stores = tuple(ir.Assign((_own(param),), _name(param), span=param.span) for param in params)
    return ir.Function(INIT, params, (*head, *stores), span=span)


def _accessor(param: ir.Param) -> ir.Function:
    result = ir.Return(_own(param), span=param.span)
    return ir.Function(param.name, (), (result,), type=param.type, span=param.span)


def _own(param: ir.Param) -> ir.Attr:
    return ir.Attr(ir.Name("this", span=param.span), param.name, span=param.span)


def _name(param: ir.Param) -> ir.Name:
    return ir.Name(param.name, span=param.span)


def _modifiers(node: Node) -> set[str]:
    return {word.type for part in parts(node) if part.type == "modifiers" for word in part.children}


PARAMETERS = frozenset({"formal_parameter", "spread_parameter"})
KINDS = {
    "class_declaration": "",
    "interface_declaration": "interface",
    "enum_declaration": "enum",
    "record_declaration": "record",
    "annotation_type_declaration": "annotation",
}
STATEMENTS: Statements = {
    "class_declaration": class_,
    "interface_declaration": class_,
    "annotation_type_declaration": class_,
    "enum_declaration": enum,
    "record_declaration": record,
    "method_declaration": method,
    "constructor_declaration": method,
    "annotation_type_element_declaration": nothing,
    "field_declaration": fields,
    "constant_declaration": fields,
    "static_initializer": static_block,
}
