"""Hold a scan's findings against those of the scans before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from raksha.coverage import Skip

SEEN = frozenset({"suppressed", "stale_feed"})
"""Named among what was left out, though the engine did look."""


@dataclass(frozen=True, slots=True)
class Known:
    """A finding as it is stored."""

    pk: str
    engine: str
    path: str
    is_open: bool
    digest: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What became of findings. new and changed name fingerprints, the others primary keys.

    changed: known ones whose columns differ, such as the line; they stand in unchanged or reopened as well.
    unseen: still open, since this scan did not look where they are.
    """

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    reopened: list[str] = field(default_factory=list)
    fixed: list[str] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)


class Look:
    """Where a scan looked.

    engines: that ran. paths: of all files that are there. skipped: by engine what it left out; under "" what none saw.
    """

    def __init__(
        self, *, engines: Iterable[str], paths: Iterable[str], skipped: Mapping[str, Iterable[Skip]]
    ) -> None:
        self._engines = frozenset(engines)
        self._paths = frozenset(paths)
        self._left_out = {
            engine: {skip.path for skip in skips if skip.why not in SEEN} for engine, skips in skipped.items()
        }

    def saw(self, engine: str, path: str) -> bool:
        """Tell whether this engine would have found it again: it read the file, or knows that it is gone."""
        if engine not in self._engines:
            return False
        left_out = self._left_out.get(engine, set()) | self._left_out.get("", set())
        if path in self._paths:
            return path not in left_out and "" not in self._left_out.get(engine, set())
        # Gone, unless the tree was cut short, or the file lies below something that was left out.
        return "" not in left_out and not any(above in left_out for above in _with_parents(path))


def compare(known: Mapping[str, Known], found: Mapping[str, str], look: Look) -> Comparison:
    """Return what became of each finding.

    known: by fingerprint, what is stored. found: fingerprint → digest, what this scan found.
    A finding is fixed only if the scan looked where it was.
    """
    result = Comparison()
    for fingerprint, digest in found.items():
        before = known.get(fingerprint)
        if before is None:
            result.new.append(fingerprint)
            continue
        (result.unchanged if before.is_open else result.reopened).append(before.pk)
        if before.digest != digest:
            result.changed.append(fingerprint)
    for fingerprint, before in known.items():
        if fingerprint not in found and before.is_open:
            (result.fixed if look.saw(before.engine, before.path) else result.unseen).append(before.pk)
    return result


def _with_parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
