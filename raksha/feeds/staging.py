"""Bring many rows to the database at once: copied into a temporary table first, merged by one statement after."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, cast

from django.db import connection
from django.db.backends.utils import CursorWrapper

from raksha.feeds.errors import Refused

SMALLEST_SHARE = 0.9
"""A feed that loses more than a tenth at once is broken: real ones lose a few rows a year."""
ANALYSE_FROM = 10_000

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Counts:
    """What an import did. rows: that hold now; changed: new or different; gone: no longer in the feed."""

    rows: int
    changed: int = 0
    gone: int = 0
    rejected: int = 0
    version: str = ""


@dataclass(frozen=True)
class Manner:
    """How to import. merge: add to what is there instead of replacing it; force: skip the checks on size and age."""

    merge: bool = False
    force: bool = False


class Copy(Protocol):
    """What is used of psycopg's copy."""

    def write_row(self, row: Sequence[Any]) -> None: ...


def prepare(cursor: CursorWrapper) -> None:
    """Give this transaction the time and memory for a big import."""
    cursor.execute("SET LOCAL statement_timeout = 0")
    cursor.execute("SET LOCAL work_mem = '64MB'")
    # ANALYZE of what an import changed then reads a tenth: the planner needs magnitudes, not histograms.
    cursor.execute("SET LOCAL default_statistics_target = 10")


def create(cursor: CursorWrapper, name: str, columns: str) -> None:
    """Make a temporary table that goes with the transaction."""
    cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{name}")
    cursor.execute(f"CREATE TEMPORARY TABLE {name} ({columns}) ON COMMIT DROP")


def copy(cursor: CursorWrapper, name: str, rows: Iterable[Sequence[Any]]) -> None:
    """Copy rows into a table of all its columns."""
    opened = cast("AbstractContextManager[Copy]", cast(Any, cursor).copy(f"COPY {name} FROM STDIN"))
    with opened as stream:
        for row in rows:
            stream.write_row(row)


def count(cursor: CursorWrapper, sql: str, values: Sequence[Any] = ()) -> int:
    """Return the one number that a query gives."""
    cursor.execute(sql, values)
    found = cursor.fetchone()
    return int(found[0]) if found else 0


def refuse_loss(before: int, after: int, manner: Manner, what: str) -> None:
    """Raise Refused if a feed is empty or has lost too much to be believed."""
    if manner.force:
        return
    if not after:
        raise Refused(f"It holds no {what}; the {before:,} known ones stay.")
    if not manner.merge and after < before * SMALLEST_SHARE:
        raise Refused(
            f"It holds {after:,} {what} where there were {before:,}: a feed does not shrink so. "
            "What is known stays; import it with --force if this is right."
        )


def analyse(cursor: CursorWrapper, changed: int, *tables: str) -> None:
    """Tell the planner about tables that changed much."""
    if changed >= ANALYSE_FROM:
        for table in tables:
            cursor.execute(f"ANALYZE {table}")


@contextmanager
def collector_paused() -> Iterator[None]:
    """Keep the garbage collector from walking all records again and again: half of the time went there.

    What is read has no cycles, so nothing piles up.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def open_cursor() -> CursorWrapper:
    """Return a cursor of the default database."""
    return connection.cursor()
