"""Fixes of SQL: values become bound parameters."""

from __future__ import annotations

from dataclasses import dataclass, field

from raksha.taint import ir
from raksha.taint.java.fixes.draft import Draft
from raksha.taint.java.fixes.operands import callee_name

TEMPLATES = frozenset({"query", "queryForObject", "queryForList", "queryForMap", "queryForRowSet", "update"})
RUNS = frozenset({"execute", "executeQuery", "executeUpdate", "executeLargeUpdate"})
QUERIES = frozenset({"createQuery", "createNativeQuery", "createSQLQuery"})
NAME = "boundStatement"


def bind_values(draft: Draft) -> None:
    """Put `?` for each value, and bind the values: at the call (Spring) or by a prepared statement (JDBC)."""
    call = draft.call()
    if call is None or not isinstance(call.callee, ir.Attr) or not call.args:
        return
    text, target = _text_of(draft, call.args[0].value)
    method = callee_name(call.callee)
    query = _bound(draft, text, ":value{}" if method in QUERIES else "?") if text is not None else None
    if query is None:
        _as_number(draft, text)
    elif method in QUERIES:
        setters = "".join(
            f'.setParameter("value{at}", {draft.text(v)})' for at, v in enumerate(query.values, 1)
        )
        draft.replace(target, query.written())
        draft.behind(call, setters)
    elif method in TEMPLATES:
        draft.replace(target, query.written())
        draft.before_end(call, "".join(f", {draft.text(value)}" for value in query.values))
    elif method == "prepareStatement":
        _set_after(draft, target, query)
    elif method in RUNS:
        _prepare(draft, call, call.callee.value, query)


def _text_of(draft: Draft, node: ir.Expr) -> tuple[ir.Expr | None, ir.Expr]:
    """Return the text that is put together, and where it stands: in the call or in a variable set once."""
    if isinstance(node, ir.Binary):
        return node, node
    if isinstance(node, ir.Name):
        stmt = draft.assigned(node.id)
        if stmt is not None and isinstance(stmt.value, ir.Binary):
            return stmt.value, stmt.value
    return None, node


@dataclass
class Query:
    """A text taken apart: its pieces as Java source, the values to bind, and which question mark each one is."""

    pieces: list[str] = field(default_factory=list)
    literal: str = ""
    values: list[ir.Expr] = field(default_factory=list)
    marks: list[bool] = field(default_factory=list)  # in order; True is one of ours

    def add_text(self, text: str) -> None:
        self.literal += text
        self.marks.extend(False for _ in range(text.count("?")))

    def bind(self, value: ir.Expr, mark: str) -> None:
        self.literal += mark
        self.values.append(value)
        self.marks.append(True)

    def keep(self, text: str) -> None:
        self._flush()
        self.pieces.append(text)

    def written(self) -> str:
        self._flush()
        return " + ".join(self.pieces) or '""'

    def _flush(self) -> None:
        if self.literal or not self.pieces:
            text = self.literal.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
            self.pieces.append(f'"{text}"')
            self.literal = ""


def _bound(draft: Draft, node: ir.Expr, mark: str) -> Query | None:
    """Take a text apart; None when a part from outside is no value but a name or keyword."""
    parts = _flat(node)
    query = Query()
    for number, part in enumerate(parts):
        if isinstance(part, ir.Const):
            query.add_text(str(part.value))
            continue
        after = parts[number + 1] if number + 1 < len(parts) else None
        following = str(after.value) if isinstance(after, ir.Const) else ""
        word = mark.format(len(query.values) + 1)
        if query.literal.endswith("'") and following.startswith("'"):
            query.literal = query.literal[:-1]
            query.bind(part, word)
            parts[number + 1] = ir.Const(following[1:], span=node.span)
        elif query.literal.rstrip().endswith(("=", ">", "<", "(", ",")):
            query.bind(part, word)
        elif any(draft.text(part) in step.text for step in draft.found.trace[:-1]):
            return None
        else:
            query.keep(draft.text(part))
    return query if query.values else None


def _flat(node: ir.Expr) -> list[ir.Expr]:
    parts: list[ir.Expr] = []
    while isinstance(node, ir.Binary) and node.op == "+":
        parts.insert(0, node.right)
        node = node.left
    return [node, *parts]


def _as_number(draft: Draft, text: ir.Expr | None) -> None:
    """Take a part that stands without quotes for a number."""
    parts = _flat(text) if text is not None else []
    for before, part in zip(parts, parts[1:], strict=False):
        is_bare = isinstance(before, ir.Const) and str(before.value).rstrip().endswith(
            ("=", "<", ">", "LIMIT", "OFFSET")
        )
        if is_bare and not isinstance(part, ir.Const):
            draft.wrap(part, "Integer.parseInt(", ")")


def _setters(name: str, draft: Draft, query: Query) -> str:
    places = [at for at, is_ours in enumerate(query.marks, 1) if is_ours]
    pairs = zip(places, query.values, strict=True)
    return " ".join(f"{name}.setObject({at}, {draft.text(value)});" for at, value in pairs)


def _set_after(draft: Draft, target: ir.Expr, query: Query) -> None:
    """Bind the values behind the statement's declaration; places of values that were bound already move up."""
    stmt = draft.statement()
    name = stmt.targets[0] if isinstance(stmt, ir.Assign) and stmt.targets else None
    if stmt is None or not isinstance(name, ir.Name):
        return
    draft.replace(target, query.written())
    draft.after(stmt, f" {_setters(name.id, draft, query)}")
    moved = [at for at, is_ours in enumerate(query.marks, 1) if not is_ours]
    for call in draft.calls_on(name.id):
        place = call.args[0].value if call.args and callee_name(call.callee).startswith("set") else None
        if isinstance(place, ir.Const) and isinstance(place.value, int) and 0 < place.value <= len(moved):
            draft.replace(place, str(moved[place.value - 1]))


def _prepare(draft: Draft, call: ir.Call, statement: ir.Expr, query: Query) -> None:
    """Make a prepared statement before the one that runs the text."""
    if isinstance(statement, ir.Name):
        made = draft.assigned(statement.id)
        statement = made.value if made is not None and made.value is not None else statement
    stmt = draft.statement()
    if (
        not isinstance(statement, ir.Call)
        or callee_name(statement.callee) != "createStatement"
        or stmt is None
    ):
        return
    connection = statement.callee.value if isinstance(statement.callee, ir.Attr) else None
    if connection is not None:
        made_by = f"{draft.text(connection)}.prepareStatement({query.written()})"
        prepared = f"java.sql.PreparedStatement {NAME} = {made_by};"
        draft.before(stmt, f"{prepared} {_setters(NAME, draft, query)} ")
        draft.replace(call, f"{NAME}.{callee_name(call.callee)}()")
