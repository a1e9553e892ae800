"""Read one Java file (up to Java 21) into the tree that the interpreter runs."""

from __future__ import annotations

from functools import cache

import tree_sitter_java
from tree_sitter import Language, Node, Parser

from raksha.taint import ir
from raksha.taint.java import declarations, expressions, statements, switches
from raksha.taint.java.context import Lowering, Statements, parts
from raksha.taint.java.typenames import type_text

MARK = b"\xef\xbb\xbf"  # the byte order mark
MOST_ERRORS = 100


def lower(source: bytes, path: str) -> ir.Module:
    """Parse and lower one file; ranges that could not be read, or are nested too deep, are in `errors`."""
    source = source.removeprefix(MARK)
    root = _parser().parse(source).root_node
    lo = Lowering(source, EXPRESSIONS, STATEMENTS)
    top = parts(root)
    package = next((_package(lo, node) for node in top if node.type == "package_declaration"), "")
    body = lo.stmts(node for node in top if node.type != "package_declaration")
    errors = (*(_errors(lo, root) if root.has_error else ()), *lo.too_deep)
    return ir.Module(path, "java", body, package, errors[:MOST_ERRORS], span=lo.span(root))


def import_(lo: Lowering, node: Node) -> tuple[ir.Stmt, ...]:
    """Lower an import. A class is taken from the file of its full name; `import static` has level 1.

    `import a.B` is ("a.B", "B"), `import static a.B.c` is ("a.B", "c", level 1), `import a.*` is ("a", "*").
    """
    inside = parts(node)
    if not inside:
        return ()
    whole = type_text(lo, inside[0])
    is_static = any(child.type == "static" for child in node.children)
    if any(part.type == "asterisk" for part in inside):
        return (ir.Import(whole, (("*", ""),), level=int(is_static), span=lo.span(node)),)
    owner, _, name = whole.rpartition(".")
    module = owner if is_static else whole
    return (ir.Import(module, ((name, ""),), level=int(is_static), span=lo.span(node)),)


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_java.language()))


def _package(lo: Lowering, node: Node) -> str:
    return type_text(lo, parts(node)[-1])


def _errors(lo: Lowering, root: Node) -> tuple[ir.Span, ...]:
    """Return the ranges of errors, going down only where the parser says there is one."""
    found: list[ir.Span] = []
    waiting = [root]
    while waiting and len(found) < MOST_ERRORS:
        node = waiting.pop()
        if node.is_error or node.is_missing:
            found.append(lo.span(node))
        else:
            waiting.extend(child for child in reversed(node.children) if child.has_error or child.is_missing)
    return tuple(found)


EXPRESSIONS = {**expressions.EXPRESSIONS, **switches.EXPRESSIONS}
STATEMENTS: Statements = {
    **statements.STATEMENTS,
    **declarations.STATEMENTS,
    **switches.STATEMENTS,
    "import_declaration": import_,
}
