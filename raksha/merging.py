"""Make one finding of what two engines say about the same weakness. Pure.

Two wrong merges are worse than two rows: only a code rule and a data flow of the same CWE, whose places overlap in the
same file, become one. The data flow stays, since it says where the data comes from.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Sequence

from raksha.detections import Detection, Place

FLOW = "taint"
RULES = "semgrep"


def merge(detections: Iterable[Detection]) -> list[Detection]:
    """Return the detections in a stable order, without those that a data flow says better, and without exact repeats.

    What the weaker one knew and the stronger one does not (a fix, references, a plea for silence) is kept.
    """
    listed = _distinct(detections)
    flows: dict[tuple[str, int], list[int]] = defaultdict(list)
    for index, found in enumerate(listed):
        if found.engine == FLOW:
            for cwe in found.cwe:
                flows[found.place.path, cwe].append(index)
    absorbed: dict[int, int] = {}
    for index, found in enumerate(listed):
        if found.engine == RULES and found.kind == "code":
            winner = _winner(found, listed, flows)
            if winner is not None:
                absorbed[index] = winner
    for loser, winner in absorbed.items():
        listed[winner] = _enriched(listed[winner], listed[loser])
    return [found for index, found in enumerate(listed) if index not in absorbed]


def is_same_weakness(rule: Detection, flow: Detection) -> bool:
    """Tell whether a code rule and a data flow speak of one weakness: a CWE in common, at places that overlap."""
    return (
        rule.place.path == flow.place.path
        and not set(rule.cwe).isdisjoint(flow.cwe)
        and overlaps(rule.place, flow.place)
    )


def overlaps(one: Place, other: Place) -> bool:
    """Tell whether two ranges of the same file share a character; an empty range is the line's whole end."""
    return _start(one) < _end(other) and _start(other) < _end(one)


def _start(place: Place) -> tuple[int, int]:
    return place.line, place.column


def _end(place: Place) -> tuple[int, int]:
    if place.end_line < place.line or (place.end_line == place.line and place.end_column <= place.column):
        return place.line, 10**9
    return place.end_line, place.end_column or 10**9


def _winner(
    found: Detection, listed: Sequence[Detection], flows: dict[tuple[str, int], list[int]]
) -> int | None:
    """Return the flow that takes the rule's finding: the one whose start is nearest; None without any."""
    near = {
        index
        for cwe in found.cwe
        for index in flows.get((found.place.path, cwe), ())
        if is_same_weakness(found, listed[index])
    }
    return min(near, key=lambda index: (_distance(found.place, listed[index].place), index), default=None)


def _distance(one: Place, other: Place) -> tuple[int, int]:
    return abs(one.line - other.line), abs(one.column - other.column)


def _enriched(flow: Detection, rule: Detection) -> Detection:
    return dataclasses.replace(
        flow,
        fix=flow.fix or rule.fix,
        owasp=tuple(dict.fromkeys((*flow.owasp, *rule.owasp))),
        references=tuple(dict.fromkeys((*flow.references, *rule.references))),
        suppressed=flow.suppressed or rule.suppressed,
        facts={**rule.facts, **flow.facts, "also": rule.rule},
    )


def _distinct(detections: Iterable[Detection]) -> list[Detection]:
    """Return them by place; of those that say the same, one, whatever order they came in.

    Several ways may lead to one place: of the flows of one rule that end there, the shortest stays.
    """
    seen: dict[tuple[object, ...], Detection] = {}
    for found in sorted(detections, key=_order):
        seen.setdefault(_identity(found), found)
    return sorted(seen.values(), key=_order)


def _identity(found: Detection) -> tuple[object, ...]:
    if found.engine == FLOW:
        return found.engine, found.rule, found.place.path, found.place.line, found.place.column
    # Two versions of a package may stand on one line, or in a lockfile that gives no lines.
    return found.engine, found.rule, found.place, found.scope, found.matched, found.facts.get("version")


def _order(found: Detection) -> tuple[object, ...]:
    place = found.place
    where = place.path, place.line, place.column, found.engine, found.rule
    way = len(found.trace), tuple((step.place.path, step.place.line, step.text) for step in found.trace)
    return (
        *where,
        *way,
        place.end_line,
        place.end_column,
        found.matched,
        found.scope,
        found.cwe,
        found.message,
    )
