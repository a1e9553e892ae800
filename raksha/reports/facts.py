"""What a report says, as plain values: every format is written from these, and equal facts give equal bytes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from raksha.coverage import Skip, is_partial
from raksha.detections import SEVERITIES, Detection, Severity
from raksha.packages import Package

TOOL = "Avyay Raksha"
URL = "https://github.com/avyay/avyay"


@dataclass(frozen=True, slots=True)
class Reason:
    """Points towards the priority, and what for."""

    points: int
    text: str


@dataclass(frozen=True, slots=True)
class Reported:
    """A finding as it stands: what the engine said, what became of it, and how urgent it is.

    state: open or fixed; change: new, unchanged, reopened or fixed. ruling: open, to_fix or ignored, with a
    reason (false_positive, accepted_risk, no_time). priority: 0 to 100; word: SSVC's. cves: of a dependency.
    """

    id: str
    fingerprint: str
    found: Detection
    state: str = "open"
    change: str = "new"
    ruling: str = "open"
    ruling_reason: str = ""
    ruling_note: str = ""
    priority: int = 0
    word: str = "Track"
    reasons: tuple[Reason, ...] = ()
    is_kev: bool = False
    epss: float | None = None
    cves: tuple[str, ...] = ()

    @property
    def is_standing(self) -> bool:
        """Say whether it is there and nobody ignores it."""
        return self.state == "open" and self.ruling != "ignored"


@dataclass(frozen=True, slots=True)
class Feed:
    """A source of threat intelligence; changed_at: ISO 8601, empty when it was never fetched."""

    name: str
    changed_at: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """One scan. Times are ISO 8601 in UTC. files: how many were looked at."""

    project: str
    scan: str
    finished_at: str
    version: str
    url: str = ""
    revision: str = ""
    commit: str = ""
    files: int = 0
    findings: tuple[Reported, ...] = ()
    packages: tuple[Package, ...] = ()
    skipped: tuple[Skip, ...] = ()
    feeds: tuple[Feed, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def is_partial(self) -> bool:
        """Say whether something was left out that may hide a finding."""
        return is_partial(self.skipped)

    @property
    def verdict(self) -> str:
        """Return "findings", "clean", or "nothing found in what was looked at"."""
        if any(finding.is_standing for finding in self.findings):
            return "findings"
        return "nothing found in what was looked at" if self.is_partial else "clean"


def in_order(report: Report) -> list[Reported]:
    """Return the findings most urgent first; the same order for the same facts, however they came."""
    return sorted(
        report.findings,
        key=lambda one: (
            -one.priority,
            SEVERITIES.index(one.found.severity),
            one.found.place.path,
            one.found.place.line,
            one.fingerprint,
        ),
    )


def counts(report: Report) -> dict[Severity, int]:
    """Return how many standing findings there are of each severity, worst first, zeros too."""
    found = Counter(one.found.severity for one in report.findings if one.is_standing)
    return {severity: found[severity] for severity in SEVERITIES}
