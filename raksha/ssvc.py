"""CISA's SSVC decision: how soon to act on a vulnerability, from four points. Pure.

Source: CISA, Stakeholder-Specific Vulnerability Categorization Guide (2022); CERT/CC's table cisa_coordinator 2.0.3.
"""

from __future__ import annotations

from typing import Literal

Exploitation = Literal["none", "poc", "active"]
Impact = Literal["partial", "total"]
Mission = Literal["low", "medium", "high"]
Word = Literal["Track", "Track*", "Attend", "Act"]

WORDS: tuple[Word, ...] = ("Track", "Track*", "Attend", "Act")
"""Least urgent first: at the usual time; the same, but watch it; sooner; as soon as possible."""

_LEVELS = "TSAX"
# One letter for each mission, low medium high: T Track, S Track*, A Attend, X Act.
_TABLE: dict[tuple[Exploitation, bool, Impact], str] = {
    ("none", False, "partial"): "TTT",
    ("none", False, "total"): "TTS",
    ("none", True, "partial"): "TTA",
    ("none", True, "total"): "TTA",
    ("poc", False, "partial"): "TTS",
    ("poc", False, "total"): "TSA",
    ("poc", True, "partial"): "TTA",
    ("poc", True, "total"): "TSA",
    ("active", False, "partial"): "TTA",
    ("active", False, "total"): "TAX",
    ("active", True, "partial"): "AAX",
    ("active", True, "total"): "AXX",
}
_MISSIONS: tuple[Mission, ...] = ("low", "medium", "high")


def decide(exploitation: Exploitation, *, automatable: bool, impact: Impact, mission: Mission) -> Word:
    """Return the decision for these points."""
    letter = _TABLE[exploitation, automatable, impact][_MISSIONS.index(mission)]
    return WORDS[_LEVELS.index(letter)]


def lower(mission: Mission) -> Mission:
    """Return the mission one step down, for what does not reach production as such."""
    return _MISSIONS[max(0, _MISSIONS.index(mission) - 1)]
