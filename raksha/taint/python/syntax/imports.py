"""Import statements."""

from __future__ import annotations

from tree_sitter import Node

from raksha.taint import ir
from raksha.taint.python.syntax.reader import Reader, parts


def import_names(reader: Reader, node: Node, out: list[ir.Stmt]) -> None:
    """Lower `import a.b, c as d` to one Import for each module."""
    for part in parts(node):
        named, alias = _aliased(reader, part)
        out.append(ir.Import(span=reader.span(node), module=named, alias=alias))


def import_from(reader: Reader, node: Node, out: list[ir.Stmt]) -> None:
    origin = node.child_by_field_name("module_name")
    module, level = _origin(reader, origin)
    names = tuple(_aliased(reader, part) for part in node.children_by_field_name("name"))
    if any(child.type == "wildcard_import" for child in node.children):
        names = (("*", ""),)
    out.append(ir.Import(span=reader.span(node), module=module, names=names, level=level))


def _origin(reader: Reader, node: Node | None) -> tuple[str, int]:
    if node is None or node.type == "dotted_name":
        return _dotted(reader, node), 0
    module, level = "", 0
    for part in parts(node):
        if part.type == "import_prefix":
            level = reader.text(part).count(".")
        else:
            module = _dotted(reader, part)
    return module, level


def _aliased(reader: Reader, node: Node) -> tuple[str, str]:
    if node.type == "aliased_import":
        named = _dotted(reader, node.child_by_field_name("name"))
        return named, reader.name(node.child_by_field_name("alias"))
    return _dotted(reader, node), ""


def _dotted(reader: Reader, node: Node | None) -> str:
    return ".".join(reader.name(part) for part in parts(node)) if node is not None else ""
