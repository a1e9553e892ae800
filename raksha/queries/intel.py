"""What the feeds know about packages, CVEs and weaknesses, many at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.db import connection
from django.db.models import Q
from django.db.models.expressions import RawSQL

from raksha.advisories import Advisory as Known
from raksha.advisories import Affected, Symbols
from raksha.models import Advisory, CveFacts, EpssScore, Feed, FeedKind, KevEntry
from raksha.packages import ECOSYSTEMS
from raksha.priority import Kev, Signals
from raksha.related import Index
from raksha.versions import Range

Name = tuple[str, str]


def among(texts: Iterable[str]) -> RawSQL:
    """Return what `__in` may be given for thousands of texts: one array, not a parameter for each."""
    return RawSQL("SELECT unnest(%s::text[])", [list(texts)])


# The same advisory by two feeds: the one modified latest holds, the later import at a tie.
OF_PACKAGES = """
    SELECT p.ecosystem, p.name, p.affected::text, a.osv_id, a.aliases, a.modified_at
    FROM unnest(%s::text[], %s::text[]) AS asked (ecosystem, name)
    JOIN raksha_affectedpackage p ON p.ecosystem = asked.ecosystem AND p.name = asked.name
    JOIN raksha_advisory a ON a.id = p.advisory_id
    WHERE a.withdrawn_at IS NULL
    ORDER BY a.osv_id, a.modified_at NULLS FIRST, a.feed_id
"""


@dataclass(frozen=True, slots=True)
class Facts:
    """What pages and rankings need of an advisory beside its ranges. details: their beginning."""

    osv_id: str
    summary: str
    details: str
    published_at: datetime | None
    score: float | None
    severity: str
    cwe: tuple[int, ...]
    vectors: tuple[str, ...]
    references: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The exploited CVEs as a whole: how often each weakness is behind them, and products by their words."""

    total: int
    by_cwe: dict[int, int]
    products: Index

    def share(self, cwe: Iterable[int]) -> float:
        """Return the share of exploited CVEs with the commonest of these weaknesses."""
        return max((self.by_cwe.get(number, 0) for number in cwe), default=0) / max(1, self.total)


def get_advisories(names: Collection[Name]) -> dict[Name, list[Known]]:
    """Return what matching needs of every advisory about these packages: ids, aliases and ranges, no texts.

    names: ecosystem and normalised name. Withdrawn ones are left out.
    """
    asked = sorted(names)
    found: dict[Name, dict[str, Known]] = {}
    with connection.cursor() as cursor:
        cursor.execute(OF_PACKAGES, [[eco for eco, _ in asked], [name for _, name in asked]])
        for ecosystem, name, affected, osv_id, aliases, modified in cursor.fetchall():
            entries = tuple(_affected(ecosystem, name, entry) for entry in orjson.loads(affected))
            known = Known(osv_id, modified, aliases=tuple(aliases), affected=entries)
            found.setdefault((ecosystem, name), {})[osv_id] = known
    return {name: list(by_id.values()) for name, by_id in found.items()}


def get_facts(osv_ids: Collection[str]) -> dict[str, Facts]:
    """Return summaries, scores and references of advisories by id; the one modified latest of several feeds."""
    rows = (
        Advisory.objects.filter(osv_id__in=among(osv_ids), withdrawn_at=None)
        .order_by("osv_id", "modified_at", "feed_id")
        .values_list(*("osv_id", "summary", "details", "published_at", "score", "severity", "cwe", "facts"))
    )
    return {row[0]: _facts(row) for row in rows}


def get_signals(cves: Collection[str]) -> dict[str, Signals]:
    """Return what KEV, EPSS and CVE enrichment say of each CVE that any of them knows."""
    if not cves:
        return {}
    asked = among(cves)
    listed = {row.cve: row for row in KevEntry.objects.filter(cve__in=asked, removed_at=None).order_by()}
    scores = {row.cve: row for row in EpssScore.objects.filter(cve__in=asked).order_by()}
    facts = {row.cve: row for row in CveFacts.objects.filter(cve__in=asked).order_by()}
    return {
        cve: _signals(listed.get(cve), scores.get(cve), facts.get(cve)) for cve in {*listed, *scores, *facts}
    }


def get_catalogue() -> Catalogue:
    """Return the exploited CVEs by weakness and by product."""
    rows = list(
        KevEntry.objects.filter(removed_at=None)
        .order_by("cve")
        .values_list("cve", "vendor", "product", "cwe")
    )
    by_cwe: dict[int, int] = {}
    for *_, cwe in rows:
        for number in set(cwe):
            by_cwe[number] = by_cwe.get(number, 0) + 1
    return Catalogue(len(rows), by_cwe, Index((cve, vendor, product) for cve, vendor, product, _ in rows))


def get_covered_ecosystems() -> list[str]:
    """Return the ecosystems of which advisories are here."""
    of_feeds = Feed.objects.filter(kind=FeedKind.OSV, rows__gt=0).values_list("ecosystem", flat=True)
    covered = {ecosystem for ecosystem in of_feeds if ecosystem in ECOSYSTEMS}
    rest = [ecosystem for ecosystem in ECOSYSTEMS if ecosystem not in covered]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e FROM unnest(%s::text[]) e"
            " WHERE EXISTS (SELECT FROM raksha_affectedpackage p WHERE p.ecosystem = e)",
            [rest],
        )
        covered |= {ecosystem for (ecosystem,) in cursor.fetchall()}
    return [ecosystem for ecosystem in ECOSYSTEMS if ecosystem in covered]


def get_stale_feeds(*, now: datetime) -> list[Feed]:
    """Return the feeds with rows that nobody has confirmed for two days; nothing that was never imported."""
    return [feed for feed in Feed.objects.filter(~Q(fetched_at=None)) if feed.is_stale(now)]


def _affected(ecosystem: str, name: str, entry: dict[str, Any]) -> Affected:
    return Affected(
        ecosystem,
        name,
        ranges=tuple(
            Range(kind, tuple((word, at) for word, at in events)) for kind, events in entry.get("ranges", ())
        ),
        versions=tuple(entry.get("versions", ())),
        symbols=tuple(Symbols(path, tuple(names)) for path, names in entry.get("symbols", ())),
    )


def _facts(row: Sequence[Any]) -> Facts:
    osv_id, summary, details, published_at, score, severity, cwe, facts = row
    return Facts(
        osv_id,
        summary,
        details[:4_000],
        published_at,
        score,
        severity,
        tuple(cwe),
        tuple(facts.get("vectors", ())),
        tuple((kind, url) for kind, url in facts.get("references", ())),
    )


def _signals(kev: KevEntry | None, score: EpssScore | None, facts: CveFacts | None) -> Signals:
    weak = {*(kev.cwe if kev else ()), *(facts.cwe if facts else ())}
    return Signals(
        kev=Kev(kev.cve, kev.title, kev.added_date, kev.due_date, kev.is_ransomware) if kev else None,
        epss=score.probability if score else None,
        percentile=score.percentile if score else None,
        score=facts.score if facts else None,
        vector=facts.vector if facts else "",
        cwe=tuple(sorted(weak)),
        exploitation=facts.exploitation or None if facts else None,  # type: ignore[arg-type]
        automatable=facts.automatable if facts else None,
        impact=facts.technical_impact or None if facts else None,  # type: ignore[arg-type]
    )
