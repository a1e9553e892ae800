"""On which line something stands, found while walking a file from its start."""

from __future__ import annotations

NEAR = 16_384
MOST_FAR_SEARCHES = 40
MOST_MISSES = 200


class Cursor:
    """Goes forward through a text; what is asked for in the order of the file costs one pass in all.

    A file in another order than it is asked for would cost a search through the rest each time: after some of
    those, only what is near is found, and in the end nothing is looked for any more.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1
        self._far = 0
        self._misses = 0
        self._is_one_line = "\n" not in text

    def line_of(self, *needles: str) -> int:
        """Return the line of the first needle that comes at or after the place reached; 0 if none is found."""
        if self._is_one_line or self._misses > MOST_MISSES:
            return int(self._is_one_line)
        found = self._find(needles, self._at + NEAR)
        if found < 0 and self._far < MOST_FAR_SEARCHES:
            self._far += 1
            found = self._find(needles, len(self._text))
        if found < 0:
            self._misses += 1
            return 0
        line = self._line + self._text.count("\n", self._at, found)
        self._line, self._at = line, found + 1  # past it: the next of the same name is another one
        return line

    def _find(self, needles: tuple[str, ...], end: int) -> int:
        hits = (self._text.find(needle, self._at, end) for needle in needles)
        return next((hit for hit in hits if hit >= 0), -1)
