"""Match a project's stored packages anew, and bring its findings about them up to date."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from datetime import datetime

from raksha import correlating, merging
from raksha.correlating import Book
from raksha.correlating.reach import KEPT
from raksha.detections import Detection, fingerprints
from raksha.models import Change, Dependency, Finding, FindingState, Project
from raksha.queries import intel
from raksha.scanning import details, excluding, packaging, recording, redacting


def renew(project: Project, keys: Collection[str], book: Book, *, now: datetime) -> list[str]:
    """Add, change, reopen and fix findings about some packages, as a scan would; return the ids that stand open.

    Call it inside a transaction that holds the project's row, so that no scan records at the same time.
    """
    stored = Dependency.objects.filter(project=project, key__in=intel.among(keys)).order_by("pk")
    packages = [packaging.package_of(row) for row in stored]
    # In the order in which a scan lists them, for equal ones are told apart by it.
    found = merging.merge(sorted(book.find(packages), key=lambda one: (one.place.path, one.place.line)))
    known = {
        row.fingerprint: row
        for row in Finding.objects.filter(
            project=project, engine=correlating.ENGINE, package__in=intel.among(keys)
        )
    }
    columns = {
        name: details.fields_of(_with_what_a_scan_saw(one, known.get(name)))
        for name, one in zip(fingerprints(found), redacting.redact(found), strict=True)
    }
    _add(project, {name: columns[name] for name in columns if name not in known}, now)
    _change([_changed(known[name], columns[name]) for name in columns if name in known])
    gone = [row.pk for name, row in known.items() if name not in columns and row.state == FindingState.OPEN]
    Finding.objects.filter(pk__in=intel.among(gone)).update(
        state=FindingState.FIXED, change=Change.FIXED, fixed_at=now
    )
    excluding.apply_to_project(project, now=now)
    standing = Finding.objects.filter(project=project, fingerprint__in=intel.among(columns))
    return list(standing.order_by("pk").values_list("pk", flat=True))


def _with_what_a_scan_saw(found: Detection, row: Finding | None) -> Detection:
    """Keep what only code can tell: nobody looks at it here."""
    seen = row.detail.get("facts", {}) if row else {}
    return dataclasses.replace(
        found, facts={**found.facts, **{name: seen[name] for name in KEPT if name in seen}}
    )


def _add(project: Project, columns: dict[str, dict[str, object]], now: datetime) -> None:
    Finding.objects.bulk_create(
        [
            Finding(
                workspace_id=project.workspace_id,
                project=project,
                fingerprint=fingerprint,
                first_seen_at=now,
                **values,
            )
            for fingerprint, values in columns.items()
        ],
        batch_size=recording.BATCH,
    )


def _changed(row: Finding, values: dict[str, object]) -> Finding | None:
    """Return the row with its new values; None when it has them."""
    is_back = row.state == FindingState.FIXED
    if row.digest == values["digest"] and not is_back:
        return None
    for name, value in values.items():
        setattr(row, name, value)
    if is_back:
        row.state, row.change, row.fixed_at = FindingState.OPEN, Change.REOPENED, None
    return row


def _change(rows: Sequence[Finding | None]) -> None:
    changed = [row for row in rows if row is not None]
    if changed:
        Finding.objects.bulk_update(
            changed, [*recording.WRITTEN, "state", "change", "fixed_at"], batch_size=200
        )
