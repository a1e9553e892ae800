"""Is a version affected? The evaluation of the OSV schema, https://ossf.github.io/osv-schema/#evaluation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from raksha.versions import orders, pep440

# At the same version what ends comes before what begins, and "last affected" closes after both.
TURN: dict[str, int] = {"fixed": 0, "introduced": 1, "last_affected": 2}


@dataclass(frozen=True, slots=True)
class Range:
    """Events on a line of versions: a word (introduced, fixed, last_affected, limit) and where.

    kind: SEMVER, ECOSYSTEM or GIT; GIT has commits, which no lockfile names: it never matches.
    """

    kind: str
    events: tuple[tuple[str, str], ...]


def is_affected(ecosystem: str, version: str, ranges: Iterable[Range], versions: Sequence[str] = ()) -> bool:
    """Tell whether a version is among those listed or inside a range.

    What is no version at all (a branch, a range) can only be listed.
    """
    if version in versions or _is_listed(ecosystem, version, versions):
        return True
    if not orders.is_readable(ecosystem, version):
        return False
    return any(_is_inside(ecosystem, version, each) for each in ranges if each.kind != "GIT")


def _is_listed(ecosystem: str, version: str, versions: Sequence[str]) -> bool:
    """Compare as versions, since 1.0 and 1.0.0 are one; a local build counts as what it was built from."""
    if not versions or not orders.is_readable(ecosystem, version):
        return False
    wanted = orders.key(ecosystem, _public(ecosystem, version))
    return any(orders.key(ecosystem, _public(ecosystem, listed)) == wanted for listed in versions)


def _is_inside(ecosystem: str, version: str, span: Range) -> bool:
    order = "Go" if ecosystem == "Go" else ("" if span.kind == "SEMVER" else ecosystem)
    mine = orders.key(order, version)
    if not _is_before_limits(order, mine, span):
        return False
    inside = False
    for word, at in _in_order(order, span):
        if word == "introduced":
            inside = inside or at == "0" or mine >= orders.key(order, at)
        elif word == "fixed":
            inside = inside and mine < orders.key(order, at)
        elif word == "last_affected":
            inside = inside and orders.key(order, _public(order, version)) <= orders.key(order, at)
    return inside


def _in_order(order: str, span: Range) -> list[tuple[str, str]]:
    starts = [event for event in span.events if event == ("introduced", "0")]
    rest = [event for event in span.events if event != ("introduced", "0") and event[0] in TURN]
    return starts + sorted(rest, key=lambda event: (orders.key(order, event[1]), TURN[event[0]]))


def _is_before_limits(order: str, mine: Any, span: Range) -> bool:
    limits = [at for word, at in span.events if word == "limit"]
    return not limits or any(at == "*" or mine < orders.key(order, at) for at in limits)


def _public(ecosystem: str, version: str) -> str:
    return pep440.public(version) if ecosystem == "PyPI" else version
