"""A scan's report: rows made into plain facts, and written in any format."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.conf import settings

from raksha.coverage import Skip
from raksha.detections import Detection, Edit, Place, Step
from raksha.models import Dependency, Finding, FindingState, Scan
from raksha.packages import Package
from raksha.reports import FORMATS
from raksha.reports.facts import Feed, Reason, Report, Reported

MOST_FINDINGS = 100_000


class NoSuchFormat(ValueError):
    """The message names the formats that there are."""


def write_report(scan: Scan, wanted: str) -> bytes:
    """Return the report of a finished scan.

    wanted: a key of FORMATS. Raises NoSuchFormat.
    """
    if wanted not in FORMATS:
        raise NoSuchFormat(f"{wanted!r} is no format of reports; choose among {', '.join(FORMATS)}.")
    return FORMATS[wanted].write(report_of(scan))


def report_of(scan: Scan) -> Report:
    """Return what stands open in the scan's project, with what this scan looked at."""
    findings = Finding.objects.filter(project=scan.project_id, state=FindingState.OPEN).most_urgent_first()
    dependencies = Dependency.objects.filter(project=scan.project_id).order_by(
        "path", "name", "version", "id"
    )
    coverage = scan.coverage
    return Report(
        project=scan.project.name,
        scan=str(scan.pk),
        finished_at=_time(scan.finished_at),
        version=_version(),
        url=scan.url,
        revision=scan.revision,
        commit=scan.commit,
        files=coverage.get("scanned", 0),
        findings=tuple(reported(row) for row in findings[:MOST_FINDINGS]),
        packages=tuple(_package(row) for row in dependencies.iterator()),
        skipped=tuple(_skips(coverage)),
        feeds=tuple(
            Feed(_feed_name(feed), feed.get("fetched_at") or "") for feed in coverage.get("feeds", ())
        ),
        notes=tuple(f"The engine {name} is not installed." for name in coverage.get("missing_engines", ())),
    )


def reported(row: Finding) -> Reported:
    """Return a finding's row as a report says it."""
    return Reported(
        id=str(row.pk),
        fingerprint=row.fingerprint,
        found=detection_of(row),
        state=row.state,
        change=row.change,
        ruling=row.ruling,
        ruling_reason=row.ruling_reason,
        ruling_note=row.ruling_note,
        priority=row.priority,
        word=row.word,
        reasons=tuple(Reason(reason["points"], reason["text"]) for reason in row.reasons),
        is_kev=row.is_kev,
        epss=row.epss,
        cves=tuple(row.cves),
    )


def detection_of(row: Finding) -> Detection:
    """Return what the engine said, as far as it is stored."""
    detail: Mapping[str, Any] = row.detail
    return Detection(
        engine=row.engine,
        rule=row.rule,
        kind=row.kind,  # type: ignore[arg-type]
        severity=row.severity,  # type: ignore[arg-type]
        confidence=row.confidence,  # type: ignore[arg-type]
        title=row.title,
        message=detail.get("message", ""),
        place=Place(row.path, row.line, detail.get("column", 1), row.end_line, detail.get("end_column", 0)),
        matched=detail.get("matched", ""),
        cwe=tuple(row.cwe),
        owasp=tuple(detail.get("owasp", ())),
        scope=row.scope,
        snippet=detail.get("snippet", ""),
        trace=tuple(Step(_place(step), step["text"], step["says"]) for step in detail.get("trace", ())),
        fix=tuple(Edit(_place(edit), edit["text"]) for edit in detail.get("fix", ())),
        suppressed=row.suppressed,
        references=tuple(detail.get("references", ())),
        facts=detail.get("facts", {}),
    )


def _place(part: Mapping[str, Any]) -> Place:
    return Place(part["path"], part["line"], part["column"], part["end_line"], part["end_column"])


def _package(row: Dependency) -> Package:
    return Package(
        row.ecosystem, row.name, row.version, row.path, row.line, row.is_direct, tuple(row.via), row.is_dev,
        row.licence, row.source, tuple(row.hashes),
    )  # fmt: skip


def _skips(coverage: Mapping[str, Any]) -> Iterable[Skip]:
    for skip in coverage.get("skips", ()):
        yield Skip(skip["path"], skip["why"], skip["says"])
    if more := coverage.get("skips_not_listed", 0):
        yield Skip("", "limit", f"{more:,} more things were left out and are not listed.")


def _feed_name(feed: Mapping[str, Any]) -> str:
    return " ".join(part for part in (feed["kind"].upper(), feed["ecosystem"]) if part)


def _time(moment: datetime | None) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""


@cache
def _version() -> str:
    """Return the version of this checkout; the platform runs from its folder and is installed nowhere."""
    return str(tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text("utf-8"))["project"]["version"])
