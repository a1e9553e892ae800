"""Words of a file's text, counted: a quick look before anything is parsed or run."""

from __future__ import annotations

import re
from collections import Counter

WORD = re.compile(rb"[A-Za-z_$][A-Za-z0-9_$]*")


def words(source: bytes) -> Counter[str]:
    """Return how often each name-like word stands in the text, comments and strings included."""
    return Counter(word.decode("ascii") for word in WORD.findall(source))
