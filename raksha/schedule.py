"""What the scanner does by the clock."""

from __future__ import annotations

from contextlib import suppress

from django.utils import timezone

from avyay_site import hints, schedules, sweeping
from raksha import reranking, scanning, services
from raksha.feeds import fetching
from raksha.feeds.errors import FeedError


@hints.task(queue="default")
def fetch_feeds(**_: object) -> None:
    """Have each feed fetched whose time has come."""
    fetching.ensure_feeds()
    for feed_id in fetching.get_due_ids(now=timezone.now()):
        fetch_feed.delay_on_commit(feed_id=feed_id)


@hints.task(queue="default")
def fetch_feed(*, feed_id: int, **_: object) -> None:
    """Fetch one feed, then rank again what it touches; one that another worker fetches is left alone."""
    # Its row says why it failed and when it is tried again.
    with suppress(FeedError):
        if fetching.fetch(feed_id, now=timezone.now()) is not None:
            reranking.catch_up(now=timezone.now())


@hints.task(queue="default")
def rank_again(**_: object) -> None:
    """Rank again what feeds touched that changed, in case a worker was lost on the way."""
    reranking.catch_up(now=timezone.now())


@hints.task(queue="default")
def sweep_scans(**_: object) -> None:
    """Remove what killed scans and broken-off uploads left behind."""
    scanning.sweep(now=timezone.now())


@hints.task(queue="default")
def end_rulings(**_: object) -> None:
    """Open findings again that were set aside until now."""
    scanning.end_rulings(now=timezone.now())


@hints.task(queue="default")
def forget_results(**_: object) -> None:
    """Delete kept results of files that no scan asked for in a long time."""
    scanning.forget_results(now=timezone.now())


sweeping.register("scans", services.reissue_waiting)
schedules.every(sweep_scans, seconds=60, name="raksha: clear away what killed scans left")
schedules.every(end_rulings, seconds=60, name="raksha: open findings that were set aside until now")
schedules.every(forget_results, seconds=3600, name="raksha: forget old results of files")
schedules.every(fetch_feeds, seconds=60, name="raksha: fetch threat intelligence")
schedules.every(rank_again, seconds=30, name="raksha: rank findings by new intelligence")
