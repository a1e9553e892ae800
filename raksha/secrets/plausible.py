"""Whether a text that has the place of a secret may be one: chance against words, and the marks of made-up values."""

from __future__ import annotations

import math
import re
from collections import Counter

PLACEHOLDER = re.compile(
    r"""(?ix)
    x{6,} | \*{3,} | \.{3,} | 0{8,} | 1234567890(?:ab)? (?!\d*[a-z]\d*[a-z]) $ | ^[-_x.*•0]+$
    | \b(?:example|sample|dummy|placeholder|changeme|redacted|your|insert|replace|fake|foobar|lorem|todo)\b
    | (?:^|[-_])(?:your|my)[-_]?(?:api|key|token|secret|password)
    | EXAMPLE | <[^>]*> | ^\$\{?\w | ^\{\{ | ^%\(?\w+\)?s?%?$ | ^\[ [A-Z_ ]+ \]$ | ^(?:None|null|nil|undefined|true|false)$
    """
)
TEMPLATE = re.compile(r"\$\{|\{\{|<%|\$\(|%\(|#\{|^\$\w|^%\w+%$|^@\w+@$|^<[^>]+>$|^\[[^\]]+\]$")
RUN = re.compile(r"(.)\1{4,}")
WORD = re.compile(r"[A-Za-z]{4,}")
UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
HEXADECIMAL = re.compile(r"[0-9a-fA-F]+")
ALPHABETS = ("abcdefghijklm", "nopqrstuvwxyz", "0123456789", "qwertyuiop", "9876543210")
VOWELS = frozenset("aeiouyAEIOUY")


def entropy(text: str) -> float:
    """Return the Shannon entropy in bits a character; 0 for nothing."""
    size = len(text)
    return -sum(n / size * math.log2(n / size) for n in Counter(text).values()) if size else 0.0


def is_placeholder(value: str) -> bool:
    """Say whether the value is a mask, an example, a variable of a template or an alphabet."""
    if PLACEHOLDER.search(value) or TEMPLATE.search(value):
        return True
    lowered = value.lower()
    if any(alphabet in lowered for alphabet in ALPHABETS):
        return True
    return any(len(run.group()) * 3 > len(value) for run in RUN.finditer(value))


def is_random(value: str, least: float = 3.5) -> bool:
    """Say whether a value is made by chance rather than written: digits, entropy, and no words to speak of."""
    if not any(c.isdigit() for c in value) or not any(c.isalpha() for c in value):
        return False
    if HEXADECIMAL.fullmatch(value):
        return len(value) >= 16 and entropy(value) >= min(least, 2.9)
    return entropy(value) >= _asked_of(value, least) and not is_written(value)


def _asked_of(value: str, least: float) -> float:
    """Short values cannot reach much: eight distinct characters have 3 bits."""
    return min(least, 0.86 * math.log2(max(len(value), 2)))


def is_written(value: str) -> bool:
    """Say whether most of the value is words that can be spoken, as in names, paths and sentences."""
    spoken = sum(len(word) for word in _words_of(value) if _can_be_spoken(word))
    return spoken * 2 >= len(value)


def _words_of(value: str) -> list[str]:
    return WORD.findall(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", value))


def _can_be_spoken(word: str) -> bool:
    inner = word[1:]
    if not (inner.islower() or word.isupper()):
        return False
    vowels = sum(c in VOWELS for c in word)
    return 0.2 <= vowels / len(word) <= 0.7 and not re.search(r"[^aeiouyAEIOUY]{5,}", word)
