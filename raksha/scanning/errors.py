"""What ends a scan without a result."""

from __future__ import annotations


class UnableToScan(Exception):
    """The scan ends as failed; the message is shown as its reason and says what to do."""


class NotNow(UnableToScan):
    """It may succeed later: the scan is tried again while it has attempts left."""


class LeaseLost(Exception):
    """The scan was cancelled, or given to another worker: whatever was done for it is dropped."""
