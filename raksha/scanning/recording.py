"""Write what a scan found, in one transaction: all of it, or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from raksha import merging
from raksha.detections import Detection, fingerprints
from raksha.models import Change, Finding, FindingState, Project, Scan
from raksha.scanning import excluding
from raksha.scanning.comparing import Comparison, Known, Look, compare
from raksha.scanning.details import fields_of
from raksha.scanning.redacting import redact

BATCH = 1_000
MOST_NAMED = 5_000
WRITTEN = (
    *(
        "engine",
        "rule",
        "kind",
        "severity",
        "confidence",
        "title",
        "cwe",
        "path",
        "line",
        "end_line",
        "scope",
    ),
    *("suppressed", "has_fix", "package", "version", "fixed_version", "cves", "detail", "digest"),
)


def known_findings(project: Project) -> dict[str, Known]:
    """Return what is stored of a project, by fingerprint."""
    rows = Finding.objects.filter(project=project).order_by()
    return {
        fingerprint: Known(pk, engine, path, state == FindingState.OPEN, digest)
        for fingerprint, pk, engine, path, state, digest in rows.values_list(
            "fingerprint", "pk", "engine", "path", "state", "digest"
        ).iterator(chunk_size=5_000)
    }


def record(
    scan: Scan, project: Project, detections: Sequence[Detection], look: Look, *, now: datetime
) -> Comparison:
    """Bring a project's findings up to date, and return what became of each. Call it inside a transaction.

    Triage stays as it is, whatever happens to a finding.
    """
    merged = merging.merge(detections)
    # Names are made of the code as it is; what is stored shows no secrets.
    found = dict(zip(fingerprints(merged), map(fields_of, redact(merged)), strict=True))
    known = known_findings(project)
    comparison = compare(known, {name: columns["digest"] for name, columns in found.items()}, look)
    _add(scan, project, {name: found[name] for name in comparison.new}, now)
    _rewrite(scan, project, known, {name: found[name] for name in comparison.changed}, now)
    _mark(comparison.unchanged, latest_scan=scan, change=Change.UNCHANGED)
    _mark(
        comparison.reopened,
        latest_scan=scan,
        change=Change.REOPENED,
        state=FindingState.OPEN,
        fixed_at=None,
    )
    _mark(comparison.fixed, change=Change.FIXED, state=FindingState.FIXED, fixed_at=now)
    _mark(comparison.unseen, change=Change.UNCHANGED)
    excluding.apply_to_project(project, now=now)
    return comparison


def to_rank(comparison: Comparison, project: Project) -> list[str]:
    """Return ids of the findings whose rank may have changed by this scan; feeds rank the others when they change."""
    names = [*comparison.new, *comparison.changed]
    written = Finding.objects.filter(project=project, fingerprint__in=names).order_by("pk")
    return (
        sorted({*written.values_list("pk", flat=True), *comparison.reopened})
        if names
        else comparison.reopened
    )


def changes_of(comparison: Comparison, project: Project) -> dict[str, list[str]]:
    """Return ids of what changed, as the scan keeps them; a bounded number of each."""
    new = Finding.objects.filter(project=project, fingerprint__in=comparison.new[:MOST_NAMED])
    return {
        "new": list(new.order_by("pk").values_list("pk", flat=True)),
        "fixed": sorted(comparison.fixed)[:MOST_NAMED],
        "reopened": sorted(comparison.reopened)[:MOST_NAMED],
    }


def _add(scan: Scan, project: Project, columns: Mapping[str, dict[str, Any]], now: datetime) -> None:
    rows = [
        Finding(
            workspace_id=scan.workspace_id,
            project=project,
            fingerprint=fingerprint,
            first_scan=scan,
            latest_scan=scan,
            first_seen_at=now,
            **values,
        )
        for fingerprint, values in columns.items()
    ]
    Finding.objects.bulk_create(rows, batch_size=BATCH)


def _rewrite(
    scan: Scan,
    project: Project,
    known: Mapping[str, Known],
    columns: Mapping[str, dict[str, Any]],
    now: datetime,
) -> None:
    """Write the columns of known findings that differ: as an insert that meets its own fingerprint, in one statement."""
    rows = [
        Finding(
            id=known[fingerprint].pk,
            workspace_id=scan.workspace_id,
            project=project,
            fingerprint=fingerprint,
            first_seen_at=now,
            **values,
        )
        for fingerprint, values in columns.items()
    ]
    Finding.objects.bulk_create(
        rows,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["project", "fingerprint"],
        update_fields=WRITTEN,
    )


def _mark(pks: Sequence[str], **values: Any) -> None:
    """Set columns of many rows; those that have them already are left alone, since a scan mostly changes nothing."""
    for start in range(0, len(pks), 10 * BATCH):
        Finding.objects.filter(pk__in=pks[start : start + 10 * BATCH]).update(**values)
