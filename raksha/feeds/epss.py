"""Import EPSS scores: the daily CSV replaces all, answers of FIRST's API are added to what is there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db.backends.utils import CursorWrapper

from raksha.feeds import reading, staging
from raksha.feeds.errors import Refused
from raksha.feeds.kev import CVE
from raksha.feeds.staging import Counts, Manner, Progress
from raksha.models import Feed

HEADER = ["cve", "epss", "percentile"]
COMMENT = re.compile(r"#\s*model_version:(?P<model>[^,\s]*)\s*,\s*score_date:(?P<date>\d{4}-\d\d-\d\d)")
EVERY = 20_000

TABLE = "cve text, probability float8, percentile float8, scored_date date"
DEDUPLICATE = """
    DELETE FROM new_epss WHERE ctid NOT IN (
        SELECT DISTINCT ON (cve) ctid FROM new_epss ORDER BY cve, scored_date DESC NULLS LAST, probability DESC
    )
"""
UPSERT = """
    INSERT INTO raksha_epssscore AS e (cve, probability, percentile, scored_date, changed_at)
    SELECT cve, probability, percentile, scored_date, %(now)s FROM new_epss ORDER BY cve
    ON CONFLICT (cve) DO UPDATE SET probability = excluded.probability, percentile = excluded.percentile,
        scored_date = excluded.scored_date, changed_at = excluded.changed_at
    WHERE (e.probability, e.percentile) IS DISTINCT FROM (excluded.probability, excluded.percentile)
"""
REMOVE = "DELETE FROM raksha_epssscore e WHERE NOT EXISTS (SELECT FROM new_epss n WHERE n.cve = e.cve)"
ALL = "SELECT count(*) FROM raksha_epssscore"


class Scores:
    """The scores of a file. day: of all of them, where the file says it; is_whole: not an excerpt by the API."""

    def __init__(self, path: Path, bounds: reading.Bounds) -> None:
        self.day, self.is_whole = "", not reading.starts_like_json(path)
        self._path, self._bounds = path, bounds

    def rows(self) -> Iterator[tuple[str, float, float, str | None]]:
        """Yield CVE, probability, percentile and date.

        Raises Refused at the first that is not a score.
        """
        yield from self._of_csv() if self.is_whole else self._of_api()

    def _of_csv(self) -> Iterator[tuple[str, float, float, str | None]]:
        has_header = False
        for line in reading.read_lines(self._path, self._bounds):
            if line.startswith("#"):
                found = COMMENT.match(line)
                self.day = found["date"] if found else self.day
            elif not has_header:
                if [cell.strip().lower() for cell in line.split(",")] != HEADER:
                    raise Refused(f"Its columns are {line[:80]!r}, not {','.join(HEADER)}.")
                has_header = True
            elif line:
                yield _row(line.split(","), self.day or None)
        if not has_header:
            raise Refused("It is empty.")

    def _of_api(self) -> Iterator[tuple[str, float, float, str | None]]:
        for value in reading.read_json(self._path, self._bounds):
            entries = value.get("data") if isinstance(value, dict) and "data" in value else value
            for entry in entries if isinstance(entries, list) else [entries]:
                if not isinstance(entry, dict):
                    raise Refused("It holds something that is not an EPSS score.")
                yield _row([entry.get(name) for name in HEADER], entry.get("date"))


def load(
    cursor: CursorWrapper, feed: Feed, scores: Scores, *, now: datetime, manner: Manner, progress: Progress
) -> Counts:
    """Merge scores into what is there, inside the caller's transaction.

    Raises Refused.
    """
    manner = Manner(merge=manner.merge or not scores.is_whole, force=manner.force)
    staging.create(cursor, "new_epss", TABLE)
    staging.copy(cursor, "new_epss", _counted(scores.rows(), progress))
    if scores.day and scores.day < feed.version and not manner.force:
        raise Refused(f"Its scores are of {scores.day}, older than the known ones of {feed.version}.")
    before = staging.count(cursor, ALL)
    after = staging.count(cursor, "SELECT count(DISTINCT cve) FROM new_epss")
    staging.refuse_loss(before, after, manner, "scores")
    if staging.count(cursor, "SELECT count(*) FROM new_epss") != after:
        cursor.execute(DEDUPLICATE)
    cursor.execute(UPSERT, {"now": now})
    changed, gone = cursor.rowcount, 0
    if not manner.merge:
        cursor.execute(REMOVE)
        gone = cursor.rowcount
    staging.analyse(cursor, changed, "raksha_epssscore")
    return Counts(staging.count(cursor, ALL), changed, gone, version=scores.day)


def _counted(rows: Iterable[Any], progress: Progress) -> Iterator[Any]:
    for number, row in enumerate(rows, 1):
        if not number % EVERY:
            progress(number)
        yield row


def _row(cells: list[Any], day: Any) -> tuple[str, float, float, str | None]:
    """Check one score; numbers may come as text."""
    try:
        cve, probability, percentile = str(cells[0]).strip(), float(cells[1]), float(cells[2])
        given = date.fromisoformat(day).isoformat() if day else None
    except (IndexError, TypeError, ValueError) as exc:
        raise Refused(f"{str(cells)[:80]} is not an EPSS score.") from exc
    is_right = CVE.fullmatch(cve) and 0.0 <= probability <= 1.0 and 0.0 <= percentile <= 1.0
    if len(cells) != len(HEADER) or not is_right:
        raise Refused(f"{str(cells)[:80]} is not an EPSS score.")
    return cve, probability, percentile, given
