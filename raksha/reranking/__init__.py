"""Bring stored projects up to date with feeds that changed, without a scan."""

from __future__ import annotations

from raksha.reranking.catching_up import FindingEscalated, catch_up, is_behind

__all__ = ["FindingEscalated", "catch_up", "is_behind"]
