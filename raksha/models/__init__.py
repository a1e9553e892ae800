"""The scanner's rows."""

from __future__ import annotations

from raksha.models.intel import (
    STALE_AFTER,
    Advisory,
    AffectedPackage,
    Alias,
    CveFacts,
    EpssScore,
    Feed,
    FeedKind,
    FeedState,
    KevEntry,
)

__all__ = [
    "STALE_AFTER",
    "Advisory",
    "AffectedPackage",
    "Alias",
    "CveFacts",
    "EpssScore",
    "Feed",
    "FeedKind",
    "FeedState",
    "KevEntry",
]
