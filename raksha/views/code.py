"""Code as pages show it: lines of pieces with a class each, never markup; the template writes it as text. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Token, _TokenType
from pygments.util import ClassNotFound

from raksha.languages import language_of

MOST_CHARACTERS = 8_000
MOST_LINES = 400
ALIASES = {
    **{
        name: name
        for name in ("python", "javascript", "typescript", "java", "kotlin", "scala", "groovy", "go")
    },
    **{
        name: name for name in ("ruby", "php", "csharp", "c", "cpp", "rust", "swift", "lua", "elixir", "bash")
    },
    **{
        name: name for name in ("powershell", "terraform", "dockerfile", "yaml", "json", "xml", "html", "sql")
    },
    **{name: name for name in ("toml", "make", "solidity", "css")},
}
"""Lexers for what we scan, and no others: each is more code that reads an attacker's text."""
CLASSES: tuple[tuple[_TokenType, str], ...] = (
    (Token.Comment, "c"),
    (Token.Keyword, "k"),
    (Token.Literal.String, "s"),
    (Token.Literal.Number, "n"),
    (Token.Name.Function, "f"),
    (Token.Name.Class, "f"),
    (Token.Name.Decorator, "d"),
    (Token.Name.Builtin, "b"),
    (Token.Name.Tag, "k"),
    (Token.Name.Attribute, "b"),
    (Token.Operator.Word, "k"),
)


@dataclass(frozen=True, slots=True)
class Piece:
    """Text of one look. shape: a letter of CLASSES, or nothing."""

    text: str
    shape: str
    is_marked: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line. number: from 1 in its file."""

    number: int
    pieces: tuple[Piece, ...]
    is_marked: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """What is marked: lines and columns count from 1; end_line 0 means the same line, end_column 0 its end."""

    line: int
    column: int = 1
    end_line: int = 0
    end_column: int = 0

    def columns(self, number: int, length: int) -> tuple[int, int] | None:
        """Return which characters of a line are marked, from and to; None when none is."""
        last = max(self.end_line, self.line)
        if not self.line <= number <= last:
            return None
        start = self.column - 1 if number == self.line else 0
        end = self.end_column - 1 if number == last and self.end_column else length
        start, end = min(max(start, 0), length), min(max(end, 0), length)
        return (start, end) if start < end else (0, length)


def highlight(text: str, path: str, *, first: int = 1, span: Span | None = None) -> list[Line]:
    """Return the lines of a text.

    first: number of its first line. span: what is marked in it, if anything.
    """
    lines = []
    for offset, pieces in enumerate(_lines(text[:MOST_CHARACTERS], path)):
        if offset == MOST_LINES:
            break
        number = first + offset
        length = sum(len(piece.text) for piece in pieces)
        columns = span.columns(number, length) if span else None
        marked = tuple(_mark(pieces, *columns)) if columns else tuple(pieces)
        lines.append(Line(number, marked, columns is not None))
    return lines


def _lines(text: str, path: str) -> Iterator[list[Piece]]:
    current: list[Piece] = []
    for shape, value in _tokens(text, path):
        for at, part in enumerate(value.split("\n")):
            if at:
                yield current
                current = []
            if part:
                current.append(Piece(part, shape))
    if current:
        yield current


def _tokens(text: str, path: str) -> Iterator[tuple[str, str]]:
    lexer = _lexer(path)
    if lexer is None:
        yield "", text
        return
    for kind, value in lexer.get_tokens(text):
        yield _shape(kind), value


def _lexer(path: str) -> Lexer | None:
    alias = ALIASES.get(language_of(path))
    if alias is None:
        return None
    try:
        return get_lexer_by_name(alias, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None


def _shape(kind: _TokenType) -> str:
    return next((shape for of, shape in CLASSES if kind in of), "")  # type: ignore[comparison-overlap]


def _mark(pieces: list[Piece], start: int, end: int) -> Iterator[Piece]:
    """Cut the pieces at the ends of the marked range."""
    at = 0
    for piece in pieces:
        cuts = sorted(
            {0, len(piece.text), *(min(max(edge - at, 0), len(piece.text)) for edge in (start, end))}
        )
        for left, right in zip(cuts, cuts[1:], strict=False):
            inside = start <= at + left and at + right <= end
            yield Piece(piece.text[left:right], piece.shape, inside)
        at += len(piece.text)
