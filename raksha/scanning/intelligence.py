"""Hold packages against advisories, and rank findings by what the feeds say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from raksha import correlating
from raksha.coverage import Skip
from raksha.detections import Detection
from raksha.intake.trees import SourceFile, Tree
from raksha.packages import Package


class Ask(Protocol):
    """Asks an engine in the sandbox: `Jobs.ask`."""

    def __call__(self, function: str, files: Sequence[SourceFile], question: Mapping[str, Any]) -> Any: ...


@dataclass(frozen=True, slots=True)
class Known:
    """Vulnerable packages as detections of the engine "packages", and packages that could not be held against anything."""

    detections: tuple[Detection, ...] = ()
    skipped: tuple[Skip, ...] = ()


def find(packages: Sequence[Package], *, now: datetime) -> Known:
    """Return which packages are known to be vulnerable."""
    detections, skipped = correlating.find_vulnerable(packages, now=now)
    return Known(tuple(detections), tuple(skipped))


def with_reach(known: Known, tree: Tree, ask: Ask) -> Known:
    """Return the same with how far the project's Go code reaches into what is vulnerable, as the sandbox says."""
    files = [file for file in tree.files if file.language == "go" and not file.why_skipped]
    question = correlating.question(known.detections)
    answer = ask("raksha.engines.packages:reach", files, {"wanted": question}) if question and files else None
    if not isinstance(answer, dict):
        return known
    return Known(tuple(correlating.with_answers(known.detections, answer)), known.skipped)


def rank(finding_ids: Sequence[str], *, now: datetime) -> None:
    """Give findings their priority, word and reasons."""
    if finding_ids:
        correlating.rank_findings(finding_ids, now=now)
