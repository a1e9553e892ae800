"""Join packages and findings with what the feeds know: which are vulnerable, and how urgent each is."""

from __future__ import annotations

from raksha.correlating.ranking import Rise, rank_findings, rank_project
from raksha.correlating.reach import question, with_answers
from raksha.correlating.vulnerable import ENGINE, Book, find_vulnerable

__all__ = [
    "ENGINE",
    "Book",
    "Rise",
    "find_vulnerable",
    "question",
    "rank_findings",
    "rank_project",
    "with_answers",
]
