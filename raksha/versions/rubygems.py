"""Order of gem versions: letters come before numbers, so 1.0.a < 1.0. Source: rubygems' Gem::Version."""

from __future__ import annotations

import re
from functools import total_ordering
from itertools import zip_longest

SHAPE = re.compile(r"\s*\d+(\.[0-9A-Za-z]+)*(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?\s*")
SEGMENT = re.compile(r"\d+|[a-z]+", re.I)
ZERO = (1, 0, "")
LONGEST = 400


@total_ordering
class GemKey:
    """Compare as lists that go on with zeros for ever."""

    __slots__ = ("segments",)

    def __init__(self, segments: tuple[tuple[int, int, str], ...]) -> None:
        self.segments = segments

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GemKey) and self.segments == other.segments

    def __lt__(self, other: GemKey) -> bool:
        for mine, theirs in zip_longest(self.segments, other.segments, fillvalue=ZERO):
            if mine != theirs:
                return mine < theirs
        return False

    def __hash__(self) -> int:
        return hash(self.segments)


def key(text: str) -> GemKey:
    """Return what sorts; a hyphen opens a pre-release."""
    parts = SEGMENT.findall(text[:LONGEST].replace("-", ".pre."))
    segments = [(1, int(part), "") if part.isdecimal() else (0, 0, part) for part in parts]
    letters = next((index for index, segment in enumerate(segments) if not segment[0]), len(segments))
    return GemKey((*_trimmed(segments[:letters]), *_trimmed(segments[letters:])))


def is_readable(text: str) -> bool:
    """Tell whether a gem could have this version."""
    return bool(SHAPE.fullmatch(text[:LONGEST]))


def is_prerelease(text: str) -> bool:
    """Tell whether a letter stands in it."""
    return bool(re.search(r"[A-Za-z]", text))


def _trimmed(segments: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    while segments and segments[-1] == ZERO:
        segments.pop()
    return segments
