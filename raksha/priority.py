"""How urgent a finding is: one number from 0 to 100, SSVC's word, and every reason with its points. Pure.

What enters are facts of engines and feeds only. Nothing that a language model says has a field here, so that no
text in scanned code can lower a finding.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from raksha import ssvc
from raksha.detections import SEVERITIES, Confidence, Kind, Severity
from raksha.ssvc import Exploitation, Impact, Mission, Word

MOST = 100
FLOORS: dict[Word, int] = {"Track": 0, "Track*": 35, "Attend": 60, "Act": 80}
"""A number never contradicts its word: what the decision calls urgent stands above these."""

SEVERITY_POINTS: dict[Severity, int] = {"critical": 28, "high": 23, "medium": 15, "low": 6, "info": 1}
UNKNOWN_SEVERITY = 12
CONFIDENCE_POINTS: dict[Confidence, int] = {"high": 4, "medium": 0, "low": -8}
MISSION_POINTS: dict[Mission, int] = {"high": 6, "medium": 0, "low": -6}
OFTEN_EXPLOITED = 0.05
"""A weakness behind so many of the exploited CVEs is as common as it gets: only a handful of CWEs are above."""
RECENT_DAYS = 30

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Kev:
    """What the catalogue of exploited vulnerabilities says of a CVE."""

    cve: str
    title: str
    added_date: date
    due_date: date
    is_ransomware: bool = False


@dataclass(frozen=True, slots=True)
class Signals:
    """What the feeds say of a vulnerability. None or empty where nobody said.

    epss: probability of exploitation within 30 days; percentile: share of CVEs at or below it; both 0 to 1.
    score, vector: CVSS base score. The last three are SSVC's points.
    """

    kev: Kev | None = None
    epss: float | None = None
    percentile: float | None = None
    score: float | None = None
    vector: str = ""
    cwe: tuple[int, ...] = ()
    exploitation: Exploitation | None = None
    automatable: bool | None = None
    impact: Impact | None = None


@dataclass(frozen=True, slots=True)
class RiskFacts:
    """All that a priority is made of.

    is_direct, is_reachable: None where it is not known; reachable is a traced flow or a used vulnerable symbol.
    cwe_share: the share of exploited CVEs with a weakness of this kind, 0 to 1.
    related: KEV entries for a vendor or product of a like name; a hint, which never makes anything urgent alone.
    age_days: since publication. today: for due dates.
    """

    kind: Kind
    severity: Severity | None
    today: date
    signals: Signals = field(default_factory=Signals)
    confidence: Confidence = "medium"
    mission: Mission = "medium"
    has_fix: bool = False
    has_exploit: bool = False
    is_direct: bool | None = None
    is_dev: bool = False
    is_reachable: bool | None = None
    in_tests: bool = False
    cwe_share: float = 0.0
    related: tuple[str, ...] = ()
    age_days: int | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, and how many points it gives or takes."""

    points: int
    text: str


@dataclass(frozen=True, slots=True)
class Priority:
    """The number, the word, and the reasons in order of weight, whose points add up to the number."""

    score: int
    word: Word
    reasons: tuple[Reason, ...]


def join(signals: Iterable[Signals]) -> Signals:
    """Return the worst of each signal, for a vulnerability of several CVEs."""
    listed = list(signals)
    kevs = [one.kev for one in listed if one.kev]
    scored = max(listed, key=lambda one: -1.0 if one.score is None else one.score, default=Signals())
    return Signals(
        kev=min(kevs, key=lambda kev: (not kev.is_ransomware, kev.due_date, kev.cve), default=None),
        epss=max((one.epss for one in listed if one.epss is not None), default=None),
        percentile=max((one.percentile for one in listed if one.percentile is not None), default=None),
        score=scored.score,
        vector=scored.vector,
        cwe=tuple(sorted({number for one in listed for number in one.cwe})),
        exploitation=_worst([one.exploitation for one in listed], ("none", "poc", "active")),
        automatable=_worst([one.automatable for one in listed], (False, True)),
        impact=_worst([one.impact for one in listed], ("partial", "total")),
    )


def rank(facts: RiskFacts) -> Priority:
    """Return how urgent a finding is.

    More evidence never lowers the number or the word: a KEV entry, a higher EPSS score, a worse CVSS score.
    """
    word, points = decide(facts)
    reasons = [reason for rule in RULES for reason in rule(facts) if reason.points]
    total = sum(reason.points for reason in reasons)
    reasons.sort(key=lambda reason: -abs(reason.points))
    score = min(MOST, max(FLOORS[word], total))
    if total < FLOORS[word]:
        reasons.append(Reason(score - total, f"{word} never ranks below {FLOORS[word]}"))
    elif score != total:
        reasons.append(Reason(score - total, f"the scale ends at {MOST}"))
    return Priority(score, word, (*reasons, Reason(0, points)))


def decide(facts: RiskFacts) -> tuple[Word, str]:
    """Return SSVC's word, and the sentence that says from which points."""
    exploitation, mission = _exploitation(facts), _mission(facts)
    automatable, impact = _automatable(facts), _impact(facts)
    word = ssvc.decide(exploitation, automatable=automatable, impact=impact, mission=mission)
    says = (
        f"SSVC {word}: exploitation {exploitation}, automatable {'yes' if automatable else 'no'}, "
        f"technical impact {impact}, mission {mission}"
    )
    return word, says if mission == facts.mission else f"{says} (one lower: not in what runs)"


def _exploitation(facts: RiskFacts) -> Exploitation:
    said = facts.signals.exploitation
    if facts.signals.kev or said == "active":
        return "active"
    # A flow shown from its source, and a secret that lies open, are as good as a published proof.
    is_shown = facts.kind == "secret" or (facts.kind == "code" and facts.is_reachable)
    shown = is_shown and facts.confidence == "high"
    return "poc" if said == "poc" or facts.has_exploit or shown else "none"


def _automatable(facts: RiskFacts) -> bool:
    if facts.signals.automatable is not None:
        return facts.signals.automatable
    return facts.kind == "secret" or (facts.kind == "code" and bool(facts.is_reachable))


def _impact(facts: RiskFacts) -> Impact:
    if facts.signals.impact is not None:
        return facts.signals.impact
    return "total" if facts.severity == "critical" else "partial"


def _mission(facts: RiskFacts) -> Mission:
    runs_not = facts.is_dev or facts.in_tests or (facts.kind == "dependency" and facts.is_reachable is False)
    return ssvc.lower(facts.mission) if runs_not else facts.mission


def _severity(facts: RiskFacts) -> Iterable[Reason]:
    score = facts.signals.score
    if score is not None:
        yield Reason(round(score * 3), f"CVSS base score {score:g}")
    elif facts.severity is None:
        yield Reason(UNKNOWN_SEVERITY, "severity not published")
    else:
        yield Reason(SEVERITY_POINTS[facts.severity], f"severity {facts.severity}")


def _kev(facts: RiskFacts) -> Iterable[Reason]:
    kev = facts.signals.kev
    if kev is not None:
        yield Reason(30, f"exploited: {kev.cve} is in CISA KEV since {kev.added_date:%d %b %Y}")
        if kev.is_ransomware:
            yield Reason(6, "used in ransomware campaigns")
        is_late = kev.due_date < facts.today
        yield Reason(
            4 if is_late else 2, f"KEV {'was due' if is_late else 'is due'} on {kev.due_date:%d %b %Y}"
        )
    elif facts.signals.exploitation == "active":
        yield Reason(24, "exploited, by CISA's enrichment of the CVE")
    elif facts.signals.exploitation == "poc" or facts.has_exploit:
        yield Reason(6, "an exploit is published")


def _epss(facts: RiskFacts) -> Iterable[Reason]:
    epss, percentile = facts.signals.epss, facts.signals.percentile
    if epss is not None:
        # The root spreads the many small probabilities: 1 % is already ten times the usual one.
        yield Reason(round(15 * math.sqrt(_share(epss))), f"EPSS {epss:.1%} within 30 days")
    if percentile is not None:
        points = round(5 * max(0.0, 2 * _share(percentile) - 1))
        yield Reason(points, f"EPSS above {_share(percentile):.0%} of all CVEs")


def _weakness(facts: RiskFacts) -> Iterable[Reason]:
    points = round(10 * min(1.0, math.sqrt(_share(facts.cwe_share) / OFTEN_EXPLOITED)))
    yield Reason(points, f"{facts.cwe_share:.1%} of exploited CVEs have this weakness")
    if facts.related:
        yield Reason(2, f"related: {', '.join(facts.related[:3])} in CISA KEV, of a like name")


def _reach(facts: RiskFacts) -> Iterable[Reason]:
    if facts.kind == "code" and facts.is_reachable:
        yield Reason(10, "a flow from untrusted input is shown")
    elif facts.kind == "dependency" and facts.is_reachable is not None:
        used = facts.is_reachable
        yield Reason(8 if used else -10, f"the vulnerable code is {'used' if used else 'not used'} here")
    if facts.kind == "secret":
        yield Reason(12, "the secret is readable by whoever has the code")


def _place(facts: RiskFacts) -> Iterable[Reason]:
    if facts.is_direct is not None and facts.kind == "dependency":
        yield Reason(4 if facts.is_direct else 0, "a direct dependency")
    if facts.is_dev:
        yield Reason(-10, "a development dependency")
    if facts.in_tests:
        yield Reason(-12, "in test code")


def _context(facts: RiskFacts) -> Iterable[Reason]:
    yield Reason(4 if facts.has_fix else 0, "a fix is available")
    yield Reason(CONFIDENCE_POINTS[facts.confidence], f"confidence {facts.confidence}")
    yield Reason(MISSION_POINTS[facts.mission], f"mission of the project {facts.mission}")
    if facts.age_days is not None and 0 <= facts.age_days <= RECENT_DAYS:
        yield Reason(2, f"published {facts.age_days} days ago")


RULES: tuple[Callable[[RiskFacts], Iterable[Reason]], ...] = (
    *(_severity, _kev, _epss, _weakness, _reach, _place, _context),
)


def _share(number: float) -> float:
    """Return a number as a share: a feed that says otherwise neither wins nor breaks the sum."""
    return min(1.0, max(0.0, number)) if math.isfinite(number) else 0.0


def _worst(values: Iterable[T | None], order: tuple[T, ...]) -> T | None:
    said = [value for value in values if value is not None]
    return max(said, key=order.index, default=None)


def worst_severity(severities: Iterable[Severity | None]) -> Severity | None:
    """Return the worst that anybody said; None when nobody did."""
    said = [severity for severity in severities if severity is not None]
    return min(said, key=SEVERITIES.index, default=None)
