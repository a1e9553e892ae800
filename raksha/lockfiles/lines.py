"""On which line something stands, found while walking a file from its start."""

from __future__ import annotations


class Cursor:
    """Goes forward through a text; what is asked for in the order of the file costs one pass in all."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1
        self._failures = 0

    def line_of(self, *needles: str) -> int:
        """Return the line of the first needle that comes at or after the place reached; 0 if none does."""
        if self._failures > 20:  # a file in another order than asked for: searching on would be quadratic
            return 0
        for needle in needles:
            found = self._text.find(needle, self._at)
            if found >= 0:
                self._line += self._text.count("\n", self._at, found)
                self._at = found
                return self._line
        self._failures += 1
        return 0
