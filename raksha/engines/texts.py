"""A file's text with its lines: places from byte offsets, and what the source says to be left alone. Pure."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property

from raksha.detections import Place
from raksha.engines.scopes import scope

MOST_MATCHED = 2_000
MOST_LINE = 500
# What tools of the trade obey; here it is reported, never obeyed.
SILENCE = re.compile(
    rb"\b(nosemgrep|nosem|nosec|NOSONAR|noqa|nolint|nosast|pragma: allowlist secret|gitleaks:allow|"
    rb"eslint-disable(?:-next-line|-line)?|codeql\[[\w/-]+\]|lgtm\[[\w/-]+\]|tfsec:ignore|checkov:skip|"
    rb"trufflehog:ignore|hadolint ignore|bearer:disable|snyk:ignore|deepcode ignore)(?!\w)",
    re.IGNORECASE,
)


class Text:
    """One file's bytes, read as UTF-8 with what is no UTF-8 replaced."""

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self.data = data

    @cached_property
    def starts(self) -> list[int]:
        """The byte offset at which each line begins."""
        return [0, *(found.end() for found in re.finditer(rb"\n", self.data))]

    def place(self, start: int, end: int) -> Place:
        """Return the place between two byte offsets, columns in characters."""
        line, column = self._position(start)
        end_line, end_column = self._position(max(start, end))
        return Place(self.path, line, column, end_line, end_column)

    def matched(self, start: int, end: int) -> str:
        """Return the text between two byte offsets, bounded."""
        return _decode(self.data[start : min(end, start + MOST_MATCHED * 4)])[:MOST_MATCHED]

    def lines(self, first: int, last: int) -> str:
        """Return whole lines, both ends included, each bounded and at most twenty."""
        last = min(last, first + 19)
        return "\n".join(
            _decode(self._line(number)[: MOST_LINE * 4])[:MOST_LINE] for number in range(first, last + 1)
        )

    def scope(self, line: int) -> str:
        """Return the functions and classes around a line, dotted."""
        return scope(self.path, line, lambda number: _decode(self._line(number)[:MOST_LINE]))

    def silence(self, place: Place) -> str:
        """Return the words by which the lines of a place, or the one above, ask tools to be quiet; else empty."""
        for number in range(max(1, place.line - 1), min(place.end_line, place.line + 20) + 1):
            line = self._line(number)
            found = SILENCE.search(line[:10_000]) or SILENCE.search(line[-10_000:])
            if found and (number >= place.line or _is_comment(line)):
                return found[1].decode("ascii", "replace").lower()
        return ""

    def _line(self, number: int) -> bytes:
        if not 1 <= number <= len(self.starts):
            return b""
        end = self.starts[number] if number < len(self.starts) else len(self.data)
        return self.data[self.starts[number - 1] : end].rstrip(b"\r\n")

    def _position(self, offset: int) -> tuple[int, int]:
        offset = max(0, min(offset, len(self.data)))
        line = bisect_right(self.starts, offset)
        return line, len(_decode(self.data[self.starts[line - 1] : offset])) + 1


def _is_comment(line: bytes) -> bool:
    return line.lstrip().startswith((b"#", b"//", b"/*", b"*", b"<!--", b"--", b"{#", b"{/*", b"{{!"))


def _decode(data: bytes) -> str:
    return data.decode("utf-8", "replace").replace("\0", "\ufffd")
