"""What can go wrong on the way to a provider and back."""

from __future__ import annotations


class Unreachable(OSError):
    """No connection came about, so the provider has seen nothing."""


class Broken(Exception):
    """The provider broke off, or what it says is not HTTP as we read it."""


class StaleConnection(Broken):
    """A kept connection was closed by the provider before it said anything: trying anew costs nothing."""


FAILURES = (Broken, OSError)
"""Everything that sending and reading raise."""
