"""Give stored findings their priority, word and reasons, and say which became more urgent."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import F

from raksha import cvss, priority
from raksha.models import Finding, FindingKind, FindingState, Project, Word
from raksha.priority import Priority, RiskFacts, Signals
from raksha.queries import intel
from raksha.queries.intel import Catalogue

IN_TESTS = re.compile(
    r"(^|/)(tests?|specs?|__tests__|testdata|testing|fixtures|examples?)/"
    r"|(^|/)(test_[^/]*|conftest\.py|[^/]*_test\.\w+|[^/]*[.-](test|spec)\.\w+|[^/]*Tests?\.java)$"
)
COLUMNS = (
    *("pk", "project_id", "kind", "severity", "confidence", "cwe", "path", "has_fix", "package", "cves"),
    *("priority", "word", "reasons", "is_kev", "epss", "facts", "first_step", "mission"),
)
WRITE = """
    UPDATE raksha_finding f SET priority = v.priority, word = v.word, reasons = v.reasons::jsonb,
        is_kev = v.is_kev, epss = v.epss
    FROM unnest(%s::text[], %s::int[], %s::text[], %s::text[], %s::bool[], %s::float8[])
        AS v (id, priority, word, reasons, is_kev, epss)
    WHERE f.id = v.id
"""
BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Rise:
    """A finding that became more urgent: a stronger word, or known to be exploited. was: the word before."""

    finding_id: str
    project_id: str
    was: str
    word: str
    priority: int
    is_newly_exploited: bool


@dataclass(frozen=True, slots=True)
class _Row:
    """What a ranking needs of a finding."""

    pk: str
    project_id: str
    kind: Any
    severity: Any
    confidence: Any
    cwe: list[int]
    path: str
    has_fix: bool
    package: str
    cves: list[str]
    priority: int
    word: str
    reasons: Any
    is_kev: bool
    epss: float | None
    facts: Mapping[str, str] | None
    first_step: Any
    mission: Any


def rank_project(project: Project, *, now: datetime) -> list[Rise]:
    """Rank a project's open findings; return those that became more urgent."""
    pks = Finding.objects.filter(project=project, state=FindingState.OPEN).order_by("pk")
    return rank_findings(list(pks.values_list("pk", flat=True)), now=now)


def rank_findings(pks: Collection[str], *, now: datetime, catalogue: Catalogue | None = None) -> list[Rise]:
    """Rank these findings, writing only what differs; return those that became more urgent.

    catalogue: of exploited CVEs, when the caller has it already.
    """
    catalogue = catalogue or intel.get_catalogue()
    listed, rises = list(pks), []
    for start in range(0, len(listed), BATCH):
        rows = _read(listed[start : start + BATCH])
        signals = intel.get_signals({cve for row in rows for cve in row.cves})
        ranked = [(row, facts_of(row, signals, catalogue, now.date())) for row in rows]
        changes = [(row, facts, priority.rank(facts)) for row, facts in ranked]
        rises += list(_write(changes))
    return rises


def facts_of(row: _Row, signals: Mapping[str, Signals], catalogue: Catalogue, today: date) -> RiskFacts:
    """Return what a finding's priority is made of."""
    facts = row.facts or {}
    joined = priority.join(signals[cve] for cve in row.cves if cve in signals)
    is_package = row.kind == FindingKind.DEPENDENCY
    name = row.package.partition(":")[2]
    published = facts.get("published", "")
    return RiskFacts(
        kind=row.kind,
        severity=None if facts.get("severity") == "unknown" else row.severity,
        today=today,
        signals=_completed(joined, facts) if is_package else joined,
        confidence=row.confidence,
        mission=row.mission,
        has_fix=row.has_fix,
        has_exploit=facts.get("exploit") == "yes",
        is_direct=_yes_no(facts.get("direct")),
        is_dev=facts.get("dev") == "yes",
        is_reachable=_yes_no(facts.get("reachable")) if is_package else row.first_step is not None,
        in_tests=not is_package and bool(IN_TESTS.search(row.path)),
        cwe_share=catalogue.share(row.cwe),
        related=catalogue.products.find(name) if is_package and not joined.kev else (),
        age_days=(today - date.fromisoformat(published)).days if published else None,
    )


def _completed(signals: Signals, facts: Mapping[str, str]) -> Signals:
    """Fill what CVE records leave open with what the advisory's own vector says."""
    rating = cvss.best([facts["vector"]] if facts.get("vector") else [])
    if rating is None:
        return signals
    return dataclasses.replace(
        signals,
        score=rating.score,
        vector=rating.vector,
        automatable=rating.automatable if signals.automatable is None else signals.automatable,
        impact=signals.impact or rating.technical_impact,
    )


def _read(pks: Sequence[str]) -> list[_Row]:
    rows = (
        Finding.objects.filter(pk__in=intel.among(pks))
        .order_by("pk")
        .annotate(
            facts=F("detail__facts"), first_step=F("detail__trace__0__line"), mission=F("project__mission")
        )
    )
    return [_Row(*row) for row in rows.values_list(*COLUMNS)]


def _write(changes: Sequence[tuple[_Row, RiskFacts, Priority]]) -> Iterator[Rise]:
    """Store what differs, in one statement, and yield what became more urgent."""
    written = []
    for row, facts, ranked in changes:
        reasons = [{"points": reason.points, "text": reason.text} for reason in ranked.reasons]
        is_kev, epss = facts.signals.kev is not None, facts.signals.epss
        if (row.priority, row.word, row.reasons, row.is_kev, row.epss) != (
            *(ranked.score, ranked.word, reasons, is_kev, epss),
        ):
            written.append((row.pk, ranked.score, ranked.word, json.dumps(reasons), is_kev, epss))
        is_newly_exploited = is_kev and not row.is_kev
        if Word(ranked.word).rank < Word(row.word).rank or is_newly_exploited:
            yield Rise(row.pk, row.project_id, row.word, ranked.word, ranked.score, is_newly_exploited)
    if written:
        with connection.cursor() as cursor:
            cursor.execute(WRITE, [list(column) for column in zip(*written, strict=True)])


def _yes_no(text: str | None) -> bool | None:
    return {"yes": True, "no": False}.get(text or "")
