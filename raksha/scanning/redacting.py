"""Keep found secrets out of what other engines show of the same lines: raw values are stored nowhere. Pure."""

from __future__ import annotations

import dataclasses
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from raksha.detections import Detection, Place, Step

HIDDEN = "[holds a secret; not shown]"
CONTEXT_LINES = 12
"""A snippet may show so many lines around its place."""

CREDENTIALS = frozenset({259, 321, 522, 798})
LITERAL = re.compile(r"""(?P<quote>["'`])(?P<start>[^"'`\n]{0,4})(?P<rest>[^"'`\n]+)(?P=quote)""")


def redact(detections: Iterable[Detection]) -> list[Detection]:
    """Return the detections with code hidden that shares a line with a secret; secrets come masked from their engine.

    Fingerprints are made before this, from the code as it is.
    """
    listed = list(detections)
    lines = _secret_lines(listed)
    return [found if found.kind == "secret" else _redacted(found, lines) for found in listed]


def _secret_lines(detections: Sequence[Detection]) -> Mapping[str, set[int]]:
    lines: dict[str, set[int]] = defaultdict(set)
    for found in detections:
        if found.kind == "secret":
            place = found.place
            lines[place.path].update(range(place.line, max(place.line, place.end_line) + 1))
    return lines


def _redacted(found: Detection, lines: Mapping[str, set[int]]) -> Detection:
    if not CREDENTIALS.isdisjoint(found.cwe):
        found = _with_masked_literals(found)
    if not lines:
        return found
    hits: Iterable[int] = lines.get(found.place.path, ())
    return dataclasses.replace(
        found,
        matched=HIDDEN if _touches(found.place, hits) else found.matched,
        snippet=HIDDEN if found.snippet and _touches(found.place, hits, CONTEXT_LINES) else found.snippet,
        trace=tuple(_step(step, lines) for step in found.trace),
        fix=()
        if any(_touches(edit.place, lines.get(edit.place.path, ())) for edit in found.fix)
        else found.fix,
    )


def _with_masked_literals(found: Detection) -> Detection:
    return dataclasses.replace(
        found,
        matched=_masked(found.matched),
        snippet=_masked(found.snippet),
        message=_masked(found.message),
        trace=tuple(dataclasses.replace(step, text=_masked(step.text)) for step in found.trace),
    )


def _masked(text: str) -> str:
    return LITERAL.sub(lambda match: f"{match['quote']}{match['start']}…{match['quote']}", text)


def _step(step: Step, lines: Mapping[str, set[int]]) -> Step:
    if _touches(step.place, lines.get(step.place.path, ())):
        return dataclasses.replace(step, text=HIDDEN)
    return step


def _touches(place: Place, lines: Iterable[int], around: int = 0) -> bool:
    first, last = place.line - around, max(place.line, place.end_line) + around
    return any(first <= line <= last for line in lines)
