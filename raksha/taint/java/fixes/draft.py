"""The edits of one fix while they are put together, and what they need to know of the file."""

from __future__ import annotations

from collections.abc import Iterator

from raksha.detections import Detection, Edit, Place
from raksha.taint import ir


def _start(edit: Edit) -> tuple[int, int, int, int]:
    place = edit.place
    return place.line, place.column, place.end_line, place.end_column


def _joined(edits: list[Edit]) -> list[Edit]:
    """Join what is put before a place with what replaces it, so that no two edits begin at the same one."""
    made: list[Edit] = []
    for edit in edits:
        before = made[-1] if made else None
        if before is not None and _start(before)[:2] == _start(before)[2:] == _start(edit)[:2]:
            made[-1] = Edit(edit.place, before.text + edit.text)
        else:
            made.append(edit)
    return made


SIMPLE = (ir.Assign, ir.Do, ir.Return)


def walk(node: object) -> Iterator[ir.Node]:
    """All nodes at and below this one, in the order of the file, without recursion."""
    waiting = [node]
    while waiting:
        here = waiting.pop()
        if isinstance(here, tuple):
            waiting.extend(reversed(here))
        elif isinstance(here, ir.Node):
            yield here
            waiting.extend(getattr(here, name) for name in reversed(here.__slots__) if name != "span")


def contains(outer: ir.Span, inner: ir.Span) -> bool:
    starts = (outer.line, outer.column) <= (inner.line, inner.column)
    return starts and (inner.end_line, inner.end_column) <= (outer.end_line, outer.end_column)


class Draft:
    """text: the file's. A fix that turns out impossible leaves no edits."""

    def __init__(self, text: str, module: ir.Module, found: Detection) -> None:
        self.source = text
        self.lines = text.split("\n")
        self.module = module
        self.found = found
        self.edits: list[Edit] = []
        place = found.place
        self.span = ir.Span(place.line, place.column, place.end_line, place.end_column)

    def call(self) -> ir.Call | None:
        """Return the call that the finding is about."""
        return next(
            (node for node in walk(self.module.body) if isinstance(node, ir.Call) and node.span == self.span),
            None,
        )

    def function(self) -> ir.Function | None:
        """Return the innermost method or lambda with a body of statements around the finding."""
        found = [
            node
            for node in walk(self.module.body)
            if isinstance(node, ir.Function) and contains(node.span, self.span)
        ]
        return next((node for node in reversed(found) if not node.is_arrow), None)

    def statement(self) -> ir.Stmt | None:
        """Return the simple statement that holds the finding; None when nothing can be put before it."""
        holding = [
            node
            for node in walk(self.module.body)
            if isinstance(node, SIMPLE) and contains(node.span, self.span)
        ]
        if not holding or self.line(holding[-1].span)[: holding[-1].span.column - 1].rstrip()[-1:] not in (
            "",
            ";",
            "{",
            "}",
        ):
            return None
        return holding[-1]

    def assigned(self, name: str) -> ir.Assign | None:
        """Return the last assignment to a variable before the finding, in the same method."""
        around = self.function()
        before = [
            node
            for node in walk(around.body if around is not None else self.module.body)
            if isinstance(node, ir.Assign)
            and any(isinstance(to, ir.Name) and to.id == name for to in node.targets)
        ]
        earlier = [
            node for node in before if (node.span.line, node.span.column) < (self.span.line, self.span.column)
        ]
        return earlier[-1] if earlier else None

    def field(self, name: str) -> ir.Assign | None:
        """Return the field of that name."""
        classes = [node for node in walk(self.module.body) if isinstance(node, ir.Class)]
        stmts = [stmt for made in classes for stmt in made.body if isinstance(stmt, ir.Assign)]
        return next(
            (stmt for stmt in stmts if any(isinstance(to, ir.Name) and to.id == name for to in stmt.targets)),
            None,
        )

    def calls_on(self, name: str) -> list[ir.Call]:
        """Return the calls of methods on a variable, in the method of the finding."""
        around = self.function()
        return [
            node
            for node in walk(around.body if around is not None else self.module.body)
            if isinstance(node, ir.Call)
            and isinstance(node.callee, ir.Attr)
            and isinstance(node.callee.value, ir.Name)
            and node.callee.value.id == name
        ]

    def line(self, span: ir.Span) -> str:
        return self.lines[span.line - 1] if span.line <= len(self.lines) else ""

    def text(self, node: ir.Node) -> str:
        span = node.span
        if span.line == span.end_line:
            return self.line(span)[span.column - 1 : span.end_column - 1]
        first, last = self.line(span)[span.column - 1 :], self.lines[span.end_line - 1][: span.end_column - 1]
        return "\n".join([first, *self.lines[span.line : span.end_line - 1], last])

    def replace(self, node: ir.Node, text: str) -> None:
        self.edits.append(Edit(self._place(node.span), text))

    def before(self, node: ir.Node, text: str) -> None:
        """Put text in front of a node."""
        span = node.span
        self.edits.append(Edit(self._place(ir.Span(span.line, span.column, span.line, span.column)), text))

    def behind(self, node: ir.Node, text: str) -> None:
        """Put text right behind a node."""
        end = ir.Span(node.span.end_line, node.span.end_column, node.span.end_line, node.span.end_column)
        self.edits.append(Edit(self._place(end), text))

    def after(self, node: ir.Node, text: str) -> None:
        """Put text behind a statement and its semicolon."""
        span = node.span
        column = span.end_column
        if not self.text(node).endswith(";") and self.lines[span.end_line - 1][
            column - 1 :
        ].lstrip().startswith(";"):
            column += self.lines[span.end_line - 1][column - 1 :].index(";") + 1
        self.edits.append(Edit(self._place(ir.Span(span.end_line, column, span.end_line, column)), text))

    def before_end(self, node: ir.Node, text: str) -> None:
        """Put text before the last character of a node: the closing bracket of a call."""
        span = node.span
        column = span.end_column - 1
        self.edits.append(Edit(self._place(ir.Span(span.end_line, column, span.end_line, column)), text))

    def wrap(self, node: ir.Node, before: str, after: str) -> None:
        self.replace(node, f"{before}{self.text(node)}{after}")

    def uses(self, package: str) -> bool:
        """Return whether the file names the package: then its library is at hand."""
        return package in self.source

    def done(self) -> tuple[Edit, ...]:
        """Return the edits in order; none when two of them overlap."""
        made = _joined(sorted(set(self.edits), key=_start))
        for one, other in zip(made, made[1:], strict=False):
            if (one.place.end_line, one.place.end_column) > (other.place.line, other.place.column):
                return ()
        return tuple(made)

    def _place(self, span: ir.Span) -> Place:
        return Place(self.found.place.path, span.line, span.column, span.end_line, span.end_column)
