"""The scanner's rows."""

from __future__ import annotations

from raksha.models.base import Confidence, FindingKind, Ruling, RulingReason, Severity, Word
from raksha.models.caches import FileResult
from raksha.models.filters import SavedFilter
from raksha.models.findings import (
    MOST_DETAIL_CHARACTERS,
    Change,
    Dependency,
    Exclusion,
    Finding,
    FindingState,
)
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
from raksha.models.policies import ScanPolicy
from raksha.models.projects import Mission, Project
from raksha.models.scans import ACTIVE, Scan, ScanSource, ScanState, Stage, Upload

__all__ = [
    "ACTIVE",
    "MOST_DETAIL_CHARACTERS",
    "STALE_AFTER",
    "Advisory",
    "AffectedPackage",
    "Alias",
    "Change",
    "Confidence",
    "CveFacts",
    "Dependency",
    "EpssScore",
    "Exclusion",
    "Feed",
    "FeedKind",
    "FeedState",
    "FileResult",
    "Finding",
    "FindingKind",
    "FindingState",
    "KevEntry",
    "Mission",
    "Project",
    "Ruling",
    "RulingReason",
    "SavedFilter",
    "Scan",
    "ScanPolicy",
    "ScanSource",
    "ScanState",
    "Stage",
    "Severity",
    "Upload",
    "Word",
]
