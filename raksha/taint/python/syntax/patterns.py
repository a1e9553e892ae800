"""The patterns of match: constants are compared, names are bound, shapes may or may not fit."""

from __future__ import annotations

from dataclasses import dataclass, field

from tree_sitter import Node

from raksha.taint import ir
from raksha.taint.python.syntax.expressions import expression
from raksha.taint.python.syntax.reader import DEEPEST, Reader, parts

SHAPES = {"list_pattern": "sequence", "tuple_pattern": "sequence", "dict_pattern": "mapping", "class_pattern": "class",
          "splat_pattern": "sequence", "keyword_pattern": "class"}  # fmt: skip


@dataclass(slots=True)
class Pattern:
    """One case while it is read. fits_all: an alternative is a bare name or _, so the case always fits."""

    patterns: list[ir.Expr] = field(default_factory=list)
    captures: list[ir.Target] = field(default_factory=list)
    shape: str = ""
    fits_all: bool = False


def pattern(reader: Reader, nodes: list[Node], span: ir.Span) -> Pattern:
    """Read what stands between `case` and the guard or colon; several nodes are an open sequence."""
    found = Pattern()
    if len(nodes) == 1:
        _read(reader, nodes[0], found)
    else:
        found.shape = "sequence"
        found.captures.append(ir.Sequence(span=span, kind="tuple", items=_places(reader, nodes)))
    if found.fits_all:
        found.patterns, found.shape = [], ""
    return found


def _read(reader: Reader, node: Node, found: Pattern) -> None:
    reader.depth += 1
    if reader.depth > DEEPEST:
        reader.failed(node)
        found.shape = "too deep"
    else:
        _read_kind(reader, node, found)
    reader.depth -= 1


def _read_kind(reader: Reader, node: Node, found: Pattern) -> None:
    kind, inner = node.type, parts(node)
    if kind == "case_pattern":
        _read_case(reader, node, inner, found)
    elif kind == "as_pattern" and len(inner) > 1:
        _read(reader, inner[0], found)
        found.captures.append(expression(reader, inner[-1]))
    elif kind == "union_pattern":
        _read_alternatives(reader, node, found)
    elif kind in ("dotted_name", "identifier"):
        _read_name(reader, node, found)
    elif (
        kind == "tuple_pattern" and len(inner) == 1 and not any(child.type == "," for child in node.children)
    ):
        _read(reader, inner[0], found)
    elif kind in SHAPES:
        found.shape = SHAPES[kind]
        found.captures.append(_target(reader, node))
    else:
        found.patterns.append(expression(reader, node))


def _read_case(reader: Reader, node: Node, inner: list[Node], found: Pattern) -> None:
    if not inner:
        found.fits_all = True  # case _:
    elif node.children[0].type == "-":
        value = expression(reader, inner[0])
        found.patterns.append(ir.Unary(span=reader.span(node), op="-", value=value))
    else:
        _read(reader, inner[0], found)


def _read_alternatives(reader: Reader, node: Node, found: Pattern) -> None:
    negative = False
    for child in node.children:
        if child.type == "-":
            negative = True
        elif child.type == "_":
            found.fits_all = True
        elif child.is_named and child.type != "comment":
            if negative:
                value = ir.Unary(span=reader.span(child), op="-", value=expression(reader, child))
                found.patterns.append(value)
            else:
                _read(reader, child, found)
            negative = False


def _read_name(reader: Reader, node: Node, found: Pattern) -> None:
    name = expression(reader, node)
    if isinstance(name, ir.Name):
        found.fits_all = True
        if name.id != "_":
            found.captures.append(name)
    else:
        found.patterns.append(name)


def _places(reader: Reader, nodes: list[Node]) -> tuple[ir.Arg, ...]:
    return tuple(
        ir.Arg(span=reader.span(node), value=_target(reader, node), spread="*" if _is_starred(node) else "")
        for node in nodes
    )


def _is_starred(node: Node) -> bool:
    inner = parts(node) if node.type == "case_pattern" else [node]
    return bool(inner) and inner[0].type == "splat_pattern"


def _target(reader: Reader, node: Node) -> ir.Target:
    """Return what a shape binds when it fits; places that bind nothing bind `_`."""
    reader.depth += 1
    try:
        if reader.depth <= DEEPEST:
            return _target_kind(reader, node)
        reader.failed(node)
        return ir.Name(span=reader.span(node), id="_")
    finally:
        reader.depth -= 1


def _target_kind(reader: Reader, node: Node) -> ir.Target:
    span, inner = reader.span(node), parts(node)
    if node.type == "case_pattern" and inner:
        return _target(reader, inner[0])
    if node.type in ("list_pattern", "tuple_pattern"):
        return ir.Sequence(span=span, kind="tuple", items=_places(reader, inner))
    if node.type == "dict_pattern":
        return _mapping(reader, node)
    if node.type in ("dotted_name", "identifier") and len(inner) < 2:
        return expression(reader, node)
    if node.type == "splat_pattern":
        return expression(reader, inner[0]) if inner else ir.Name(span=span, id="_")
    return _all_names(reader, node)


def _mapping(reader: Reader, node: Node) -> ir.Mapping:
    keys = node.children_by_field_name("key")
    values = node.children_by_field_name("value")
    entries: list[tuple[ir.Expr | None, ir.Expr]] = [
        (expression(reader, key), _target(reader, value)) for key, value in zip(keys, values, strict=False)
    ]
    entries += [(None, _target(reader, part)) for part in parts(node) if part.type == "splat_pattern"]
    return ir.Mapping(span=reader.span(node), entries=tuple(entries))


def _all_names(reader: Reader, node: Node) -> ir.Target:
    """Bind every name below (a class pattern, alternatives): each may hold any part of the subject."""
    names = _bound_names(node)
    if len(names) == 1:
        return expression(reader, names[0])
    spread = tuple(
        ir.Arg(span=reader.span(name), value=expression(reader, name), spread="*") for name in names
    )
    return ir.Sequence(span=reader.span(node), kind="tuple", items=spread)


def _bound_names(node: Node) -> list[Node]:
    """Return the names that a pattern binds, not the classes, attributes and values that it compares with."""
    found: list[Node] = []
    waiting = [node]
    while waiting:
        at = waiting.pop()
        inner = parts(at)
        if at.type == "dotted_name":
            found += [at] if len(inner) == 1 else []
        elif at.type == "identifier":
            found.append(at)
        elif at.type in ("class_pattern", "keyword_pattern"):
            waiting += inner[1:]
        else:
            waiting += inner
    return found[::-1]
