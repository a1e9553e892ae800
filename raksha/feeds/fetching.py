"""Keep feeds up to date: who fetches which, when, and what happens when it fails."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from django.conf import settings
from django.db.models import F, Q

from raksha.feeds import importing, reading
from raksha.feeds.advisory_rows import ID
from raksha.feeds.downloading import Line
from raksha.feeds.errors import FeedError, Refused, Unavailable
from raksha.feeds.sources import WHOLE_EVERY, Source, sources
from raksha.feeds.staging import Counts, Manner, Progress
from raksha.models import Feed, FeedState

log = structlog.get_logger(__name__)

CLAIM = timedelta(minutes=20)
FIRST_RETRY = timedelta(minutes=1)
LAST_RETRY = timedelta(hours=6)
MOST_SINGLE = 300
"""More modified advisories than this come quicker as the whole export."""
MOST_LIST_BYTES = 64 * 1024**2
MOST_RECORD_BYTES = 16 * 1024**2


def ensure_feeds() -> list[Feed]:
    """Make the rows of all feeds that the settings name, and bring their addresses up to date."""
    feeds = []
    for source in sources():
        if not source.url and not Feed.objects.filter(kind=source.kind, ecosystem=source.ecosystem).exists():
            continue
        feed = importing.get_feed(source.kind, source.ecosystem)
        if feed.url != source.url:
            # What another address sent says nothing about this one.
            feed.url, feed.etag, feed.sha256, feed.next_at = source.url, "", "", None
            feed.save(update_fields=["url", "etag", "sha256", "next_at"])
        feeds.append(feed)
    return feeds


def get_due_ids(*, now: datetime) -> list[int]:
    """Return the feeds whose time has come and that nobody fetches, the longest waiting first."""
    if not settings.RAKSHA_FEEDS:
        return []
    named = {(source.kind, source.ecosystem) for source in sources() if source.url}
    is_free = Q(claimed_until=None) | Q(claimed_until__lt=now)
    due = Feed.objects.filter(is_free, Q(next_at=None) | Q(next_at__lte=now))
    rows = due.order_by(F("next_at").asc(nulls_first=True), "pk")
    return [feed.pk for feed in rows if (feed.kind, feed.ecosystem) in named]


def fetch(
    feed_id: int, *, now: datetime, whole: bool = False, progress: Progress = importing.quiet
) -> Counts | None:
    """Fetch one feed and import it; None when another worker does, or when nothing changed.

    whole: also where only the modified records would do.
    Raises Unavailable, Refused; the feed's row says why, and when it is tried again.
    """
    feed = Feed.objects.filter(pk=feed_id).first()
    source = _source_of(feed) if feed else None
    if source is None or (feed := _claim(feed_id, now)) is None:
        return None
    try:
        with tempfile.TemporaryDirectory(prefix="avyay-feed-") as folder, Line() as line:
            counts = _fetch(feed, source, line, Path(folder), now, whole, progress)
    except FeedError as exc:
        _note_failure(feed, exc, now)
        raise
    finally:
        Feed.objects.filter(pk=feed.pk).update(claimed_until=None)
    Feed.objects.filter(pk=feed.pk).update(
        state=FeedState.CURRENT,
        error="",
        failures=0,
        checked_at=now,
        fetched_at=now,
        next_at=now + source.every,
    )
    return counts


def _claim(feed_id: int, now: datetime) -> Feed | None:
    is_free = Q(claimed_until=None) | Q(claimed_until__lt=now)
    taken = Feed.objects.filter(is_free, pk=feed_id).update(claimed_until=now + CLAIM)
    return Feed.objects.get(pk=feed_id) if taken else None


def _source_of(feed: Feed) -> Source | None:
    return next(
        (one for one in sources() if (one.kind, one.ecosystem) == (feed.kind, feed.ecosystem) and one.url),
        None,
    )


def _fetch(
    feed: Feed, source: Source, line: Line, folder: Path, now: datetime, whole: bool, progress: Progress
) -> Counts | None:
    is_recent = feed.full_at is not None and now - feed.full_at < WHOLE_EVERY
    if source.changes_url and feed.cursor_at and is_recent and not whole:
        modified = _modified(source, feed.cursor_at, line, folder)
        if modified is not None:
            return _fetch_some(feed, source, modified, line, folder, now, progress)
    path = folder / "feed"
    # An answer "not modified" is of use only while the rows that it speaks of are here.
    etag = feed.etag if feed.rows else ""
    latest = _latest(source, line, folder) if source.changes_url else None
    download = line.fetch(source.url, path, etag=etag, most_bytes=source.most_bytes)
    counts = None
    if download.is_new and (download.sha256 != feed.sha256 or not feed.rows):
        counts = importing.import_file(feed, path, now=now, progress=progress, fetched_at=now)
    Feed.objects.filter(pk=feed.pk).update(
        etag=download.etag,
        sha256=download.sha256 or feed.sha256,
        full_at=now,
        cursor_at=latest or feed.cursor_at,
    )
    return counts


def _fetch_some(
    feed: Feed,
    source: Source,
    modified: list[tuple[datetime, str]],
    line: Line,
    folder: Path,
    now: datetime,
    progress: Progress,
) -> Counts | None:
    """Fetch single records and add them to what is there."""
    if not modified:
        return None
    together = folder / "modified.jsonl"
    with together.open("wb") as file:
        for _at, osv_id in modified:
            one = folder / "one"
            line.fetch(source.record_url.format(osv_id), one, most_bytes=MOST_RECORD_BYTES)
            values = list(reading.read_json(one, reading.Bounds()))
            if len(values) != 1 or not isinstance(values[0], dict) or values[0].get("id") != osv_id:
                raise Refused(f"{osv_id} is not at the address that is said to hold it.")
            file.write(b" ".join(one.read_bytes().splitlines()) + b"\n")
    counts = importing.import_file(
        feed, together, now=now, manner=Manner(merge=True), progress=progress, fetched_at=now
    )
    Feed.objects.filter(pk=feed.pk).update(cursor_at=modified[0][0])
    return counts


def _modified(source: Source, since: datetime, line: Line, folder: Path) -> list[tuple[datetime, str]] | None:
    """Return what was modified after a moment, newest first; None when it is too much to fetch one by one."""
    found = []
    for at, osv_id in _changes(source, line, folder):
        if at <= since:
            break
        found.append((at, osv_id))
        if len(found) > MOST_SINGLE:
            return None
    return found


def _latest(source: Source, line: Line, folder: Path) -> datetime | None:
    """Return when the newest record was modified; None when the source keeps no such list."""
    try:
        return next((at for at, _ in _changes(source, line, folder)), None)
    except FeedError as exc:
        log.info("feed_without_changes", feed=f"{source.kind}/{source.ecosystem}", reason=str(exc)[:200])
        return None


def _changes(source: Source, line: Line, folder: Path) -> Iterator[tuple[datetime, str]]:
    path = folder / "changes.csv"
    line.fetch(source.changes_url, path, most_bytes=MOST_LIST_BYTES)
    for text in reading.read_lines(path, reading.Bounds(record_bytes=1_000)):
        moment, _, osv_id = text.partition(",")
        if not ID.fullmatch(osv_id) or "/" in osv_id:
            raise Refused(f"{text[:80]!r} in {source.changes_url} is not a moment and the id of an advisory.")
        try:
            at = datetime.fromisoformat(moment)
        except ValueError as exc:
            raise Refused(f"{moment[:40]!r} in {source.changes_url} is not a moment.") from exc
        yield (at if at.tzinfo else at.replace(tzinfo=UTC)), osv_id


def _note_failure(feed: Feed, exc: FeedError, now: datetime) -> None:
    """Say why on the feed's row, and try later each time."""
    wait = min(FIRST_RETRY * 2 ** min(feed.failures, 10), LAST_RETRY)
    Feed.objects.filter(pk=feed.pk).update(
        state=FeedState.FAILED,
        error=str(exc)[:500],
        failures=F("failures") + 1,
        checked_at=now,
        next_at=now + wait,
    )
    log.warning("feed_failed", feed=feed.name, reason=str(exc)[:200], can_wait=isinstance(exc, Unavailable))
