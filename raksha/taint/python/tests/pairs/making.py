"""Programs in pairs: the same text but for one place, once with the fault and once without."""

from __future__ import annotations

from dataclasses import dataclass

HOLE = "@@"


@dataclass(frozen=True)
class Pair:
    """rule: the word of the rule. code has a hole; `bad` in it makes the fault, `good` does not.

    files: other files of the program, by path; they may have the hole too.
    """

    name: str
    rule: str
    code: str
    bad: str
    good: str
    files: tuple[tuple[str, str], ...] = ()

    def program(self, piece: str) -> dict[str, bytes]:
        texts = {"app.py": self.code, **dict(self.files)}
        return {path: filled(text, piece).encode() for path, text in texts.items()}


def filled(text: str, piece: str) -> str:
    """Put the piece into the hole, its further lines indented like the first."""
    lines = []
    for line in text.split("\n"):
        if HOLE in line:
            indent = line[: len(line) - len(line.lstrip())]
            line = line.replace(HOLE, piece.strip("\n").replace("\n", "\n" + indent))
        lines.append(line)
    return "\n".join(lines)
