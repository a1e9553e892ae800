"""What of a detection is stored with its finding: bounded, in the same shape whatever engine it came from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from raksha.detections import Detection, Edit, Place, Step
from raksha.models import MOST_DETAIL_CHARACTERS

MOST_MESSAGE = 4_000
MOST_CODE = 8_000
MOST_STEPS = 60
MOST_STEP_TEXT = 300
MOST_EDITS = 40
MOST_FACTS = 40
MOST_REFERENCES = 20
ROOM = MOST_DETAIL_CHARACTERS // 3  # characters escaped in JSON may take more than one
CUT = "…"


def fields_of(found: Detection) -> dict[str, Any]:
    """Return the columns of a finding that a scan writes, beside its fingerprint; `digest` tells whether they changed."""
    place = found.place
    columns: dict[str, Any] = {
        "engine": found.engine[:20],
        "rule": found.rule[:200],
        "kind": found.kind,
        "severity": found.severity,
        "confidence": found.confidence,
        "title": cut(found.title, 300),
        "cwe": list(found.cwe),
        "path": place.path,
        "line": max(place.line, 1),
        "end_line": max(place.end_line, 0),
        "scope": cut(found.scope, 300),
        "suppressed": found.suppressed[:60],
        "has_fix": bool(found.fix or found.facts.get("fixed_version")),
        "package": found.facts.get("package", "")[:300],
        "version": found.facts.get("version", "")[:200],
        "fixed_version": found.facts.get("fixed_version", "")[:200],
        "cves": found.facts.get("cves", "").split(),
        "detail": detail_of(found),
    }
    text = json.dumps(columns, sort_keys=True, ensure_ascii=False)
    return {**columns, "digest": hashlib.sha256(text.encode()).hexdigest()[:32]}


def detail_of(found: Detection) -> dict[str, Any]:
    """Return what is shown on a finding's own page; the data flow is thinned in its middle when there is too much."""
    detail: dict[str, Any] = {
        "message": cut(found.message, MOST_MESSAGE),
        "matched": cut(found.matched, MOST_CODE),
        "snippet": cut(found.snippet, MOST_CODE),
        "column": found.place.column,
        "end_column": found.place.end_column,
        "owasp": list(found.owasp)[:MOST_REFERENCES],
        "references": [cut(link, 500) for link in found.references[:MOST_REFERENCES]],
        "facts": _facts(found.facts),
        "trace": [_step(step) for step in thinned(found.trace)],
        "fix": _fix(found.fix),
    }
    for name in ("trace", "fix", "snippet", "facts", "matched"):
        if len(json.dumps(detail)) <= ROOM * 2:
            break
        detail |= {name: type(detail[name])(), "is_cut": True}
    return detail


def thinned(trace: tuple[Step, ...]) -> tuple[Step, ...]:
    """Return at most MOST_STEPS steps: where the data comes from and where it goes, with the middle left out."""
    if len(trace) <= MOST_STEPS:
        return trace
    half = MOST_STEPS // 2
    return trace[:half] + trace[-half:]


def cut(text: str, most: int) -> str:
    """Return the text, or its beginning with an ellipsis."""
    return text if len(text) <= most else text[: most - 1] + CUT


def _fix(edits: tuple[Edit, ...]) -> list[dict[str, Any]]:
    """Return the edits, or none: half a fix breaks the code."""
    if len(edits) > MOST_EDITS or sum(len(edit.text) for edit in edits) > MOST_CODE:
        return []
    return [{**_place(edit.place), "text": edit.text} for edit in edits]


def _step(step: Step) -> dict[str, Any]:
    return {
        **_place(step.place),
        "text": cut(step.text, MOST_STEP_TEXT),
        "says": cut(step.says, MOST_STEP_TEXT),
    }


def _place(place: Place) -> dict[str, Any]:
    return {
        "path": place.path,
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
    }


def _facts(facts: Mapping[str, str]) -> dict[str, str]:
    return {cut(name, 60): cut(value, 2_000) for name, value in list(facts.items())[:MOST_FACTS]}
