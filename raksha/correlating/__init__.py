"""Join packages and findings with what the feeds know: which are vulnerable, and how urgent each is."""

from __future__ import annotations

from raksha.correlating.ranking import Rise, rank_findings, rank_project
from raksha.correlating.vulnerable import ENGINE, Book, find_vulnerable

__all__ = ["ENGINE", "Book", "Rise", "find_vulnerable", "rank_findings", "rank_project"]
