"""CVSS vectors of versions 2, 3 and 4: their base score, and what they say about SSVC's decision points. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from cvss import CVSS2, CVSS3, CVSS4, CVSSError

from raksha.detections import Severity

Impact = Literal["partial", "total"]

LONGEST_VECTOR = 300
WORST = {"C": "H", "H": "H", "P": "L", "L": "L", "N": "N"}
"""How far a metric of confidentiality or integrity goes: version 2's letters in those of the later ones."""


class WrongVector(ValueError):
    """This is not a CVSS vector; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Rating:
    """What a vector says. automatable and technical_impact are derived, where nobody published SSVC points."""

    vector: str
    version: str
    score: float
    severity: Severity
    automatable: bool
    technical_impact: Impact


def severity_of(score: float) -> Severity:
    """Return the word for a base score, by the bands of CVSS 3 and 4; 0.0 is "info"."""
    bands: tuple[tuple[float, Severity], ...] = (
        (9.0, "critical"),
        (7.0, "high"),
        (4.0, "medium"),
        (0.1, "low"),
    )
    return next((word for least, word in bands if score >= least), "info")


@lru_cache(maxsize=50_000)
def rate(vector: str) -> Rating:
    """Return the rating of a vector; it is remembered, since the same few thousand vectors come again and again.

    Raises WrongVector.
    """
    if len(vector) > LONGEST_VECTOR:
        raise WrongVector(f"A CVSS vector is not {len(vector)} characters long.")
    try:
        version, score, metrics = _read(vector)
    except CVSSError as exc:
        raise WrongVector(f"{vector[:60]!r} is not a CVSS vector: {exc}") from exc
    return Rating(
        vector=vector,
        version=version,
        score=score,
        severity=severity_of(score),
        automatable=_is_automatable(version, metrics),
        technical_impact=_technical_impact(version, metrics),
    )


def best(vectors: Iterable[str]) -> Rating | None:
    """Return the rating with the highest score, the later version first at a tie; wrong vectors are left out."""
    ratings = [rating for vector in vectors if (rating := _try(vector)) is not None]
    if len(ratings) < 2:  # nearly always, and half a million times in an import
        return ratings[0] if ratings else None
    return max(ratings, key=lambda rating: (rating.score, rating.version))


def _try(vector: str) -> Rating | None:
    try:
        return rate(vector)
    except WrongVector:
        return None


def _read(vector: str) -> tuple[str, float, Mapping[str, str]]:
    if vector.startswith("CVSS:4"):
        four = CVSS4(vector)
        return "4.0", float(four.base_score), four.metrics
    if vector.startswith("CVSS:3"):
        three = CVSS3(vector)
        return f"3.{three.minor_version}", float(three.base_score), three.metrics
    two = CVSS2(vector.strip("()"))
    return "2.0", float(two.base_score), two.metrics


def _is_automatable(version: str, metrics: Mapping[str, str]) -> bool:
    """Tell whether an attack needs nobody's help: by the network, without difficulty, rights or a user."""
    if version == "4.0" and metrics.get("AU", "X") in "YN":
        return metrics["AU"] == "Y"
    easy = metrics.get("AV") == "N" and metrics.get("AC") == "L"
    alone = metrics.get("UI", "N") == "N" and metrics.get("AT", "N") == "N"
    return easy and alone and _privileges(version, metrics) == "N"


def _technical_impact(version: str, metrics: Mapping[str, str]) -> Impact:
    """Tell how much control an attacker gains, by the published mapping from CVSS 4 to SSVC.

    Source: CERT/CC's table cvssv4_to_technical_impact 1.0.0.
    """
    prefix = "V" if version == "4.0" else ""
    reached = {WORST.get(metrics.get(f"{prefix}C", "N"), "N"), WORST.get(metrics.get(f"{prefix}I", "N"), "N")}
    if reached == {"H"} or (reached == {"H", "L"} and _privileges(version, metrics) == "N"):
        return "total"
    return "partial"


def _privileges(version: str, metrics: Mapping[str, str]) -> str:
    return metrics.get("Au" if version == "2.0" else "PR", "")
