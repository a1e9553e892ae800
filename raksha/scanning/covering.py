"""Say what a scan looked at and what not, as its row keeps it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from raksha import coverage
from raksha.coverage import Skip
from raksha.detections import Detection
from raksha.models import STALE_AFTER, Feed

MOST_LISTED = 20_000


@dataclass(frozen=True, slots=True)
class EngineLook:
    """One engine's part: files it takes, those whose kept results were used, and what it left out."""

    files: int
    cached: int
    skipped: Sequence[Skip]


def coverage_of(
    *,
    paths: Iterable[str],
    looked_at: Iterable[str],
    skipped: Sequence[Skip],
    engines: Mapping[str, EngineLook],
    missing_engines: Sequence[str],
    detections: Iterable[Detection],
    feeds: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Return the coverage of a scan; `skips` lists what was left out, one line each, and `skipped` counts it by reason.

    skipped: by no engine in particular. A file that no engine reads is counted as not looked at.
    """
    everything = [("", skip) for skip in skipped]
    everything += [(name, skip) for name, look in engines.items() for skip in look.skipped]
    lines = list(dict.fromkeys((skip.path, skip.why, skip.says, name) for name, skip in everything))
    all_paths, seen = set(paths), set(looked_at)
    return {
        "files": len(all_paths),
        "scanned": len(all_paths & seen),
        "unread": len(all_paths - seen),
        "skipped": coverage.count(skip for _, skip in everything),
        "skips": [
            dict(zip(("path", "why", "says", "engine"), line, strict=True)) for line in lines[:MOST_LISTED]
        ],
        "skips_not_listed": max(0, len(lines) - MOST_LISTED),
        "suppressed": sum(bool(found.suppressed) for found in detections),
        "engines": {
            name: {"files": look.files, "cached": look.cached, "skipped": len(look.skipped)}
            for name, look in engines.items()
        },
        "missing_engines": list(missing_engines),
        "feeds": list(feeds),
    }


def feed_ages(*, now: datetime) -> list[dict[str, Any]]:
    """Return how old each feed's rows are."""
    rows = Feed.objects.order_by("kind", "ecosystem").values_list("kind", "ecosystem", "fetched_at", "state")
    return [
        {
            "kind": kind,
            "ecosystem": ecosystem,
            "fetched_at": fetched_at.isoformat() if fetched_at else None,
            "is_stale": fetched_at is None or now - fetched_at > STALE_AFTER,
            "state": state,
        }
        for kind, ecosystem, fetched_at, state in rows
    ]
