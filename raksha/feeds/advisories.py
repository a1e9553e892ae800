"""Import OSV records: a whole export replaces a feed's advisories, single records are added to them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from django.db.backends.utils import CursorWrapper

from raksha.feeds import staging
from raksha.feeds.advisory_rows import AdvisoryRow
from raksha.feeds.errors import Refused
from raksha.feeds.parsing import Parsed, Rows
from raksha.feeds.staging import Counts, Manner, Progress
from raksha.models import Feed

MOST_REJECTED = 0.01
"""Share of records that may be unreadable: a few are in every export, more means that the form has changed."""

NAMES = AdvisoryRow._fields
COLUMNS = ", ".join(NAMES)
CHANGED = """
    osv_id text, aliases text[], summary text, details text, published_at timestamptz, modified_at timestamptz,
    withdrawn_at timestamptz, score float8, severity text, cwe int[], facts jsonb, digest int8
"""
PACKAGES = "digest int8, osv_id text, ecosystem text, name text, affected jsonb"
NEW_PACKAGES = "advisory_id int8, ecosystem text, name text, affected jsonb"
NEW_ALIASES = "advisory_id int8, alias text"

INTO_ADVISORIES = f"raksha_advisory ({COLUMNS}, id, feed_id, changed_at)"
INTO_PACKAGES = "raksha_affectedpackage (advisory_id, ecosystem, name, affected)"
INTO_ALIASES = "raksha_alias (advisory_id, alias)"

# In the order of their indexes, which then grow at one place after another instead of everywhere at once.
MOVE_PACKAGES = f"INSERT INTO {INTO_PACKAGES} SELECT * FROM new_package ORDER BY ecosystem, name"  # noqa: S608
MOVE_ALIASES = f"INSERT INTO {INTO_ALIASES} SELECT * FROM new_alias ORDER BY alias"  # noqa: S608

# An id may come several times: the record modified latest holds, whatever their order in the file.
DEDUPLICATE = """
    DELETE FROM changed_advisory WHERE ctid NOT IN (
        SELECT DISTINCT ON (osv_id) ctid FROM changed_advisory
        ORDER BY osv_id, modified_at DESC NULLS LAST, digest
    )
"""
OUTDATED = """
    DELETE FROM changed_advisory c USING raksha_advisory a, repeated_advisory r
    WHERE r.osv_id = c.osv_id AND a.feed_id = %(feed)s AND a.osv_id = c.osv_id
        AND (coalesce(a.modified_at, '-infinity'), -a.digest) >= (coalesce(c.modified_at, '-infinity'), -c.digest)
"""
UPDATE = f"""
    UPDATE raksha_advisory a SET {", ".join(f"{name} = c.{name}" for name in NAMES)}, changed_at = %(now)s
    FROM changed_advisory c WHERE a.feed_id = %(feed)s AND a.osv_id = c.osv_id
"""  # noqa: S608 (names of ours)
FORGET = """
    DELETE FROM {table} t USING raksha_advisory a, changed_advisory c
    WHERE a.feed_id = %(feed)s AND a.osv_id = c.osv_id AND t.advisory_id = a.id
"""
ADD_PACKAGES = f"""
    INSERT INTO {INTO_PACKAGES}
    SELECT DISTINCT ON (a.id, p.ecosystem, p.name) a.id, p.ecosystem, p.name, p.affected
    FROM changed_package p JOIN changed_advisory c USING (osv_id, digest)
    JOIN raksha_advisory a ON a.feed_id = %(feed)s AND a.osv_id = c.osv_id
"""  # noqa: S608
ADD_ALIASES = f"""
    INSERT INTO {INTO_ALIASES} SELECT a.id, unnest(c.aliases) FROM changed_advisory c
    JOIN raksha_advisory a ON a.feed_id = %(feed)s AND a.osv_id = c.osv_id
"""  # noqa: S608
# What left the feed is kept as taken back, so that the projects that had it are ranked again.
TOMBSTONES = """
    UPDATE raksha_advisory SET withdrawn_at = %(now)s, changed_at = %(now)s, digest = digest + 1
    WHERE feed_id = %(feed)s AND withdrawn_at IS NULL AND osv_id = ANY(%(gone)s)
"""
KNOWN = "SELECT osv_id, digest FROM raksha_advisory WHERE feed_id = %s"
KNOWN_OF = f"{KNOWN} AND osv_id = ANY(%s)"
LIVE = "SELECT count(*) FROM raksha_advisory WHERE feed_id = %s AND withdrawn_at IS NULL"
NEW_IDS = "SELECT nextval(pg_get_serial_sequence('raksha_advisory', 'id')) FROM generate_series(1, %s)"


def load(
    cursor: CursorWrapper,
    feed: Feed,
    path: Path,
    *,
    now: datetime,
    manner: Manner,
    progress: Progress,
) -> Counts:
    """Merge records into the feed's advisories, inside the caller's transaction.

    Raises Refused.
    """
    merge, parsed = _Merge(cursor, feed.pk, now, is_whole=not manner.merge), Parsed(path)
    with staging.collector_paused():
        for batch in parsed.batches():
            merge.take(batch)
            progress(parsed.total)
    if parsed.rejected > max(1, parsed.total * MOST_REJECTED):
        raise Refused(
            f"{parsed.rejected:,} of {parsed.total:,} records are not OSV advisories: {parsed.examples[0]}"
        )
    changed = merge.finish()
    gone = 0 if manner.merge else merge.bury_rest()
    after = staging.count(cursor, LIVE, [feed.pk])
    staging.refuse_loss(feed.rows, after, manner, "advisories")
    staging.analyse(
        cursor, changed, "raksha_advisory (id, feed_id, osv_id)", "raksha_affectedpackage", "raksha_alias"
    )
    return Counts(after, changed, gone, parsed.rejected)


class _Merge:
    """One import. New advisories go straight to their table, which nobody sees before the transaction ends;

    changed ones wait in temporary tables; those that are as they were are passed over.
    """

    def __init__(self, cursor: CursorWrapper, feed_id: int, now: datetime, *, is_whole: bool) -> None:
        self._new, self._is_whole = 0, is_whole
        self._cursor, self._feed_id, self._now = cursor, feed_id, now
        staging.create(cursor, "changed_advisory", CHANGED)
        staging.create(cursor, "changed_package", PACKAGES)
        staging.create(cursor, "repeated_advisory", "osv_id text")
        staging.create(cursor, "new_package", NEW_PACKAGES)
        staging.create(cursor, "new_alias", NEW_ALIASES)
        self._known: dict[str, int] = {}
        if is_whole:
            cursor.execute(KNOWN, [feed_id])
            self._known = dict(cursor.fetchall())
        self._seen: set[str] = set()

    def finish(self) -> int:
        """Bring the changed advisories over; return how many are new or changed."""
        values: dict[str, int | datetime] = {"feed": self._feed_id, "now": self._now}
        if self._new:
            self._cursor.execute(MOVE_PACKAGES)
            self._cursor.execute(MOVE_ALIASES)
        self._cursor.execute(DEDUPLICATE)
        self._cursor.execute(OUTDATED, values)
        self._cursor.execute(UPDATE, values)
        updated = int(self._cursor.rowcount)
        if updated:
            for table in ("raksha_affectedpackage", "raksha_alias"):
                self._cursor.execute(FORGET.format(table=table), values)
            self._cursor.execute(ADD_PACKAGES, values)
            self._cursor.execute(ADD_ALIASES, values)
        return updated + self._new

    def bury_rest(self) -> int:
        """Mark what the feed has no more; return how many there are."""
        gone = [osv_id for osv_id in self._known if osv_id not in self._seen]
        values: dict[str, Any] = {"feed": self._feed_id, "now": self._now, "gone": gone}
        self._cursor.execute(TOMBSTONES, values)
        return int(self._cursor.rowcount)

    def take(self, batch: list[Rows]) -> None:
        """Write the rows of some records to where they belong."""
        if not self._is_whole:
            # A few records do not need to know about all others.
            self._cursor.execute(KNOWN_OF, [self._feed_id, [rows[0].osv_id for rows in batch]])
            self._known |= dict(self._cursor.fetchall())
        new: list[Rows] = []
        changed: list[Rows] = []
        repeated: list[tuple[str]] = []
        for rows in batch:
            osv_id, digest = rows[0].osv_id, rows[0].digest
            if osv_id in self._seen:
                repeated.append((osv_id,))
                changed.append(rows)
            elif osv_id not in self._known:
                new.append(rows)
            elif self._known[osv_id] != digest:
                changed.append(rows)
            self._seen.add(osv_id)
        self._add(new)
        self._put_aside(changed, repeated)

    def _put_aside(self, changed: list[Rows], repeated: list[tuple[str]]) -> None:
        if not changed:
            return
        staging.copy(self._cursor, "changed_advisory", (advisory for advisory, _ in changed))
        staging.copy(
            self._cursor,
            "changed_package",
            ((advisory.digest, *package) for advisory, packages in changed for package in packages),
        )
        staging.copy(self._cursor, "repeated_advisory", repeated)

    def _add(self, new: list[Rows]) -> None:
        if not new:
            return
        self._new += len(new)
        self._cursor.execute(NEW_IDS, [len(new)])
        keys = [int(key) for (key,) in self._cursor.fetchall()]
        numbered = list(zip(keys, new, strict=True))
        tail = (self._feed_id, self._now)
        staging.copy(
            self._cursor, INTO_ADVISORIES, ((*advisory, key, *tail) for key, (advisory, _) in numbered)
        )
        staging.copy(
            self._cursor,
            "new_package",
            ((key, *package[1:]) for key, (_, packages) in numbered for package in packages),
        )
        staging.copy(
            self._cursor,
            "new_alias",
            (
                (key, alias)
                for key, (advisory, _) in numbered
                for alias in advisory.aliases[1:-1].split(",")
                if alias
            ),
        )
