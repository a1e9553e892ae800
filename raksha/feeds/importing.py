"""Bring one file into the database: all of it or nothing. Readers see the old rows until the new ones are whole."""

from __future__ import annotations

from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Max

from raksha.feeds import advisories, cves, epss, kev, reading, staging
from raksha.feeds.errors import FeedError, Refused
from raksha.feeds.staging import Counts, Manner, Progress
from raksha.models import Advisory, EpssScore, Feed, FeedKind, FeedState

log = structlog.get_logger(__name__)

MOST_BYTES = 4 * 1024**3


def get_feed(kind: str, ecosystem: str = "") -> Feed:
    """Return the feed's row, made when it is the first time."""
    return Feed.objects.get_or_create(kind=kind, ecosystem=ecosystem)[0]


def quiet(_count: int) -> None:
    """Show no progress."""


def import_file(
    feed: Feed,
    path: Path,
    *,
    now: datetime,
    manner: Manner | None = None,
    progress: Progress = quiet,
    fetched_at: datetime | None = None,
) -> Counts:
    """Import a file into a feed.

    fetched_at: when its source gave it; without, its rows are as old as the newest thing in them.
    Raises Refused; then nothing has changed, and the feed's row says why.
    """
    manner = manner or Manner()
    try:
        with transaction.atomic():
            counts = _import(feed, path, now, manner, progress, fetched_at)
    except FeedError as exc:
        Feed.objects.filter(pk=feed.pk).update(state=FeedState.FAILED, error=str(exc)[:500], checked_at=now)
        log.warning("feed_refused", feed=feed.name, reason=str(exc)[:200])
        raise
    log.info(
        "feed_imported",
        feed=feed.name,
        rows=counts.rows,
        changed=counts.changed,
        gone=counts.gone,
        rejected=counts.rejected,
    )
    return counts


def _import(
    feed: Feed, path: Path, now: datetime, manner: Manner, progress: Progress, fetched_at: datetime | None
) -> Counts:
    # Two imports of one feed wait for each other here; the second then compares with the rows of the first.
    feed = Feed.objects.select_for_update().get(pk=feed.pk)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise Refused(f"{path.name} is larger than {MOST_BYTES // 1024**3} GiB.")
        with staging.open_cursor() as cursor:
            staging.prepare(cursor)
            counts = _load(cursor, feed, path, now, manner, progress)
    except OSError as exc:
        raise Refused(f"{path.name} cannot be read: {exc.strerror}.") from exc
    feed.state, feed.error, feed.rows, feed.failures = FeedState.CURRENT, "", counts.rows, 0
    feed.checked_at = now
    feed.version = max(feed.version, counts.version) if manner.merge else counts.version or feed.version
    if counts.changed or counts.gone:
        feed.changed_at = now
    if not manner.merge:
        feed.full_at = now
    feed.fetched_at = fetched_at or _as_of(feed, now)
    feed.save()
    return counts


def _load(cursor: Any, feed: Feed, path: Path, now: datetime, manner: Manner, progress: Progress) -> Counts:
    bounds = reading.Bounds()
    if feed.kind == FeedKind.EPSS:
        scores = epss.Scores(path, bounds)
        return epss.load(cursor, feed, scores, now=now, manner=manner, progress=progress)
    if feed.kind in (FeedKind.OSV, FeedKind.GHSA):
        return advisories.load(cursor, feed, path, now=now, manner=manner, progress=progress)
    load = kev.load if feed.kind == FeedKind.KEV else cves.load
    records = reading.read_json(path, bounds)
    return load(cursor, feed, records, now=now, manner=manner, progress=progress)


def _as_of(feed: Feed, now: datetime) -> datetime:
    """Return when the newest of its rows was published, as far as it says; never later than now."""
    latest: datetime | None = None
    if feed.kind in (FeedKind.OSV, FeedKind.GHSA):
        # Go's records often say when they were published only.
        rows = Advisory.objects.filter(feed=feed)
        found = rows.aggregate(modified=Max("modified_at"), published=Max("published_at"))
        latest = max(filter(None, found.values()), default=None)
    elif feed.kind == FeedKind.EPSS:
        day = EpssScore.objects.aggregate(latest=Max("scored_date"))["latest"]
        latest = datetime.combine(day, time.max, tzinfo=UTC) if day else None
    elif feed.version:
        try:
            latest = datetime.combine(
                datetime.fromisoformat(feed.version.replace(".", "-")), time.max, tzinfo=UTC
            )
        except ValueError:
            latest = None
    return min(latest or now, now)
