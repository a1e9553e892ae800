"""What can go wrong with a feed. Whatever it is, the rows of the last good import stay."""

from __future__ import annotations


class FeedError(Exception):
    """A feed was not imported; the message says why and what to do."""


class Unavailable(FeedError):
    """It could not be had now; trying again later may help."""


class Refused(FeedError):
    """What came is not what the feed should be: broken, cut off, emptied, or not of this kind."""
