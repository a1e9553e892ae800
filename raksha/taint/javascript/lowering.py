"""Read one file of JavaScript or TypeScript into the tree that the interpreter runs."""

from __future__ import annotations

from functools import cache

import tree_sitter_javascript
import tree_sitter_typescript
from tree_sitter import Language, Node, Parser

from raksha.taint import ir
from raksha.taint.javascript import expressions, functions, literals, modules, statements
from raksha.taint.javascript.context import Expressions, Lowering, Statements, parts

MARK = b"\xef\xbb\xbf"  # the byte order mark
MOST_ERRORS = 100
GRAMMARS = {
    "ts": tree_sitter_typescript.language_typescript, "mts": tree_sitter_typescript.language_typescript,
    "cts": tree_sitter_typescript.language_typescript, "tsx": tree_sitter_typescript.language_tsx,
}  # fmt: skip
EXPRESSIONS: Expressions = {**expressions.EXPRESSIONS, **functions.EXPRESSIONS, **literals.EXPRESSIONS}
STATEMENTS: Statements = {**statements.STATEMENTS, **modules.STATEMENTS}


def lower(source: bytes, path: str) -> ir.Module:
    """Parse and lower one file; ranges that could not be read, or are nested too deep, are in `errors`."""
    source = source.removeprefix(MARK)
    root = _parser(path.rpartition(".")[2].lower()).parse(source).root_node
    lo = Lowering(source, EXPRESSIONS, STATEMENTS)
    body = lo.stmts(parts(root))
    errors = (*(_errors(lo, root) if root.has_error else ()), *lo.too_deep)
    return ir.Module(
        path, "javascript", (*lo.required.values(), *body), "", errors[:MOST_ERRORS], span=lo.span(root)
    )


@cache
def _parser(ending: str) -> Parser:
    return Parser(Language(GRAMMARS.get(ending, tree_sitter_javascript.language)()))


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
