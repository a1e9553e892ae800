"""How fresh the intelligence is, in one word and one sentence: for the health strip, banners, metrics and `doctor`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.conf import settings

from raksha.feeds.sources import sources
from raksha.models import Feed, FeedState

State = Literal["none", "fresh", "stale", "failing"]


@dataclass(frozen=True)
class Standing:
    """What to tell people. state: none, when nothing was ever imported; says: a sentence, empty if all is well."""

    state: State
    says: str = ""

    @property
    def is_to_warn(self) -> bool:
        """Tell whether pages show it: what the scanner says may be out of date."""
        return self.state != "fresh"


def look(*, now: datetime) -> Standing:
    """Return how the feeds stand."""
    feeds = list(Feed.objects.all())
    if not any(feed.rows for feed in feeds):
        return Standing("none", _advice("No threat intelligence is here yet."))
    if stale := [feed for feed in feeds if feed.is_stale(now)]:
        oldest = max(feed.age(now) or timedelta(0) for feed in stale)
        return Standing("stale", _advice(f"{_named(stale)} is {days(oldest)} old."))
    if lacking := [feed for feed in feeds if not feed.rows and feed.state == FeedState.FAILED]:
        return Standing("failing", f"{_named(lacking)} could not be fetched: {lacking[0].error}")
    return Standing("fresh")


def ages(*, now: datetime) -> dict[str, float]:
    """Return the age of each feed in seconds, by its name; feeds that were never imported are left out."""
    aged = ((feed.name, feed.age(now)) for feed in Feed.objects.all())
    return {name: age.total_seconds() for name, age in aged if age is not None}


def days(age: timedelta) -> str:
    """Return an age in the unit that people would use."""
    hours = age.total_seconds() / 3600
    if hours < 1:
        return f"{hours * 60:.0f} min"
    return f"{hours:.0f} hours" if hours < 72 else f"{hours / 24:.0f} days"


def _advice(fact: str) -> str:
    if settings.RAKSHA_FEEDS and any(source.url for source in sources()):
        return f"{fact} It is fetched when the network is there; Admin → Feeds says what is in the way."
    return f"{fact} Feeds are not fetched here: import newer files with manage.py raksha_feed import."


def _named(feeds: Sequence[Feed]) -> str:
    names = [feed.name for feed in feeds]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
