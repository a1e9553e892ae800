"""Order of Maven versions, as its ComparableVersion has it: 1-alpha < 1-rc < 1-SNAPSHOT < 1 < 1-sp < 1-x < 1-1 < 1.1.

Source: Maven's own description, https://maven.apache.org/pom.html#version-order-specification.
"""

from __future__ import annotations

import re

TOKEN = re.compile(r"([.\-_]?)(\d+|[^\d.\-_]+|(?=[.\-_]|$))")
QUALIFIERS = ("alpha", "beta", "milestone", "rc", "snapshot", "", "sp")
RELEASE = QUALIFIERS.index("")
SAME_AS = {"ga": "", "final": "", "release": "", "cr": "rc"}
SHORT = {"a": "alpha", "b": "beta", "m": "milestone"}
LONGEST = 256

# What stands at one place of a list, smallest first: something older than nothing, nothing, something newer, a number.
OLDER, NOTHING, NEWER, NUMBER = 0, 1, 2, 3
EMPTY: tuple[object, ...] = ((NOTHING,),)

Item = int | str | list["Item"]


def key(text: str) -> tuple[object, ...]:
    """Return what sorts. Every text is a version to Maven; only the first 256 characters count."""
    return _encoded(_parsed(text.strip().lower()[:LONGEST]))


def is_readable(text: str) -> bool:
    """Tell whether it is a version: a number somewhere, and no property left unresolved."""
    return bool(re.search(r"\d", text)) and not re.search(r"[${}\[\](),\s]", text.strip())


def is_prerelease(text: str) -> bool:
    """Tell whether it comes before the same numbers alone."""
    numbers = re.match(r"[\d.]*", text.strip())
    return numbers is not None and key(text) < key(numbers[0].rstrip("."))


def _parsed(text: str) -> list[Item]:
    """Make nested lists: a hyphen, a qualifier and a change between digits and letters each open one."""
    root: list[Item] = []
    current = root
    tokens = _tokens(text)
    for index, (separator, token) in enumerate(tokens):
        opens = separator == "-" or not token.isdecimal()
        if current and opens:
            current = _opened(current)
        followed = index + 1 < len(tokens) and tokens[index + 1] == ("-", tokens[index + 1][1])
        current.append(
            int(token) if token.isdecimal() else _qualifier(token, tokens, index, followed=followed)
        )
    _trim(root)
    return root


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    position = 0
    while position < len(text):
        match = TOKEN.match(text, position)
        if match is None or match.end() == position:
            break
        bare = not match[1] and bool(
            found
        )  # digits after letters, or the reverse, stand as if behind a hyphen
        found.append(("-" if bare or match[1] in {"-", "_"} else ".", match[2] or "0"))
        position = match.end()
    return found


def _qualifier(token: str, tokens: list[tuple[str, str]], index: int, *, followed: bool) -> str:
    if followed and tokens[index + 1][1].isdecimal():
        return SHORT.get(token, SAME_AS.get(token, token))
    return SAME_AS.get(token, token)


def _opened(current: list[Item]) -> list[Item]:
    inner: list[Item] = []
    current.append(inner)
    return inner


def _trim(items: list[Item]) -> None:
    """Drop from each list what says nothing: zeros and release words before its end and before an inner list."""
    for item in items:
        if isinstance(item, list):
            _trim(item)
    for index in range(len(items) - 1, -1, -1):
        if items[index] in (0, "", []):
            del items[index]
        elif not isinstance(items[index], list):
            break


def _encoded(items: list[Item]) -> tuple[object, ...]:
    return (*(_place(item) for item in items), (NOTHING,))


def _place(item: Item) -> tuple[object, ...]:
    if isinstance(item, int):
        return NUMBER, item
    if isinstance(item, list):
        inner = _encoded(item)
        return (OLDER if inner < EMPTY else NEWER), 1, inner
    rank = QUALIFIERS.index(item) if item in QUALIFIERS else len(QUALIFIERS)
    return (OLDER if rank < RELEASE else NEWER), 0, (rank, item)
