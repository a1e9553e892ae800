"""Order of semantic versions, read leniently: a leading v, missing or additional numbers, a hyphen forgotten.

Serves npm, Cargo, Go and every ecosystem that names no order of its own. Source: semver.org 2.0.0, item 11.
"""

from __future__ import annotations

import re

SHAPE = re.compile(
    r"\s*[=vV]*\s*(?P<core>\d+(?:\.\d+)*)(?:[-.]?(?P<pre>(?<=-)[0-9A-Za-z.-]+|[A-Za-z][0-9A-Za-z.-]*))?"
    r"(?:\+(?P<build>[0-9A-Za-z.+-]*))?\s*"
)
GO_RELEASE = re.compile(r"(\d+(?:\.\d+)*)(rc|beta|alpha)(\d+)")
RELEASE: tuple[int, tuple[object, ...]] = (1, ())
LONGEST_NUMBER = 400

Pre = tuple[int, tuple[object, ...]]
Key = tuple[int, tuple[int, ...], Pre, str]


def key(text: str) -> Key:
    """Return what sorts; what is no version comes before all versions, by its letters."""
    found = _match(text)
    if found is None:
        return 0, (), RELEASE, text
    return 1, _core(found["core"]), _pre(found["pre"]), ""


def nuget_key(text: str) -> Key:
    """Return what sorts for NuGet, where letters have no case."""
    return key(text.lower())


def go_key(text: str) -> Key:
    """Return what sorts for Go: module versions, and the toolchain's own go1.21rc2."""
    bare = text.strip().removeprefix("go")
    release = GO_RELEASE.fullmatch(bare)
    return key(f"{_three(release[1])}-{release[2]}.{release[3]}" if release else bare)


def is_readable(text: str) -> bool:
    """Tell whether the text is one version."""
    return _match(text.strip().removeprefix("go")) is not None


def is_prerelease(text: str) -> bool:
    """Tell whether there is something behind the numbers that makes it come before them."""
    found = _match(text)
    return found is None or found["pre"] is not None


def _match(text: str) -> re.Match[str] | None:
    return SHAPE.fullmatch(text) if len(text) <= LONGEST_NUMBER else None


def _core(text: str) -> tuple[int, ...]:
    numbers = [int(number) for number in text.split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _pre(text: str | None) -> Pre:
    if text is None:
        return RELEASE
    return 0, tuple(_identifier(part) for part in text.split("."))


def _identifier(part: str) -> tuple[int, int, str]:
    return (0, int(part), "") if part.isdecimal() and part.isascii() else (1, 0, part)


def _three(core: str) -> str:
    return ".".join([*core.split("."), "0", "0"][:3])
