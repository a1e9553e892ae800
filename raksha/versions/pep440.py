"""Order of Python versions: PEP 440, and the older forms that still stand on the index."""

from __future__ import annotations

import re

from packaging.version import InvalidVersion, Version

PART = re.compile(r"(\d+|[a-z]+)")
OLD_SHAPE = re.compile(r"\s*[vV]?\d[\w.+!-]*\s*")
LEGACY, MODERN = 0, 1
LONGEST = 400
"""Beyond it Python itself refuses to read a number."""

Key = tuple[int, object]


def key(text: str) -> Key:
    """Return what sorts: a form older than PEP 440 comes before all that follow it, as pip once had it."""
    try:
        return MODERN, Version(text[:LONGEST])
    except InvalidVersion:
        return LEGACY, tuple(_part(part) for part in PART.findall(text[:LONGEST].lower()))


def is_readable(text: str) -> bool:
    """Tell whether the text is a version and not, say, a range."""
    return len(text) <= LONGEST and OLD_SHAPE.fullmatch(text) is not None


def public(text: str) -> str:
    """Drop the local part: 1.9.0+cpu is a build of 1.9.0, and a list of versions names the latter."""
    return text.partition("+")[0]


def is_prerelease(text: str) -> bool:
    """Tell whether an installer passes it over unless asked."""
    try:
        return Version(text[:LONGEST]).is_prerelease
    except InvalidVersion:
        return True


def _part(part: str) -> tuple[int, int, str]:
    return (1, int(part), "") if part.isdecimal() else (0, 0, part)
