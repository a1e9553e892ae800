"""Which projects, packages and findings a change of the feeds touches: found by joins, whatever their number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from raksha.models import Feed, FeedKind, Finding, FindingKind, FindingState, KevEntry
from raksha.related import Index

BEGINNING = datetime.min.replace(tzinfo=UTC, year=1900)

# Advisories that changed, held against the packages that projects have.
PACKAGES = """
    SELECT DISTINCT d.project_id, d.key FROM raksha_advisory a
    JOIN raksha_affectedpackage p ON p.advisory_id = a.id
    JOIN raksha_dependency d ON d.key = p.ecosystem || ':' || p.name
    WHERE a.feed_id = %s AND a.changed_at > %s
"""
# A package that lost an entry of an advisory is in none of its rows any more; its findings still name the advisory.
LOST_PACKAGES = """
    SELECT DISTINCT f.project_id, f.package FROM raksha_finding f
    JOIN raksha_advisory a ON a.osv_id = f.detail -> 'facts' ->> 'advisory'
    WHERE f.kind = 'dependency' AND f.state = 'open' AND a.feed_id = %s AND a.changed_at > %s
"""
FINDINGS = """
    SELECT f.id, f.project_id, f.package FROM raksha_finding f
    WHERE f.state = 'open' AND f.cves <> '{{}}'
        AND EXISTS (SELECT FROM {table} c WHERE c.cve = ANY(f.cves) AND c.changed_at > %s)
"""
TABLES = {
    FeedKind.KEV: "raksha_keventry",
    FeedKind.EPSS: "raksha_epssscore",
    FeedKind.CVE: "raksha_cvefacts",
}


@dataclass
class Touched:
    """What to look at again, by project. packages: keys to match anew; findings: to rank anew."""

    packages: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    findings: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    @property
    def projects(self) -> list[str]:
        """Return the projects, in a stable order."""
        return sorted({*self.packages, *self.findings})


def find(feeds: Iterable[Feed]) -> Touched:
    """Return what is touched by all that changed in these feeds since findings were last ranked by them."""
    touched = Touched()
    for feed in feeds:
        since = feed.ranked_at or BEGINNING
        if feed.kind in (FeedKind.OSV, FeedKind.GHSA):
            for project_id, key in _rows(PACKAGES, [feed.pk, since]):
                touched.packages[project_id].add(key)
            for project_id, key in _rows(LOST_PACKAGES, [feed.pk, since]):
                touched.packages[project_id].add(key)
            continue
        for finding_id, project_id, package in _rows(
            FINDINGS.format(table=TABLES[FeedKind(feed.kind)]), [since]
        ):
            touched.findings[project_id].add(finding_id)
            if feed.kind == FeedKind.CVE and package:
                # Enrichment may give the severity, which stands in the finding itself.
                touched.packages[project_id].add(package)
        if feed.kind == FeedKind.KEV:
            _add_related(touched, since)
    return touched


def _add_related(touched: Touched, since: datetime) -> None:
    """Add findings of packages whose names are like those of products that came into the catalogue."""
    entries = KevEntry.objects.filter(changed_at__gt=since).order_by("cve")
    index = Index(entries.values_list("cve", "vendor", "product"))
    open_ones = Finding.objects.filter(kind=FindingKind.DEPENDENCY, state=FindingState.OPEN)
    names = open_ones.order_by("package").values_list("package", flat=True).distinct()
    alike = [package for package in names if index.find(package.partition(":")[2])]
    for finding_id, project_id in open_ones.filter(package__in=alike).values_list("pk", "project_id"):
        touched.findings[project_id].add(finding_id)


def names_of(packages: Mapping[str, Collection[str]]) -> set[tuple[str, str]]:
    """Return ecosystem and normalised name of every key."""
    keys = {key for some in packages.values() for key in some}
    return {(ecosystem, name) for ecosystem, _, name in (key.partition(":") for key in keys)}


def _rows(sql: str, values: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
