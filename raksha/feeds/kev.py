"""Import CISA's catalogue of known exploited vulnerabilities, whole.

Source: the schema that CISA publishes with it, known_exploited_vulnerabilities_schema.json.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db.backends.utils import CursorWrapper

from raksha.feeds import staging
from raksha.feeds.errors import Refused
from raksha.feeds.staging import Counts, Manner, Progress
from raksha.models import Feed

CVE = re.compile(r"CVE-\d{4}-\d{4,19}")
CWE = re.compile(r"CWE-(\d{1,6})")
LONGEST = {"vendorProject": 200, "product": 300, "vulnerabilityName": 500}

TABLE = """
    cve text, vendor text, product text, title text, description text, action text, notes text,
    added_date date, due_date date, is_ransomware boolean, cwe int[]
"""
UPSERT = """
    INSERT INTO raksha_keventry (cve, vendor, product, title, description, action, notes, added_date, due_date,
        is_ransomware, cwe, changed_at, removed_at)
    SELECT cve, vendor, product, title, description, action, notes, added_date, due_date, is_ransomware, cwe,
        %(now)s, NULL FROM new_kev ORDER BY cve
    ON CONFLICT (cve) DO UPDATE SET
        vendor = excluded.vendor, product = excluded.product, title = excluded.title,
        description = excluded.description, action = excluded.action, notes = excluded.notes,
        added_date = excluded.added_date, due_date = excluded.due_date, is_ransomware = excluded.is_ransomware,
        cwe = excluded.cwe, changed_at = excluded.changed_at, removed_at = NULL
    WHERE (raksha_keventry.vendor, raksha_keventry.product, raksha_keventry.title, raksha_keventry.description,
        raksha_keventry.action, raksha_keventry.notes, raksha_keventry.added_date, raksha_keventry.due_date,
        raksha_keventry.is_ransomware, raksha_keventry.cwe, raksha_keventry.removed_at) IS DISTINCT FROM
        (excluded.vendor, excluded.product, excluded.title, excluded.description, excluded.action, excluded.notes,
        excluded.added_date, excluded.due_date, excluded.is_ransomware, excluded.cwe, NULL)
"""
REMOVE = """
    UPDATE raksha_keventry k SET removed_at = %(now)s, changed_at = %(now)s
    WHERE removed_at IS NULL AND NOT EXISTS (SELECT FROM new_kev n WHERE n.cve = k.cve)
"""
LIVE = "SELECT count(*) FROM raksha_keventry WHERE removed_at IS NULL"


def load(
    cursor: CursorWrapper,
    feed: Feed,
    records: Iterable[Any],
    *,
    now: datetime,
    manner: Manner,
    progress: Progress,
) -> Counts:
    """Merge the one document into the catalogue, inside the caller's transaction.

    Raises Refused.
    """
    documents = list(records)
    if len(documents) != 1:
        raise Refused("It is not one JSON document, as the KEV catalogue is.")
    version, rows = read(documents[0])
    # Versions are dates of release: an older one is a copy that some cache kept.
    if version < feed.version and not manner.force:
        raise Refused(f"It is of {version}, older than the known one of {feed.version}.")
    progress(len(rows))
    staging.create(cursor, "new_kev", TABLE)
    staging.copy(cursor, "new_kev", rows)
    staging.refuse_loss(staging.count(cursor, LIVE), len(rows), manner, "exploited CVEs")
    cursor.execute(UPSERT, {"now": now})
    changed, gone = cursor.rowcount, 0
    if not manner.merge:
        cursor.execute(REMOVE, {"now": now})
        gone = cursor.rowcount
    return Counts(staging.count(cursor, LIVE), changed, gone, version=version)


def read(document: Any) -> tuple[str, list[tuple[Any, ...]]]:
    """Return the catalogue's version and a row for each entry.

    Raises Refused if it is not as the schema says, or if its own count is not that of its entries.
    """
    if not isinstance(document, dict) or not isinstance(document.get("vulnerabilities"), list):
        raise Refused("It is not the KEV catalogue: there is no list of vulnerabilities.")
    entries, count = document["vulnerabilities"], document.get("count")
    if count != len(entries):
        raise Refused(
            f"The catalogue says that it has {count} entries and has {len(entries):,}: it is cut off."
        )
    try:
        rows = [_row(entry) for entry in entries]
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise Refused(f"An entry is not as CISA's schema says: {exc!r}.") from exc
    if len({row[0] for row in rows}) != len(rows):
        raise Refused("A CVE stands in the catalogue twice.")
    return _text(document, "catalogVersion"), rows


def _row(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    cve = _text(entry, "cveID")
    if not CVE.fullmatch(cve):
        raise ValueError(f"{cve[:40]!r} is not a CVE number")
    numbers = [match[1] for text in entry.get("cwes") or [] if (match := CWE.fullmatch(text))]
    return (
        cve,
        _text(entry, "vendorProject"),
        _text(entry, "product"),
        _text(entry, "vulnerabilityName"),
        _text(entry, "shortDescription"),
        _text(entry, "requiredAction"),
        _text(entry, "notes") if "notes" in entry else "",
        date.fromisoformat(entry["dateAdded"]),
        date.fromisoformat(entry["dueDate"]),
        entry.get("knownRansomwareCampaignUse") == "Known",
        f"{{{','.join(numbers)}}}",
    )


def _text(entry: Mapping[str, Any], name: str) -> str:
    value = entry[name]
    if not isinstance(value, str):
        raise TypeError(f"{name} is not text")
    return value.replace("\0", "").strip()[: LONGEST.get(name, 10_000)]
