"""Java's regular expressions on constants: the ones that Python reads alike, and which texts they let through."""

from __future__ import annotations

import re
from functools import lru_cache

from raksha.taint.java.semantics import NotSure

LONGEST = 200
UNLIKE = re.compile(r"\\[pPzZQEGhRX]|[*+?}]\+|&&|\[[^\]]*\[")
# The scanned code chooses both pattern and text, and repetition can run for very long: repeated groups and more
# than two open repetitions are not tried, nor long texts.
REPEATED_GROUP = re.compile(r"\)\s*[*+?{]")
OPEN_REPETITION = re.compile(r"(?<!\\)[*+]|\{\d+,\d*\}")
MOST_REPETITIONS, LONGEST_TEXT = 2, 120
INSIDE = r"(?:\w-\w|\\[dws]|\\[.\-_@:, ]|[\w .,:@~#-]|\\p\{(?:Alnum|Alpha|Digit|L|Lower|Upper)\})+"
STRICT = re.compile(
    rf"(?:\\[dwbAzZ.\-_@: ]|\[{INSIDE}\]|[\w ,:@~#-]|\\p\{{(?:Alnum|Alpha|Digit|L|Lower|Upper)\}}"
    r"|\(\?[:i]\)?|[()|*+?^$]|\{\d+(?:,\d*)?\})+"
)
EXCLUDING = re.compile(rf"\[\^{INSIDE}\][*+]?|\\W[*+]?|\\D[*+]?")


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    if len(pattern) > LONGEST or UNLIKE.search(pattern) or REPEATED_GROUP.search(pattern):
        raise NotSure
    if len(OPEN_REPETITION.findall(pattern)) > MOST_REPETITIONS:
        raise NotSure
    return re.compile(pattern, re.ASCII)


def compiled(pattern: str, text: str) -> re.Pattern[str]:
    """Return the pattern to try on a text; one that may mean something else, or run for long, raises NotSure."""
    if len(text) > LONGEST_TEXT:
        raise NotSure
    return _compiled(pattern)


def replacement(text: str) -> str:
    """Return Java's replacement text as Python's; group references are not computed."""
    if "$" in text or "\\" in text:
        raise NotSure
    return text


@lru_cache(maxsize=256)
def is_strict(pattern: str, *, whole: bool = True) -> bool:
    """Return whether a text that matches holds no character that is special anywhere.

    whole: the whole text must match (String.matches); otherwise only an anchored pattern can tell.
    """
    if not whole and not (pattern.startswith(("^", "\\A")) and pattern.endswith(("$", "\\z", "\\Z"))):
        return False
    return len(pattern) <= LONGEST and STRICT.fullmatch(pattern) is not None


def is_excluding(pattern: str) -> bool:
    """Return whether the pattern finds every character that could be special ("[^a-z0-9]")."""
    return len(pattern) <= LONGEST and EXCLUDING.fullmatch(pattern) is not None
