"""What became of findings between two scans of a project, from what each scan in between wrote down."""

from __future__ import annotations

from dataclasses import dataclass, field

from avyay_site.accounts.access import Access
from raksha.models import Finding, Project, Scan, ScanState
from raksha.queries.intel import among

MOST_BETWEEN = 500
MOST_NAMED = 200
CHANGES = ("new", "reopened", "fixed")


@dataclass(slots=True)
class Difference:
    """counts: how many of each; rows: findings of each, most urgent first, a bounded number."""

    scans: int
    counts: dict[str, int] = field(default_factory=dict)
    rows: dict[str, list[Finding]] = field(default_factory=dict)


def get_scans(access: Access, project: Project, *, most: int = 50) -> list[Scan]:
    """Return the scans of a project that came to a result, newest first."""
    scans = Scan.objects.visible_to(access).filter(project=project, state=ScanState.FINISHED)
    return list(
        scans.only("pk", "created_at", "revision", "commit", "counts").order_by("-created_at", "-id")[:most]
    )


def compare(access: Access, before: Scan, after: Scan) -> Difference:
    """Return what is new, back and fixed in `after` against `before`; what came and went in between is left out."""
    between = (
        Scan.objects.visible_to(access)
        .filter(
            project=after.project_id,
            state=ScanState.FINISHED,
            created_at__gt=before.created_at,
            created_at__lte=after.created_at,
        )
        .order_by("created_at", "id")
        .values_list("changes", flat=True)[:MOST_BETWEEN]
    )
    first: dict[str, str] = {}
    latest: dict[str, str] = {}
    listed = list(between)
    for changes in listed:
        for word in CHANGES:
            for pk in changes.get(word, ()):
                first.setdefault(pk, word)
                latest[pk] = word
    return _told(access, len(listed), {pk: word for pk in first if (word := _net(first[pk], latest[pk]))})


def _net(first: str, latest: str) -> str:
    """Return what the first and the latest change make together; nothing if it is as it was."""
    was_there, is_there = first == "fixed", latest != "fixed"
    if was_there == is_there:
        return ""
    return first if is_there else "fixed"


def _told(access: Access, scans: int, words: dict[str, str]) -> Difference:
    found = Difference(scans)
    for word in CHANGES:
        pks = [pk for pk, said in words.items() if said == word]
        rows = Finding.objects.visible_to(access).filter(pk__in=among(pks)).defer("detail", "reasons")
        found.counts[word] = len(pks)
        found.rows[word] = list(rows.order_by("-priority", "-id")[:MOST_NAMED]) if pks else []
    return found
