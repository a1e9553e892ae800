"""The edits of one fix while they are put together."""

from __future__ import annotations

import re
from collections.abc import Iterator

from raksha.detections import Detection, Edit, Place
from raksha.taint import ir
from raksha.taint.python.audits.names import imported
from raksha.taint.python.walking import walk

IDENTIFIER = re.compile(r"[^\W\d]\w*")
STORED = re.compile(r"^stored in (\w+)$")
OPENING = re.compile(r"^(?:#.*|\s*|from __future__ .*)$")


class Draft:
    """text: the file with \\n as end of line. A fix that turns out impossible leaves no edits."""

    def __init__(self, text: str, module: ir.Module, found: Detection) -> None:
        self.lines = text.split("\n")
        self.module = module
        self.found = found
        self.edits: list[Edit] = []
        self.imports: dict[str, None] = {}
        self._known: dict[str, str] | None = None

    # --- the file

    @property
    def known(self) -> dict[str, str]:
        """What imported names stand for."""
        if self._known is None:
            self._known = imported(self.module)
        return self._known

    def text(self, node: ir.Node) -> str:
        span = node.span
        if span.line == span.end_line:
            return self.lines[span.line - 1][span.column - 1 : span.end_column - 1]
        first = self.lines[span.line - 1][span.column - 1 :]
        latest = self.lines[span.end_line - 1][: span.end_column - 1]
        return "\n".join([first, *self.lines[span.line : span.end_line - 1], latest])

    def node(self, *kinds: type[ir.Node]) -> ir.Node | None:
        """Return the node at the finding's place; of several that begin and end there the outermost of a kind."""
        place = self.found.place
        span = ir.Span(place.line, place.column, place.end_line, place.end_column)
        at = [node for node in walk(self.module.body) if node.span == span]
        return next((node for node in at if isinstance(node, kinds)), None)

    def call(self) -> ir.Call | None:
        node = self.node(ir.Call)
        return node if isinstance(node, ir.Call) else None

    def around(self, node: ir.Node) -> tuple[ir.Stmt, ...]:
        """Return the body of the innermost function around a node, or the file's."""
        body = self.module.body
        for outer in walk(self.module.body):
            if isinstance(outer, ir.Function) and _within(node.span, outer.span):
                body = outer.body
        return body

    def assigned(self, name: ir.Expr, before: ir.Node) -> ir.Assign | None:
        """Return the one assignment of a variable in the same function, ahead of a place."""
        if not isinstance(name, ir.Name):
            return None
        found = [
            stmt
            for stmt in walk(self.around(before))
            if isinstance(stmt, ir.Assign) and stmt.value is not None and _binds(stmt, name.id)
        ]
        ahead = [stmt for stmt in found if stmt.span.line < before.span.line]
        return ahead[0] if len(found) == 1 and ahead else None

    # --- where the taint is

    def is_tainted(self, node: ir.Expr) -> bool:
        """Tell whether the finding's flow goes through this part of an expression."""
        if any(_holds(node.span, step.place) for step in self.found.trace[:-1]):
            return True
        names = {inner.id for inner in walk(node) if isinstance(inner, ir.Name)}
        return bool(names & set(self._stored()))

    def _stored(self) -> Iterator[str]:
        for step in self.found.trace:
            named = STORED.match(step.says)
            if named:
                yield named.group(1)
            elif "parameter" in step.says or "passed to" in step.says or step is self.found.trace[0]:
                first = IDENTIFIER.match(step.text)
                if first and first.group() not in self.known:
                    yield first.group()

    # --- edits

    def replace(self, node: ir.Node, text: str) -> None:
        self.edits.append(Edit(self._place(node.span), text))

    def wrap(self, node: ir.Expr, function: str, after: str = ")") -> None:
        self.replace(node, f"{function}({self.text(node)}{after}")

    def insert(self, line: int, column: int, text: str) -> None:
        self.edits.append(Edit(Place(self.found.place.path, line, column, line, column), text))

    def add_argument(self, call: ir.Call, text: str) -> None:
        """Put an argument last in a call's brackets."""
        written = self.text(call)
        body = written[:-1].rstrip()
        lead = "" if body.endswith("(") else " " if body.endswith(",") else ", "
        self.insert(call.span.end_line, call.span.end_column - 1, lead + text)

    def need(self, module: str) -> str:
        """Return how a module is named in this file, importing it when it is not yet."""
        for name, stands_for in self.known.items():
            if stands_for == module:
                return name
        top = module.partition(".")[0]
        if module == top or not any(
            stmt.module == module and not stmt.names for stmt in self._plain_imports()
        ):
            self.imports[module] = None
        return module

    def _plain_imports(self) -> Iterator[ir.Import]:
        return (stmt for stmt in self.module.body if isinstance(stmt, ir.Import))

    def done(self) -> tuple[Edit, ...]:
        """Return the edits with their imports, in the order of the file; none when they would overlap."""
        made = sorted(set(self.edits), key=lambda edit: (edit.place.line, edit.place.column))
        for one, other in zip(made, made[1:], strict=False):
            if (one.place.end_line, one.place.end_column) > (other.place.line, other.place.column):
                return ()
        if made and self.imports:
            line = self._import_line()
            text = "".join(f"import {module}\n" for module in self.imports)
            made.insert(0, Edit(Place(self.found.place.path, line, 1, line, 1), text))
        return tuple(made)

    def _import_line(self) -> int:
        for stmt in self.module.body:
            if isinstance(stmt, ir.Import):
                return stmt.span.line
        start = 1
        first = self.module.body[0] if self.module.body else None
        if isinstance(first, ir.Do) and isinstance(first.value, ir.Const):
            start = first.span.end_line + 1
        while start <= len(self.lines) and OPENING.match(self.lines[start - 1]):
            start += 1
        return start

    def _place(self, span: ir.Span) -> Place:
        return Place(self.found.place.path, span.line, span.column, span.end_line, span.end_column)


def _binds(stmt: ir.Assign, name: str) -> bool:
    return any(isinstance(target, ir.Name) and target.id == name for target in stmt.targets)


def _within(inner: ir.Span, outer: ir.Span) -> bool:
    return (outer.line, outer.column) <= (inner.line, inner.column) and (inner.end_line, inner.end_column) <= (
        outer.end_line, outer.end_column
    )  # fmt: skip


def _holds(span: ir.Span, place: Place) -> bool:
    return _within(ir.Span(place.line, place.column, place.end_line, place.end_column), span)
