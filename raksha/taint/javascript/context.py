"""What the parts of JavaScript's lowering share: the source's text and places, scopes, and what lowers what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from tree_sitter import Node

from raksha.taint import ir

DEEPEST = 110  # nested nodes; each costs about four frames of the interpreter, which allows a thousand
PASSED_OVER = frozenset(
    {"comment", "html_comment", "ERROR", "hash_bang_line", "empty_statement", "type_annotation"}
)


@dataclass(slots=True)
class Names:
    """What a function declares itself, and what it assigns."""

    declared: set[str] = field(default_factory=set)
    assigned: set[str] = field(default_factory=set)


class Lowering:
    """One file on its way from tree-sitter's tree to ours."""

    def __init__(self, source: bytes, expressions: Expressions, statements: Statements) -> None:
        self.source = source
        self.too_deep: list[ir.Span] = []
        self.required: dict[str, ir.Import] = {}
        self.scopes: list[Names] = [Names()]
        self._is_ascii = source.isascii()
        self._lines = [] if self._is_ascii else source.split(b"\n")
        self._expressions = expressions
        self._statements = statements
        self._depth = 0

    def text(self, node: Node | None) -> str:
        return "" if node is None else self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def span(self, node: Node) -> ir.Span:
        row, column = node.start_point
        end_row, end_column = node.end_point
        if not self._is_ascii:
            column, end_column = self._characters(row, column), self._characters(end_row, end_column)
        return ir.Span(row + 1, column + 1, end_row + 1, end_column + 1)

    def expr(self, node: Node | None) -> ir.Expr:
        """Lower an expression; one of an unknown form, or nested too deep, becomes Unknown."""
        if node is None:
            return ir.Const(None, span=ir.Span(1, 1, 1, 1))
        if self._depth >= DEEPEST:
            self.too_deep.append(self.span(node))
            return ir.Unknown("too_deep", span=self.span(node))
        self._depth += 1
        try:
            lower = self._expressions.get(node.type)
            return lower(self, node) if lower else self.unknown(node)
        finally:
            self._depth -= 1

    def stmt(self, node: Node) -> tuple[ir.Stmt, ...]:
        """Lower a statement; declarations of several variables become several statements."""
        if self._depth >= DEEPEST:
            self.too_deep.append(self.span(node))
            return (ir.Do(ir.Unknown("too_deep", span=self.span(node)), span=self.span(node)),)
        self._depth += 1
        try:
            lower = self._statements.get(node.type)
            return lower(self, node) if lower else (ir.Do(self.expr(node), span=self.span(node)),)
        finally:
            self._depth -= 1

    def stmts(self, nodes: Iterable[Node]) -> tuple[ir.Stmt, ...]:
        """Lower statements; functions are declared before the others run."""
        made = [stmt for node in nodes for stmt in self.stmt(node)]
        first = [stmt for stmt in made if isinstance(stmt, ir.Function)]
        return (
            (*first, *(stmt for stmt in made if not isinstance(stmt, ir.Function))) if first else tuple(made)
        )

    def body(self, node: Node | None) -> tuple[ir.Stmt, ...]:
        """Lower the body of a loop or branch: a block's statements, or the one statement that stands for it."""
        if node is None:
            return ()
        return self.stmts(parts(node)) if node.type == "statement_block" else self.stmt(node)

    def unknown(self, node: Node) -> ir.Unknown:
        return ir.Unknown(node.type, tuple(self.expr(part) for part in parts(node)), span=self.span(node))

    def name(self, node: Node) -> ir.Name:
        return ir.Name(self.text(node), span=self.span(node))

    def declare(self, target: ir.Target) -> ir.Target:
        """Note the names that a declaration binds in the running function."""
        _collect(target, self.scopes[-1].declared)
        return target

    def assign(self, target: ir.Target) -> ir.Target:
        """Note the names that an assignment binds, wherever they were declared."""
        _collect(target, self.scopes[-1].assigned)
        return target

    def _characters(self, row: int, column: int) -> int:
        line = self._lines[row] if row < len(self._lines) else b""
        return len(line[:column].decode("utf-8", "replace"))


Expressions = Mapping[str, Callable[[Lowering, Node], ir.Expr]]
Statements = Mapping[str, Callable[[Lowering, Node], tuple[ir.Stmt, ...]]]


def _collect(target: ir.Target, into: set[str]) -> None:
    if isinstance(target, ir.Name):
        into.add(target.id)
    elif isinstance(target, ir.Sequence):
        for item in target.items:
            _collect(item.value, into)
    elif isinstance(target, ir.Mapping):
        for _, value in target.entries:
            _collect(value, into)
    elif isinstance(target, ir.AssignExpr):
        _collect(target.target, into)


def parts(node: Node | None) -> list[Node]:
    """Return the named children that mean something."""
    return [] if node is None else [child for child in node.named_children if child.type not in PASSED_OVER]


def part(node: Node, name: str) -> Node:
    """Return a child that the grammar always has; in a broken file the parent stands for a missing one."""
    return node.child_by_field_name(name) or node


def has(node: Node, word: str) -> bool:
    """Return whether a word of the language stands among the node's own children."""
    return any(child.type == word for child in node.children)
