"""Hold packages against advisories, and rank findings by what the feeds say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from raksha import correlating
from raksha.coverage import Skip
from raksha.detections import Detection
from raksha.packages import Package


@dataclass(frozen=True, slots=True)
class Known:
    """Vulnerable packages as detections of the engine "packages", and packages that could not be held against anything."""

    detections: tuple[Detection, ...] = ()
    skipped: tuple[Skip, ...] = ()


def find(packages: Sequence[Package], *, now: datetime) -> Known:
    """Return which packages are known to be vulnerable."""
    detections, skipped = correlating.find_vulnerable(packages, now=now)
    return Known(tuple(detections), tuple(skipped))


def rank(finding_ids: Sequence[str], *, now: datetime) -> None:
    """Give findings their priority, word and reasons."""
    if finding_ids:
        correlating.rank_findings(finding_ids, now=now)
