"""The words that the scanner's rows share."""

from __future__ import annotations

from django.db import models


class Severity(models.TextChoices):
    """How bad a finding is by itself, worst first."""

    CRITICAL = "critical", "Critical"
    HIGH = "high", "High"
    MEDIUM = "medium", "Medium"
    LOW = "low", "Low"
    INFO = "info", "Info"

    @property
    def rank(self) -> int:
        """Its place, from 0 for the worst."""
        return list(Severity).index(self)


class Confidence(models.TextChoices):
    """How sure the engine is."""

    HIGH = "high", "High"
    MEDIUM = "medium", "Medium"
    LOW = "low", "Low"


class FindingKind(models.TextChoices):
    """What a finding is about."""

    CODE = "code", "Code"
    DEPENDENCY = "dependency", "Dependency"
    SECRET = "secret", "Secret"
    CONFIG = "config", "Configuration"


class Word(models.TextChoices):
    """What to do with a finding, by SSVC; most urgent first."""

    ACT = "Act", "Act"
    ATTEND = "Attend", "Attend"
    TRACK_STAR = "Track*", "Track*"
    TRACK = "Track", "Track"

    @property
    def rank(self) -> int:
        """Its place, from 0 for the most urgent."""
        return list(Word).index(self)


class Ruling(models.TextChoices):
    """What people said about a finding."""

    OPEN = "open", "Open"
    TO_FIX = "to_fix", "To fix"
    IGNORED = "ignored", "Ignored"


class RulingReason(models.TextChoices):
    """Why a finding is ignored."""

    FALSE_POSITIVE = "false_positive", "False positive"
    ACCEPTED_RISK = "accepted_risk", "Accepted risk"
    NO_TIME = "no_time", "No time"
