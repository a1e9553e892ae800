"""What an engine says about the code: one shape for all engines, and a fingerprint that survives edits elsewhere."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["code", "dependency", "secret", "config"]
Severity = Literal["critical", "high", "medium", "low", "info"]
Confidence = Literal["high", "medium", "low"]

SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low", "info")  # worst first
SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Place:
    """A range of a file. Lines and columns count from 1, columns in characters; the end column is exclusive."""

    path: str
    line: int
    column: int = 1
    end_line: int = 0
    end_column: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One station of a data flow, source first."""

    place: Place
    text: str  # the code there, at most 200 characters
    says: str  # "request parameter", "becomes part of a string", "runs as SQL"


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the range by the text; several edits of one fix do not overlap."""

    place: Place
    text: str


@dataclass(frozen=True, slots=True)
class Detection:
    """One result of one engine.

    matched: the code that makes the finding, as it stands; masked already when it is a secret.
    scope: the enclosing function or class, dotted; empty at module level.
    suppressed: how the source asks for silence ("nosemgrep", "nosec"); the finding is reported all the same.
    facts: what only this kind has, such as package, version and advisory; text only.
    """

    engine: str
    rule: str
    kind: Kind
    severity: Severity
    confidence: Confidence
    title: str
    message: str
    place: Place
    matched: str
    cwe: tuple[int, ...] = ()
    owasp: tuple[str, ...] = ()
    scope: str = ""
    snippet: str = ""
    trace: tuple[Step, ...] = ()
    fix: tuple[Edit, ...] = ()
    suppressed: str = ""
    references: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)


def fingerprints(detections: Iterable[Detection]) -> list[str]:
    """Return one name for each detection, in order: 32 hexadecimal digits, distinct among them.

    Made of rule, path, scope and matched code with its spaces evened out, never of the line: text put above
    changes nothing. Equal ones in the same scope are told apart by their order in the file.
    """
    listed = list(detections)
    order = sorted(range(len(listed)), key=lambda i: (listed[i].place.line, listed[i].place.column))
    seen: Counter[str] = Counter()
    names = [""] * len(listed)
    for index in order:
        base = "\0".join(_identity(listed[index]))
        names[index] = hashlib.sha256(f"{base}\0{seen[base]}".encode()).hexdigest()[:32]
        seen[base] += 1
    return names


def _identity(found: Detection) -> tuple[str, ...]:
    return found.rule, found.place.path, found.scope, SPACE.sub(" ", found.matched).strip()
