"""Is a version affected? The evaluation of the OSV schema, https://ossf.github.io/osv-schema/#evaluation."""

from __future__ import annotations

from collections.abc import Iterable
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


class Affected:
    """One advisory's versions of one package, made ready to be asked about many versions."""

    def __init__(self, ecosystem: str, ranges: Iterable[Range], versions: Iterable[str] = ()) -> None:
        self._ecosystem = ecosystem
        self._texts = frozenset(versions)
        self._listed = frozenset(self._listed_key(version) for version in self._texts)
        self._spans = [_Span(ecosystem, each) for each in ranges if each.kind != "GIT"]

    def __call__(self, version: str) -> bool:
        """Tell whether a version is among those listed or inside a range.

        What is no version at all (a branch, a range) can only be listed.
        """
        if version in self._texts:
            return True
        if not orders.is_readable(self._ecosystem, version):
            return False
        if self._listed and self._listed_key(version) in self._listed:
            return True
        return any(span.holds(version) for span in self._spans)

    def _listed_key(self, version: str) -> Any:
        """Compare as versions, since 1.0 and 1.0.0 are one; a local build counts as what it was built from."""
        return orders.key(self._ecosystem, _public(self._ecosystem, version))


class _Span:
    """One range with its events as keys, in order."""

    def __init__(self, ecosystem: str, span: Range) -> None:
        self._order = "Go" if ecosystem == "Go" else ("" if span.kind == "SEMVER" else ecosystem)
        timed = [event for event in span.events if event[0] in TURN]
        keyed = [(word, None if (word, at) == ("introduced", "0") else self._key(at)) for word, at in timed]
        starts = [event for event in keyed if event[1] is None]
        rest = [event for event in keyed if event[1] is not None]
        self._events = starts + sorted(rest, key=lambda event: (event[1], TURN[event[0]]))
        limits = [at for word, at in span.events if word == "limit"]
        self._limits = [self._key(at) for at in limits] if "*" not in limits else []

    def holds(self, version: str) -> bool:
        """Follow the events up to the version."""
        mine, public = self._key(version), self._key(_public(self._order, version))
        if self._limits and not any(mine < limit for limit in self._limits):
            return False
        inside = False
        for word, at in self._events:
            if word == "introduced":
                inside = inside or at is None or mine >= at
            elif word == "fixed":
                inside = inside and mine < at
            else:
                inside = inside and public <= at
        return inside

    def _key(self, version: str) -> Any:
        return orders.key(self._order, version)


def is_affected(ecosystem: str, version: str, ranges: Iterable[Range], versions: Iterable[str] = ()) -> bool:
    """Tell whether one version is affected; see Affected for many."""
    return Affected(ecosystem, ranges, versions)(version)


def _public(ecosystem: str, version: str) -> str:
    return pep440.public(version) if ecosystem == "PyPI" else version
