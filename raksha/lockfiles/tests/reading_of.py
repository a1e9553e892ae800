"""Short ways to read a file in a test."""

from __future__ import annotations

from textwrap import dedent

from raksha import lockfiles
from raksha.packages import Package


def reading(path: str, text: str, **beside: str) -> lockfiles.Reading:
    """Read a file; beside has other files of its folder, a dot in their names written as __, a slash as ___."""
    tree = {
        name.replace("___", "/").replace("__", "."): dedent(other).lstrip("\n").encode()
        for name, other in beside.items()
    }
    found = lockfiles.read(path, dedent(text).lstrip("\n").encode(), tree)
    assert found is not None
    return found


def by_name(found: lockfiles.Reading) -> dict[str, Package]:
    """Return packages by name; each name must come once."""
    named = {package.name: package for package in found.packages}
    assert len(named) == len(found.packages)
    return named


def whys(found: lockfiles.Reading) -> list[str]:
    """Return the reasons of what was left out."""
    return [problem.why for problem in found.problems]
