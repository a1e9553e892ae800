"""A fix as a diff. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Change:
    """One file's part. lines: sign and text, sign one of "+", "-", " ". is_whole: the code before it is known."""

    path: str
    line: int
    lines: tuple[tuple[str, str], ...]
    is_whole: bool = True

    @property
    def text(self) -> str:
        """Return it as text to copy: a unified diff, or only what is to be put there."""
        if not self.is_whole:
            return "\n".join(text for _, text in self.lines)
        before = sum(sign != "+" for sign, _ in self.lines)
        after = sum(sign != "-" for sign, _ in self.lines)
        head = f"--- a/{self.path}\n+++ b/{self.path}\n@@ -{self.line},{before} +{self.line},{after} @@\n"
        return head + "\n".join(sign + text for sign, text in self.lines) + "\n"


def changes_of(edits: Sequence[Mapping[str, Any]], snippet: str, path: str, first: int) -> list[Change]:
    """Return a fix as changes.

    edits: as findings keep them. snippet: the code of `path` from line `first` on, all that is known of it.
    """
    known = snippet.split("\n")
    last = first + len(known) - 1
    inside = [
        edit
        for edit in edits
        if edit["path"] == path and first <= edit["line"] and max(edit["end_line"], edit["line"]) <= last
    ]
    outside = [edit for edit in edits if edit not in inside]
    changes = [_diff(known, _applied(known, inside, first), path, first)] if inside else []
    return changes + [_loose(edit) for edit in outside]


def _applied(known: Sequence[str], edits: Iterable[Mapping[str, Any]], first: int) -> list[str]:
    """Return the code with the edits in it, last one first so that places stay what they are."""
    lines = list(known)
    for edit in sorted(edits, key=lambda edit: (edit["line"], edit["column"]), reverse=True):
        top = edit["line"] - first
        bottom = max(edit["end_line"], edit["line"]) - first
        head = lines[top][: max(edit["column"] - 1, 0)]
        tail = lines[bottom][edit["end_column"] - 1 :] if edit["end_column"] else ""
        lines[top : bottom + 1] = (head + edit["text"] + tail).split("\n")
    return lines


def _diff(before: Sequence[str], after: Sequence[str], path: str, first: int) -> Change:
    return Change(path, first, tuple(_signed(before, after)))


def _signed(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[str, str]]:
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for what, left, left_end, right, right_end in matcher.get_opcodes():
        if what == "equal":
            yield from ((" ", text) for text in before[left:left_end])
            continue
        yield from (("-", text) for text in before[left:left_end])
        yield from (("+", text) for text in after[right:right_end])


def _loose(edit: Mapping[str, Any]) -> Change:
    lines = tuple(("+", text) for text in edit["text"].split("\n"))
    return Change(edit["path"], edit["line"], lines, is_whole=False)
