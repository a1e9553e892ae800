"""Cut a text into words, symbols, quotations and marks. Pure.

Words are folded later; everything that is not a plain word (numbers with their signs, identifiers, paths, code,
quotations) is kept to the letter. Marks are the punctuation of sentences; they start with a control character, which no
other token does.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

COMMA, STOP, ASKS, COLON, LINE = "\x01,", "\x01.", "\x01?", "\x01:", "\x01|"
MARKS = frozenset({COMMA, STOP, ASKS, COLON, LINE})
ENDS = frozenset({STOP, ASKS, LINE})

WORD, SYMBOL, QUOTE, MARK = "word", "symbol", "quote", "mark"

_PIECES = re.compile(
    r"""(?P<code>`[^`\n]+`)
    |(?P<quote>(?<![^\s(\[{:=])(?:"[^"\n]*"|“[^”\n]*”|«[^»\n]*»|‘[^’\n]*(?<!\s)’|'[^'\n]*(?<!\s)')(?!\w))
    |(?P<line>\s*\n\s*)
    |(?P<chunk>[^\s]+)""",
    re.X,
)
_TAIL = ".,!?;:…"
_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*'?")
_CODE = re.compile(
    r"```|[{}]|=>|==|!=|&&|\|\||</|/>|::|\n[ \t]+\S|^\s*(?:def|class|import|from|SELECT|function|#include)\b",
    re.M,
)
_MARK_OF = {",": COMMA, ".": STOP, "!": STOP, "…": STOP, ";": STOP, "?": ASKS, ":": COLON}


class Token(NamedTuple):
    kind: str
    text: str


def tokens_of(text: str) -> list[Token] | None:
    """Return the tokens of text, or None for a text of which not a character may differ: code, control characters."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text).replace("’", "'").replace("\xa0", " ")
    if _CODE.search(text) or not text.replace("\n", "").replace("\t", "").replace("\r", "").isprintable():
        return None
    found: list[Token] = []
    for piece in _PIECES.finditer(text):
        kind, content = piece.lastgroup, piece.group()
        if content.isalpha():
            found.append(Token(WORD, content))
        elif kind == "chunk":
            is_attached = piece.start() > 0 and not text[piece.start() - 1].isspace()
            _add_chunk(found, content, is_attached)
        elif kind == "line":
            found.append(Token(MARK, LINE))
        elif kind == "code":
            found.append(Token(QUOTE, content))
        else:
            found.append(Token(QUOTE, f'"{content[1:-1]}"'))
    return found


def _add_chunk(found: list[Token], chunk: str, is_attached: bool) -> None:
    core = chunk.rstrip(_TAIL)
    ends = chunk[len(core) :]
    if not core:
        # A lone dot may be a folder ("git add ."), a lone "!" an operator; a lone comma or question mark is typing.
        if is_attached or set(ends) <= {",", "?"}:
            _add_marks(found, ends)
        else:
            found.append(Token(SYMBOL, ends))
        return
    if ends.startswith("!") and not _is_exclamation(core):
        core, ends = f"{core}!", ends[1:]  # a factorial
    found.append(Token(WORD if core.isalpha() or _WORD.fullmatch(core) else SYMBOL, core))
    _add_marks(found, ends)


def _add_marks(found: list[Token], ends: str) -> None:
    if not ends:
        return
    asked = ASKS if "?" in ends else None
    mark = asked or _MARK_OF[ends[-1]]
    if found and found[-1].text in MARKS:
        found[-1] = Token(MARK, asked or found[-1].text)
    else:
        found.append(Token(MARK, mark))


def _is_exclamation(core: str) -> bool:
    return len(core) > 1 and core[-1].isalpha()
