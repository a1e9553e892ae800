"""Import OSV records: a whole export replaces a feed's advisories, single records are added to them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from typing import Any

import structlog
from django.db.backends.utils import CursorWrapper

from raksha.feeds import staging
from raksha.feeds.advisory_rows import AdvisoryRow, BadRecord, rows_of
from raksha.feeds.errors import Refused
from raksha.feeds.staging import Counts, Manner, Progress
from raksha.models import Feed

log = structlog.get_logger(__name__)

BATCH = 5_000
MOST_REJECTED = 0.01
"""Share of records that may be unreadable: a few are in every export, more means that the form has changed."""

ADVISORIES = """
    osv_id text, aliases text[], summary text, details text, published_at timestamptz, modified_at timestamptz,
    withdrawn_at timestamptz, score float8, severity text, cwe int[], facts jsonb, digest int8
"""
PACKAGES = "osv_id text, ecosystem text, name text, affected jsonb, digest int8"
COLUMNS = """
    osv_id, aliases, summary, details, published_at, modified_at, withdrawn_at, score, severity, cwe, facts, digest
"""

# One record of several with the same id: the one modified latest, whatever their order in the file.
DEDUPLICATE = """
    DELETE FROM new_advisory WHERE ctid NOT IN (
        SELECT DISTINCT ON (osv_id) ctid FROM new_advisory ORDER BY osv_id, modified_at DESC NULLS LAST, digest
    )
"""
DEDUPLICATE_PACKAGES = """
    DELETE FROM new_package p WHERE NOT EXISTS (
        SELECT FROM new_advisory n WHERE n.osv_id = p.osv_id AND n.digest = p.digest
    ) OR ctid NOT IN (SELECT min(ctid) FROM new_package GROUP BY osv_id, digest, ecosystem, name)
"""
TOUCHED = """
    CREATE TEMPORARY TABLE touched ON COMMIT DROP AS
    SELECT n.osv_id, a.id AS old_id FROM new_advisory n
    LEFT JOIN raksha_advisory a ON a.feed_id = %(feed)s AND a.osv_id = n.osv_id
    WHERE a.id IS NULL OR a.digest <> n.digest OR a.withdrawn_at IS DISTINCT FROM n.withdrawn_at
"""
NAMES = [name.strip() for name in COLUMNS.split(",")]
UPSERT = f"""
    INSERT INTO raksha_advisory ({COLUMNS}, feed_id, changed_at)
    SELECT {", ".join(f"n.{name}" for name in NAMES)}, %(feed)s, %(now)s
    FROM new_advisory n JOIN touched USING (osv_id) ORDER BY n.osv_id
    ON CONFLICT (osv_id, feed_id) DO UPDATE SET
        {", ".join(f"{name} = excluded.{name}" for name in NAMES)},
        changed_at = excluded.changed_at
"""  # noqa: S608 (names of ours)
# What left the feed is kept as taken back, so that the projects that had it are ranked again.
TOMBSTONES = """
    UPDATE raksha_advisory a SET withdrawn_at = %(now)s, changed_at = %(now)s
    WHERE feed_id = %(feed)s AND withdrawn_at IS NULL
        AND NOT EXISTS (SELECT FROM new_advisory n WHERE n.osv_id = a.osv_id)
"""
FORGET = "DELETE FROM {table} c USING touched t WHERE c.advisory_id = t.old_id"
ADD_PACKAGES = """
    INSERT INTO raksha_affectedpackage (advisory_id, ecosystem, name, affected)
    SELECT a.id, p.ecosystem, p.name, p.affected FROM new_package p JOIN touched USING (osv_id)
    JOIN raksha_advisory a ON a.feed_id = %(feed)s AND a.osv_id = p.osv_id ORDER BY p.name, p.ecosystem
"""
ADD_ALIASES = """
    INSERT INTO raksha_alias (advisory_id, alias)
    SELECT a.id, alias FROM new_advisory n JOIN touched USING (osv_id)
    JOIN raksha_advisory a ON a.feed_id = %(feed)s AND a.osv_id = n.osv_id, unnest(n.aliases) AS alias ORDER BY alias
"""
LIVE = "SELECT count(*) FROM raksha_advisory WHERE feed_id = %s AND withdrawn_at IS NULL"


def load(
    cursor: CursorWrapper,
    feed: Feed,
    records: Iterable[Any],
    *,
    now: datetime,
    manner: Manner,
    progress: Progress,
) -> Counts:
    """Merge records into the feed's advisories, inside the caller's transaction.

    Raises Refused.
    """
    staging.create(cursor, "new_advisory", ADVISORIES)
    staging.create(cursor, "new_package", PACKAGES)
    rejected, is_repeating = _stage(cursor, records, progress)
    if is_repeating:
        cursor.execute(DEDUPLICATE)
        cursor.execute(DEDUPLICATE_PACKAGES)
    before = staging.count(cursor, LIVE, [feed.pk])
    after = staging.count(cursor, "SELECT count(*) FROM new_advisory WHERE withdrawn_at IS NULL")
    staging.refuse_loss(before, after, manner, "advisories")
    return _merge(cursor, feed.pk, now, manner, rejected)


def _stage(cursor: CursorWrapper, records: Iterable[Any], progress: Progress) -> tuple[int, bool]:
    """Copy the rows of all records; return how many were rejected and whether an id came twice."""
    seen: set[int] = set()
    rejected = total = 0
    remaining = iter(records)
    while batch := list(islice(remaining, BATCH)):
        advisories: list[AdvisoryRow] = []
        packages: list[tuple[str | int, ...]] = []
        for record in batch:
            try:
                advisory, affected = rows_of(record)
            except BadRecord as exc:
                rejected += 1
                log.info("advisory_rejected", reason=str(exc)[:200])
                continue
            advisories.append(advisory)
            packages += [(*row, advisory.digest) for row in affected]
        staging.copy(cursor, "new_advisory", advisories)
        staging.copy(cursor, "new_package", packages)
        seen.update(hash(row.osv_id) for row in advisories)
        total += len(batch)
        progress(total)
    if rejected > max(1, total * MOST_REJECTED):
        raise Refused(f"{rejected:,} of {total:,} records are not OSV advisories; nothing was changed.")
    return rejected, len(seen) < total - rejected


def _merge(cursor: CursorWrapper, feed_id: int, now: datetime, manner: Manner, rejected: int) -> Counts:
    values: dict[str, int | datetime] = {"feed": feed_id, "now": now}
    cursor.execute("DROP TABLE IF EXISTS pg_temp.touched")
    cursor.execute("ANALYZE new_advisory")
    cursor.execute(TOUCHED, values)
    cursor.execute("ANALYZE touched")
    updated = staging.count(cursor, "SELECT count(*) FROM touched WHERE old_id IS NOT NULL")
    changed = staging.count(cursor, "SELECT count(*) FROM touched")
    if changed:
        cursor.execute(UPSERT, values)
        for table in ("raksha_affectedpackage", "raksha_alias") if updated else ():
            cursor.execute(FORGET.format(table=table))
        cursor.execute(ADD_PACKAGES, values)
        cursor.execute(ADD_ALIASES, values)
    gone = 0
    if not manner.merge:
        cursor.execute(TOMBSTONES, values)
        gone = cursor.rowcount
    staging.analyse(cursor, changed, "raksha_advisory", "raksha_affectedpackage", "raksha_alias")
    return Counts(staging.count(cursor, LIVE, [feed_id]), changed, gone, rejected)
