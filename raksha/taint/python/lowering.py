"""Python source -> the common tree, by tree-sitter: any version's syntax, and never an exception."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from functools import cache

import tree_sitter_python
from tree_sitter import Language, Node, Parser, Tree

from raksha.taint import ir
from raksha.taint.python.syntax.reader import MOST_ERRORS, Reader
from raksha.taint.python.syntax.source import decode
from raksha.taint.python.syntax.statements import block

PARSERS = threading.local()
# Characters that turn the direction of writing; where they stand, the module has an Unknown of this word.
TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
HIDDEN = "bidirectional text"


def lower(source: bytes, path: str) -> ir.Module:
    """Lower one file; what cannot be read stands in the module's errors, and the rest is lowered all the same."""
    text, is_whole = decode(source)
    plain = text.encode("utf-8", "replace")
    reader = Reader(source=plain, is_ascii=plain.isascii())
    tree = _parser().parse(plain)
    body = block(reader, tree.root_node)
    body = (*body, *_hidden(text)) if not reader.is_ascii else body
    errors = [*_unread(reader, tree), *reader.errors]
    if not is_whole:
        errors.insert(0, ir.Span(1, 1, 1, 1))
    return ir.Module(
        span=reader.span(tree.root_node), path=path, language="python", body=body, errors=tuple(errors)
    )


def _hidden(text: str) -> Iterator[ir.Stmt]:
    if not TURNING.search(text):
        return
    for number, line in enumerate(text.split("\n"), start=1):
        found = TURNING.search(line)
        if found:
            span = ir.Span(number, found.start() + 1, number, len(line) + 1)
            yield ir.Do(span=span, value=ir.Unknown(span=span, what=HIDDEN))


@cache
def _language() -> Language:
    return Language(tree_sitter_python.language())


def _parser() -> Parser:
    if not hasattr(PARSERS, "python"):
        PARSERS.python = Parser(_language())
    parser: Parser = PARSERS.python
    return parser


def _unread(reader: Reader, tree: Tree) -> list[ir.Span]:
    """Return the places of syntax errors, walking only where there are some."""
    found: list[ir.Span] = []
    waiting: list[Node] = [tree.root_node]
    while waiting and len(found) < MOST_ERRORS:
        node = waiting.pop()
        if node.is_error or node.is_missing:
            found.append(reader.span(node))
        elif node.has_error:
            waiting.extend(reversed(node.children))
    return found
