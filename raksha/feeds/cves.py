"""Import what CVE records and their enrichment say: CVSS, CWE and SSVC's points. Known facts are added to, never lost.

Reads CVE JSON 5 records, such as those of CISA's vulnrichment and of the CVE list, and answers of NVD's API 2.0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db.backends.utils import CursorWrapper

from raksha import cvss
from raksha.feeds import staging
from raksha.feeds.advisory_rows import CWE
from raksha.feeds.errors import Refused
from raksha.feeds.kev import CVE
from raksha.feeds.staging import Counts, Manner, Progress
from raksha.models import Feed

MOST_REJECTED = 0.01
EVERY = 10_000
EXPLOITATION = {"none": "none", "poc": "poc", "public poc": "poc", "active": "active"}
IMPACT = {"partial": "partial", "total": "total"}
YES_NO = {"yes": True, "no": False}

TABLE = """
    cve text, vector text, score float8, cwe int[], exploitation text, automatable boolean, technical_impact text
"""
# Of several records of a CVE the one that says most, then the worst; the order in the file has no say.
DEDUPLICATE = """
    DELETE FROM new_cve WHERE ctid NOT IN (
        SELECT DISTINCT ON (cve) ctid FROM new_cve
        ORDER BY cve, (exploitation <> '') DESC, score DESC NULLS LAST, vector, cwe, exploitation
    )
"""
UPSERT = """
    INSERT INTO raksha_cvefacts AS f
        (cve, vector, score, cwe, exploitation, automatable, technical_impact, changed_at)
    SELECT cve, vector, score, cwe, exploitation, automatable, technical_impact, %(now)s FROM new_cve ORDER BY cve
    ON CONFLICT (cve) DO UPDATE SET
        vector = CASE WHEN excluded.score IS NULL THEN f.vector ELSE excluded.vector END,
        score = coalesce(excluded.score, f.score),
        cwe = CASE WHEN excluded.cwe = '{}' THEN f.cwe ELSE excluded.cwe END,
        exploitation = coalesce(nullif(excluded.exploitation, ''), f.exploitation),
        automatable = coalesce(excluded.automatable, f.automatable),
        technical_impact = coalesce(nullif(excluded.technical_impact, ''), f.technical_impact),
        changed_at = excluded.changed_at
    WHERE (excluded.score IS NOT NULL AND (f.vector, f.score) IS DISTINCT FROM (excluded.vector, excluded.score))
        OR (excluded.cwe <> '{}' AND f.cwe <> excluded.cwe)
        OR (excluded.exploitation <> '' AND f.exploitation <> excluded.exploitation)
        OR (excluded.automatable IS NOT NULL AND f.automatable IS DISTINCT FROM excluded.automatable)
        OR (excluded.technical_impact <> '' AND f.technical_impact <> excluded.technical_impact)
"""

Row = tuple[str, str, float | None, str, str, bool | None, str]


def load(
    cursor: CursorWrapper,
    feed: Feed,
    records: Iterable[Any],
    *,
    now: datetime,
    manner: Manner,
    progress: Progress,
) -> Counts:
    """Merge records into the known facts, inside the caller's transaction.

    Raises Refused.
    """
    staging.create(cursor, "new_cve", TABLE)
    reader = _Reader(progress)
    staging.copy(cursor, "new_cve", reader.rows(records))
    if reader.rejected > max(1, reader.total * MOST_REJECTED):
        raise Refused(
            f"{reader.rejected:,} of {reader.total:,} records are no CVE records; nothing was changed."
        )
    cursor.execute(DEDUPLICATE)
    found = staging.count(cursor, "SELECT count(*) FROM new_cve")
    staging.refuse_loss(feed.rows, found, manner, "CVEs with facts")
    cursor.execute(UPSERT, {"now": now})
    changed = cursor.rowcount
    staging.analyse(cursor, changed, "raksha_cvefacts")
    return Counts(max(found, feed.rows) if manner.merge else found, changed, rejected=reader.rejected)


class _Reader:
    """Reads records of both kinds and counts them."""

    def __init__(self, progress: Progress) -> None:
        self.total = self.rejected = 0
        self._progress = progress

    def rows(self, records: Iterable[Any]) -> Iterator[Row]:
        for record in _each(records):
            self.total += 1
            if not self.total % EVERY:
                self._progress(self.total)
            try:
                row = _of_nvd(record) if "cveMetadata" not in record else _of_record(record)
            except (AttributeError, KeyError, TypeError, ValueError):
                self.rejected += 1
                continue
            if row is not None:
                yield row


def _each(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, dict) and isinstance(value.get("vulnerabilities"), list):
            yield from (entry.get("cve") for entry in value["vulnerabilities"])
        elif isinstance(value, list):
            yield from value
        else:
            yield value


def _of_record(record: Mapping[str, Any]) -> Row | None:
    """Read a CVE JSON 5 record; None for one that was rejected or says nothing that we use."""
    about = record["cveMetadata"]
    if about.get("state") == "REJECTED":
        return None
    containers = record["containers"]
    parts = [containers.get("cna") or {}, *(containers.get("adp") or [])]
    vectors: list[str] = []
    points: dict[str, str] = {}
    numbers: list[str] = []
    for part in parts:
        for metric in part.get("metrics") or []:
            vectors += [
                value["vectorString"]
                for name, value in metric.items()
                if name.startswith("cvssV") and "vectorString" in value
            ]
            other = metric.get("other") or {}
            if other.get("type") == "ssvc":
                points |= {k.lower(): v for option in other["content"]["options"] for k, v in option.items()}
        for problem in part.get("problemTypes") or []:
            numbers += [text["cweId"] for text in problem.get("descriptions") or [] if text.get("cweId")]
    return _row(about["cveId"], vectors, numbers, points)


def _of_nvd(record: Mapping[str, Any]) -> Row | None:
    """Read a CVE of NVD's API 2.0."""
    if record.get("vulnStatus") == "Rejected":
        return None
    metrics = (metric for listed in (record.get("metrics") or {}).values() for metric in listed)
    vectors = [metric["cvssData"]["vectorString"] for metric in metrics if "cvssData" in metric]
    numbers = [
        text["value"]
        for weakness in record.get("weaknesses") or []
        for text in weakness.get("description") or []
    ]
    return _row(record["id"], vectors, numbers, {})


def _row(cve: str, vectors: list[str], numbers: list[str], points: Mapping[str, str]) -> Row | None:
    if not CVE.fullmatch(cve):
        raise ValueError(cve)
    rating = cvss.best(vectors)
    cwe = list(dict.fromkeys(str(int(match[1])) for text in numbers if (match := CWE.fullmatch(text))))
    if not rating and not cwe and not points:
        return None
    return (
        cve,
        rating.vector[:200] if rating else "",
        rating.score if rating else None,
        f"{{{','.join(cwe)}}}",
        EXPLOITATION.get(str(points.get("exploitation", "")).lower(), ""),
        YES_NO.get(str(points.get("automatable", "")).lower()),
        IMPACT.get(str(points.get("technical impact", "")).lower(), ""),
    )
