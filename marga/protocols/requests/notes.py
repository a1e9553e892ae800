"""Collect the names of what a translation drops. Pure."""

from __future__ import annotations

import re

MOST_NOTES = 40
"""They go into one response header; a request cannot make it grow without end."""

_PLAIN = re.compile(r"[a-z0-9_.\-]{1,48}\Z")


class Notes:
    """Names in the order of their first mention, each once and safe in a header."""

    __slots__ = ("_names",)

    def __init__(self) -> None:
        self._names: dict[str, None] = {}

    def add(self, name: str) -> None:
        """Note that name was dropped; a client's own odd field name becomes `other`."""
        if len(self._names) < MOST_NOTES:
            self._names[name if _PLAIN.match(name) else "other"] = None

    def names(self) -> tuple[str, ...]:
        """Return all names."""
        return tuple(self._names)
