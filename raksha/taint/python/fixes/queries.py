"""Statements put together from text -> statements with bound parameters."""

from __future__ import annotations

import re

from raksha.taint import ir
from raksha.taint.python.fixes.draft import Draft
from raksha.taint.python.fixes.pieces import Piece, pieces

# After these words stands a name of a table or column, or a direction; such cannot be bound.
NAMES = re.compile(
    r"(?is)(?:\b(?:from|into|table|update|join|by|select|distinct|as|set|index|database|schema|asc|desc|,)|\.)\s*[\"`\[(]?\s*$"
)
SELECTED = re.compile(r"(?is)\bselect\s*$")
QUOTE = "'"


def bind_values(draft: Draft) -> None:
    """Rewrite the statement of the call at the finding."""
    call = draft.call()
    if call is None or not call.args or len([arg for arg in call.args if not arg.name]) != 1:
        return
    statement = call.args[0].value
    holder: ir.Expr = statement
    found = pieces(statement)
    if found is None:
        stmt = draft.assigned(statement, call)
        if stmt is None or stmt.value is None:
            return
        holder, found = stmt.value, pieces(stmt.value)
    if found is None:
        return
    _write(draft, call, holder, found)


def _write(draft: Draft, call: ir.Call, holder: ir.Expr, found: list[Piece]) -> None:
    callee = draft.text(call.callee)
    named = callee.rpartition(".")[2]
    is_text = named == "text" and any(name.startswith("sqlalchemy") for name in draft.known.values())
    style = _style(draft, named, is_text)
    bound = _bound(draft, found, style)
    if bound is None or not bound[1]:
        return
    sql, given = bound
    draft.replace(holder, repr(sql))
    if is_text:
        names = ", ".join(f"p{at}={value}" for at, value in enumerate(given))
        draft.insert(call.span.end_line, call.span.end_column, f".bindparams({names})")
    elif style == "$":
        draft.add_argument(call, ", ".join(given))
    else:
        values = ", ".join(given) + ("," if len(given) == 1 else "")
        draft.add_argument(call, f"({values})" if named != "raw" else f"[{', '.join(given)}]")


def _style(draft: Draft, named: str, is_text: bool) -> str:
    if is_text:
        return ":"
    modules = {name.partition(".")[0] for name in draft.known.values()}
    if named.startswith("fetch") or "asyncpg" in modules:
        return "$"
    return "?" if modules & {"sqlite3", "aiosqlite", "duckdb", "pyodbc"} else "%s"


def _bound(draft: Draft, found: list[Piece], style: str) -> tuple[str, list[str]] | None:
    """Return the statement with placeholders and the values as source text; None when one is no value."""
    sql = ""
    given: list[str] = []
    at = 0
    while at < len(found):
        piece = found[at]
        if piece.value is None:
            sql += piece.text.replace("%", "%%") if style == "%s" else piece.text
            at += 1
            continue
        if sql.count(QUOTE) % 2:
            whole = _quoted(draft, sql, found, at)
            if whole is None:
                return None
            sql, value, at = whole
        else:
            if NAMES.search(sql) and not SELECTED.search(sql):
                return None
            value, at = draft.text(piece.value), at + 1
        sql += {"?": "?", "%s": "%s", ":": f":p{len(given)}", "$": f"${len(given) + 1}"}[style]
        given.append(value)
    return sql, given


def _quoted(draft: Draft, sql: str, found: list[Piece], at: int) -> tuple[str, str, int] | None:
    """Take a literal with values in it out of its quotes: '%{x}%' is bound as one text."""
    head, _, before = sql.rpartition(QUOTE)
    parts = [repr(before)] if before else []
    while at < len(found):
        piece = found[at]
        if piece.value is not None:
            text = draft.text(piece.value)
            parts.append(text if not before and not parts else f"str({text})")
            at += 1
            continue
        inside, quote, rest = piece.text.partition(QUOTE)
        if inside:
            parts.append(repr(inside))
        if quote:
            found[at] = Piece(text=rest)
            if len(parts) > 1 and not parts[0].startswith(("'", '"', "str(")):
                parts[0] = f"str({parts[0]})"
            return head, " + ".join(parts), at
        at += 1
    return None
