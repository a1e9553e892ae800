"""Which feeds there are, where each comes from, and how often it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from django.conf import settings

from raksha.models import FeedKind

OFF = "off"
WHOLE_EVERY = timedelta(days=7)
"""An ecosystem's export is fetched whole so often, for what left it; in between only what was modified."""


@dataclass(frozen=True)
class Source:
    """One feed's address and bounds. url: empty when it is not fetched. changes_url: a list of what was modified."""

    kind: str
    ecosystem: str
    url: str
    every: timedelta
    most_bytes: int
    changes_url: str = ""
    record_url: str = ""


def sources() -> list[Source]:
    """Return all feeds that the settings name, those without an address too."""
    megabyte, base = 1024**2, _address(settings.RAKSHA_FEED_OSV)
    found = [
        Source(FeedKind.KEV, "", _address(settings.RAKSHA_FEED_KEV), timedelta(hours=1), 32 * megabyte),
        Source(FeedKind.EPSS, "", _address(settings.RAKSHA_FEED_EPSS), timedelta(hours=6), 128 * megabyte),
        Source(FeedKind.CVE, "", _address(settings.RAKSHA_FEED_CVE), timedelta(hours=24), 2048 * megabyte),
        Source(FeedKind.GHSA, "", _address(settings.RAKSHA_FEED_GHSA), timedelta(hours=24), 2048 * megabyte),
    ]
    for ecosystem in settings.RAKSHA_FEED_ECOSYSTEMS:
        folder = f"{base}/{quote(ecosystem)}" if base else ""
        found.append(
            Source(
                FeedKind.OSV,
                ecosystem,
                f"{folder}/all.zip" if base else "",
                timedelta(hours=1),
                1024 * megabyte,
                f"{folder}/modified_id.csv" if base else "",
                f"{folder}/{{}}.json" if base else "",
            )
        )
    return found


def _address(value: str) -> str:
    return "" if value == OFF else value
