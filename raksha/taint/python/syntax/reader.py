"""What all parts of the lowering share: the text, places in it, and how deep we are."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field

from tree_sitter import Node

from raksha.taint import ir

DEEPEST = 120  # nested nodes; CPython's own parser stops at 100 indents and 200 brackets
MOST_ERRORS = 50
PASSED_OVER = frozenset({"comment", "line_continuation", "ERROR"})


@dataclass(slots=True)
class Reader:
    """One file while it is lowered.

    generators: one flag for each function around the current node: does it yield?
    """

    source: bytes
    is_ascii: bool
    lines: list[bytes] = field(default_factory=list)
    depth: int = 0
    generators: list[bool] = field(default_factory=lambda: [False])
    errors: list[ir.Span] = field(default_factory=list)

    def span(self, node: Node) -> ir.Span:
        row, column = node.start_point
        end_row, end_column = node.end_point
        if not self.is_ascii:
            column, end_column = self._characters(row, column), self._characters(end_row, end_column)
        return ir.Span(row + 1, column + 1, end_row + 1, end_column + 1)

    def text(self, node: Node) -> str:
        return self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def name(self, node: Node | None) -> str:
        """Return an identifier as Python sees it: in the compatibility form, whatever letters it was dressed in."""
        if node is None:
            return ""
        text = self.text(node)
        return text if text.isascii() else unicodedata.normalize("NFKC", text)

    def failed(self, node: Node) -> None:
        if len(self.errors) < MOST_ERRORS:
            self.errors.append(self.span(node))

    def _characters(self, row: int, column: int) -> int:
        if not self.lines:
            self.lines = self.source.split(b"\n")
        return len(self.lines[row][:column].decode("utf-8", "replace"))


def parts(node: Node) -> list[Node]:
    """Return the named children that mean something."""
    return [child for child in node.named_children if child.type not in PASSED_OVER]


def joined(first: ir.Span, latest: ir.Span) -> ir.Span:
    return ir.Span(first.line, first.column, latest.end_line, latest.end_column)
