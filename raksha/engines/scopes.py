"""The functions and classes around a line, read from its indentation. Pure.

A guess, good enough to tell equal findings apart when lines move: a parser for each language would be exact, and
most of the languages that rules speak about have none here.
"""

from __future__ import annotations

import re
from collections.abc import Callable

MOST_LINES_UP, MOST_LINE, MOST_DEPTH = 3_000, 400, 12
_NAMED = re.compile(
    r"\b(?:def|class|function\*?|func|fn|sub|interface|trait|module|namespace|impl|object|enum|struct)\s+"
    r"(?:\([^()]{0,80}\)\s*)?(?:self\.)?([A-Za-z_$][\w$]*)"
)
_ASSIGNED = re.compile(
    r"(?:\b(?:const|let|var)\s+|\.)([A-Za-z_$][\w$]*)\s*=\s*(?:async\b\s*)?(?:function\b|\(|[A-Za-z_$][\w$]*\s*=>)"
)
_METHOD = re.compile(
    r"\s*(?:[\w@<>\[\],.?:]{1,80}\s+){0,6}([A-Za-z_$][\w$]*)\s*\([^;{}]{0,300}\)?[^;{}()]{0,120}\{?\s*"
)
_BLOCK = re.compile(
    r'\s*(resource|data|module|variable|provider|output)\s+"([^"]{1,80})"(?:\s+"([^"]{1,80})")?'
)
_KEY = re.compile(r"\s*(?:-\s+)?[\"']?([\w./-]{1,80})[\"']?\s*:(?:\s|$)")
_WORDS = frozenset(
    [
        "if",
        "for",
        "while",
        "switch",
        "catch",
        "return",
        "else",
        "elif",
        "with",
        "match",
        "case",
        "do",
        "try",
        "except",
        "finally",
        "foreach",
        "using",
        "lock",
        "synchronized",
        "unless",
        "until",
        "when",
        "select",
        "defer",
        "go",
        "new",
        "throw",
        "await",
        "yield",
    ]
)
ENDINGS = {"yml": "keys", "yaml": "keys", "json": "keys", "tf": "blocks", "hcl": "blocks"}


def scope(path: str, line: int, line_at: Callable[[int], str]) -> str:
    """Return the names around a line, outermost first, dotted; empty at the top level.

    line_at: gives any line by its number from 1.
    """
    name_of = _READERS.get(ENDINGS.get(path.rpartition(".")[2].lower(), ""), _code)
    depth, names = _indentation(line_at(line)), list[str]()
    for number in range(line - 1, max(0, line - MOST_LINES_UP), -1):
        if depth <= 0 or len(names) >= MOST_DEPTH:
            break
        text = line_at(number)[:MOST_LINE]
        own = _indentation(text)
        if not text.strip() or own >= depth or text.lstrip()[:1] in "})]#*":
            continue
        depth = own
        if name := name_of(text):
            names.append(name)
    return ".".join(reversed(names))


def _indentation(text: str) -> int:
    expanded = text[:MOST_LINE].expandtabs(4)
    return len(expanded) - len(expanded.lstrip())


def _code(text: str) -> str:
    for pattern in (_NAMED, _ASSIGNED):
        if found := pattern.search(text):
            return found[1]
    found = _METHOD.fullmatch(text)
    return found[1] if found and found[1] not in _WORDS else ""


def _key(text: str) -> str:
    found = _KEY.match(text)
    return found[1] if found else ""


def _block(text: str) -> str:
    found = _BLOCK.match(text)
    return ".".join(filter(None, found.groups())) if found else ""


_READERS = {"keys": _key, "blocks": _block}
