"""Say which packages are known to be vulnerable, as detections: one for each vulnerability, whatever many names it has."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from raksha import cvss, matching
from raksha.advisories import Advisory
from raksha.correlating.reach import symbols_text
from raksha.coverage import Skip
from raksha.detections import Detection, Place, Severity
from raksha.matching import Match, Name
from raksha.packages import Package, normalise
from raksha.priority import Signals, join, worst_severity
from raksha.queries import intel
from raksha.queries.intel import Facts

ENGINE = "packages"
UNKNOWN_SEVERITY: Severity = "medium"
"""Stored where nobody published one; the fact "severity" says so, and the ranking counts it as unknown."""
MOST_PATHS = 50
OWASP = ("A06:2021",)  # vulnerable and outdated components


class Book:
    """What the feeds say of some packages, read once for many projects."""

    def __init__(self, names: Collection[Name]) -> None:
        self._advisories = intel.get_advisories(names)

    def find(self, packages: Sequence[Package]) -> list[Detection]:
        """Return a detection for each vulnerability of each package."""
        matches = matching.match(packages, self._advisories)
        facts = intel.get_facts({known.id for each in matches for known in each.advisories})
        signals = intel.get_signals({cve for each in matches for cve in each.cves})
        return [_detection(each, facts, signals) for each in matches]


def find_vulnerable(packages: Sequence[Package], *, now: datetime) -> tuple[list[Detection], list[Skip]]:
    """Return detections for vulnerable packages, and what could not be held against anything."""
    if not packages:
        return [], []
    detections = Book(matching.names(packages)).find(packages)
    skipped = list(matching.left_out(packages, intel.get_covered_ecosystems()))
    return detections, [*skipped, *_stale(packages, now)]


def _stale(packages: Iterable[Package], now: datetime) -> list[Skip]:
    """Say which feeds about these packages are old: what was published since is not known here."""
    ecosystems = {package.ecosystem for package in packages}
    return [
        Skip(
            "", "stale_feed", f"{feed.name} is of {feed.fetched_at:%d %b %Y}: newer advisories are not known."
        )
        for feed in intel.get_stale_feeds(now=now)
        if feed.ecosystem in ecosystems
    ]


def _detection(match: Match, facts: Mapping[str, Facts], signals: Mapping[str, Signals]) -> Detection:
    package = match.package
    said = [facts[known.id] for known in match.advisories if known.id in facts]
    joined = join(signals[cve] for cve in match.cves if cve in signals)
    rating = _rating(said, joined)
    severity = rating.severity if rating else worst_severity(_word(one) for one in said)
    summary = next((one.summary for one in said if one.summary), "") or _first_sentence(said)
    rule = _rule(match)
    return Detection(
        engine=ENGINE,
        rule=rule,
        kind="dependency",
        severity=severity or UNKNOWN_SEVERITY,
        confidence="high",
        title=f"{package.name} {package.version}: {summary or rule}"[:300],
        message=_message(match, said),
        place=Place(package.path, max(1, package.line)),
        # Without the version: after an upgrade that does not help it is still the same finding.
        matched=f"{package.ecosystem}:{normalise(package.ecosystem, package.name)}",
        cwe=tuple(sorted({number for one in said for number in one.cwe} | set(joined.cwe))),
        owasp=OWASP,
        references=tuple(dict.fromkeys(url for one in said for _, url in one.references))[:20],
        facts=_facts(match, said, rating, severity),
    )


def _facts(
    match: Match, said: Sequence[Facts], rating: cvss.Rating | None, severity: Severity | None
) -> dict[str, str]:
    package = match.package
    published = min((one.published_at for one in said if one.published_at), default=None)
    facts = {
        "package": f"{package.ecosystem}:{normalise(package.ecosystem, package.name)}",
        "name": package.name,
        "version": package.version,
        "fixed_version": match.fixed or match.fixed_for_this,
        "fixed_for_this": match.fixed_for_this,
        "advisory": match.advisories[0].id,
        "aliases": " ".join(match.ids),
        "cves": " ".join(match.cves),
        "vector": rating.vector if rating else "",
        "cvss": f"{rating.score:g}" if rating else "",
        "severity": "" if severity else "unknown",
        "published": f"{published:%Y-%m-%d}" if published else "",
        "direct": {True: "yes", False: "no", None: ""}[package.direct],
        "dev": "yes" if package.dev else "",
        "via": " > ".join(package.via),
        "exploit": "yes" if any(_is_exploit(*link) for one in said for link in one.references) else "",
        "symbols": _symbols(match.advisories, package),
    }
    return {name: text for name, text in facts.items() if text}


def _message(match: Match, said: Sequence[Facts]) -> str:
    package = match.package
    by_way_of = f" It comes by {' > '.join(package.via)}." if package.via else ""
    if match.fixed:
        advice = f"Upgrade to {match.fixed}, the next version without a known vulnerability."
    elif match.fixed_for_this:
        advice = f"Upgrade to {match.fixed_for_this}; every version known here has another vulnerability."
    else:
        advice = "No fixed version is known."
    details = next((one.details for one in said if one.details), "")
    return f"{package.name} {package.version} is affected by {', '.join(match.ids)}.{by_way_of} {advice}\n\n{details}".strip()


def _rule(match: Match) -> str:
    """Return the name that most databases share, so that it stays when one of them learns of it: a CVE if there is one."""
    return min(match.cves or match.ids)


def _rating(said: Sequence[Facts], signals: Signals) -> cvss.Rating | None:
    """Rate by the vectors of the advisories; CVE records speak where those are silent."""
    own = cvss.best(vector for one in said for vector in one.vectors)
    return own or cvss.best([signals.vector] if signals.vector else [])


def _word(one: Facts) -> Severity | None:
    return one.severity or None  # type: ignore[return-value]


def _first_sentence(said: Sequence[Facts]) -> str:
    text = next((one.details for one in said if one.details), "").strip()
    return text.partition("\n")[0].partition(". ")[0][:200]


def _symbols(advisories: Sequence[Advisory], package: Package) -> str:
    """Return what is vulnerable inside, by import path; a package as a whole has none."""
    found: dict[str, list[str]] = {}
    for known in advisories:
        for symbols in (each for entry in known.affected for each in entry.symbols):
            found.setdefault(symbols.path or package.name, []).extend(symbols.names)
    return symbols_text(
        [(path, list(dict.fromkeys(names))) for path, names in list(found.items())[:MOST_PATHS]]
    )


def _is_exploit(kind: str, url: str) -> bool:
    return kind == "EVIDENCE" or "exploit-db.com/" in url or "packetstormsecurity.com/" in url
