"""Who listens to what: the one page where products meet. Part of the composition root."""

from __future__ import annotations


def connect() -> None:
    """Connect events with their listeners; called once, when all apps are loaded."""
