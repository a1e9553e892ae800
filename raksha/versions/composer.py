"""Order of Composer versions: dev < alpha < beta < RC < release < patch. Source: composer/semver and PHP's version_compare."""

from __future__ import annotations

import re

SHAPE = re.compile(
    r"\s*v?(?P<core>\d+(?:\.(?:\d+|[x*]))*)"
    r"(?:[._-]?(?P<word>stable|beta|b|rc|alpha|a|patch|pl|p)(?P<number>(?:[.-]?\d+)*))?"
    r"(?P<dev>[.-]?dev)?(?:\+[0-9a-z.-]*)?\s*",
    re.I,
)
RANKS = {"a": 1, "alpha": 1, "b": 2, "beta": 2, "rc": 3, "": 4, "stable": 4, "p": 5, "pl": 5, "patch": 5}
DEV, STABLE = 0, 4
ENDLESS = 9_999_999
LONGEST = 400

Key = tuple[int, tuple[int, ...], int, tuple[int, ...], int, str]


def key(text: str) -> Key:
    """Return what sorts; the name of a branch comes before all versions."""
    found = SHAPE.fullmatch(text[:LONGEST])
    if found is None:
        return 0, (), 0, (), 0, text
    word = (found["word"] or "").lower()
    rank = DEV if found["dev"] and not word else RANKS[word]
    return 1, _core(found["core"]), rank, _numbers(found["number"]), int(not found["dev"]), ""


def is_readable(text: str) -> bool:
    """Tell whether it is a version and not a branch."""
    return SHAPE.fullmatch(text[:LONGEST]) is not None


def is_prerelease(text: str) -> bool:
    """Tell whether it is less than stable."""
    found = key(text)
    return not found[0] or found[2] < STABLE or not found[4]


def _core(text: str) -> tuple[int, ...]:
    numbers = [ENDLESS if part in "xX*" else int(part) for part in text.split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _numbers(text: str | None) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text or ""))
