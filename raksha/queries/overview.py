"""What the overview shows of each project: how it stands, and where it is heading."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Count, F, Q, Window
from django.db.models.functions import RowNumber

from avyay_site.accounts.access import Access
from raksha.models import Finding, Project, Scan, ScanState, Severity
from raksha.queries import paging
from raksha.queries.paging import Page

LATEST = 8
MOST_EXPLOITED = 8
SHOWN = (
    *("project_id", "state", "source", "reason", "is_partial", "is_passing", "counts", "workspace_id"),
    *("created_at", "started_at", "finished_at"),
)


@dataclass(slots=True)
class Standing:
    """One project. scans: its latest, newest first. severities: of what stands open, all five."""

    project: Project
    scans: list[Scan] = field(default_factory=list)
    severities: dict[str, int] = field(default_factory=dict)
    exploited: int = 0

    @property
    def open(self) -> int:
        """How many findings stand open."""
        return sum(self.severities.values())

    @property
    def latest(self) -> Scan | None:
        """The newest scan, in whatever state."""
        return self.scans[0] if self.scans else None

    @property
    def finished(self) -> list[Scan]:
        """Scans that came to a result, newest first."""
        return [scan for scan in self.scans if scan.state == ScanState.FINISHED]


def get_projects(access: Access, *, cursor: str = "", limit: int = 25) -> Page:
    """Return a page of projects by name, each with how it stands; in three queries, however many there are."""
    page = paging.cut(Project.objects.visible_to(access), ("name", "id"), cursor=cursor, limit=limit)
    standings = {project.pk: Standing(project) for project in page.rows}
    for scan in _latest_scans(access, standings):
        standings[scan.project_id].scans.append(scan)
    for project_id, counts in _open_findings(access, standings).items():
        standings[project_id].exploited = counts.pop("exploited")
        standings[project_id].severities = counts
    return Page(list(standings.values()), page.cursor, page.is_first)


def get_exploited(access: Access, *, most: int = MOST_EXPLOITED) -> Sequence[Finding]:
    """Return what stands open and is known to be exploited, most urgent first."""
    standing = Finding.objects.visible_to(access).standing().filter(is_kev=True)
    return list(standing.select_related("project").defer("detail").order_by("-priority", "-id")[:most])


def _latest_scans(access: Access, project_ids: Iterable[str]) -> list[Scan]:
    place = Window(RowNumber(), partition_by=F("project_id"), order_by=["-created_at", "-id"])
    scans = Scan.objects.visible_to(access).filter(project_id__in=list(project_ids))
    return list(
        scans.annotate(place=place).filter(place__lte=LATEST).only(*SHOWN).order_by("-created_at", "-id")
    )


def _open_findings(access: Access, project_ids: Iterable[str]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = defaultdict(
        lambda: {**{str(severity.value): 0 for severity in Severity}, "exploited": 0}
    )
    rows = (
        Finding.objects.visible_to(access)
        .standing()
        .filter(project_id__in=list(project_ids))
        .order_by()
        .values_list("project_id", "severity")
        .annotate(count=Count("pk"), exploited=Count("pk", filter=Q(is_kev=True)))
    )
    for project_id, severity, count, exploited in rows:
        found[project_id][severity] = count
        found[project_id]["exploited"] += exploited
    return found
