"""Packages of projects, each with what is known against it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, QuerySet

from avyay_site.accounts.access import Access
from raksha.models import Dependency, Finding, FindingKind
from raksha.queries import paging
from raksha.queries.paging import Page

ORDER = ("name", "id")


@dataclass(slots=True)
class Listed:
    """One package. findings: what stands open against it, most urgent first."""

    row: Dependency
    findings: list[Finding] = field(default_factory=list)

    @property
    def worst(self) -> Finding | None:
        """The most urgent of its findings."""
        return self.findings[0] if self.findings else None

    @property
    def safe_version(self) -> str:
        """The smallest version without a known vulnerability, if one is known."""
        return next((one.fixed_version for one in self.findings if one.fixed_version), "")

    @property
    def is_exploited(self) -> bool:
        """Tell whether one of its vulnerabilities is known to be exploited."""
        return any(one.is_kev for one in self.findings)

    @property
    def epss(self) -> float | None:
        """The highest probability of exploitation among its vulnerabilities."""
        return max((one.epss for one in self.findings if one.epss is not None), default=None)


def get_matching(access: Access, asked: Mapping[str, str]) -> QuerySet[Dependency]:
    """Return the packages that filters ask for. asked: names of `raksha.forms.DependencyForm` with their values."""
    found: QuerySet[Dependency] = Dependency.objects.visible_to(access)
    if "project" in asked:
        found = found.filter(project=asked["project"])
    if "ecosystem" in asked:
        found = found.filter(ecosystem=asked["ecosystem"])
    if "direct" in asked:
        found = found.filter(is_direct=asked["direct"] == "yes")
    if "text" in asked:
        found = found.filter(name__icontains=asked["text"])
    if "licence" in asked:
        found = found.filter(licence__icontains=asked["licence"])
    if "show" in asked:
        against = _against(access).filter(project=OuterRef("project"), package=OuterRef("key"))
        against = against.filter(version=OuterRef("version"))
        found = found.filter(Exists(against.filter(is_kev=True) if asked["show"] == "kev" else against))
    return found


def get_page(access: Access, found: QuerySet[Dependency], *, cursor: str, limit: int) -> Page:
    """Return a page of packages by name, with their findings; two queries however many there are."""
    page = paging.cut(found.select_related("project"), ORDER, cursor=cursor, limit=limit)
    return Page(with_findings(access, page.rows), page.cursor, page.is_first)


def with_findings(access: Access, rows: Iterable[Dependency]) -> list[Listed]:
    """Return the packages with what stands open against each."""
    listed = [Listed(row) for row in rows]
    against: dict[tuple[str, str, str], list[Finding]] = defaultdict(list)
    keys, projects = {one.row.key for one in listed}, {one.row.project_id for one in listed}
    findings = _against(access).filter(package__in=keys, project__in=projects)
    for finding in findings.defer("detail", "reasons").order_by("-priority", "-id"):
        against[finding.project_id, finding.package, finding.version].append(finding)
    for one in listed:
        one.findings = against.get((one.row.project_id, one.row.key, one.row.version), [])
    return listed


def _against(access: Access) -> QuerySet[Finding]:
    found: QuerySet[Finding] = (
        Finding.objects.visible_to(access).standing().filter(kind=FindingKind.DEPENDENCY)
    )
    return found
