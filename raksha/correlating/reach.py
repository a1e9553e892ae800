"""Ask whether code uses what is vulnerable in its Go modules, and write the answers beside the detections.

The asking itself is `raksha.engines.packages:reach`, inside the sandbox; here are its question and its answer.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from raksha.detections import Detection

KEPT = ("reachable", "reach", "places")
"""Facts that only a scan can give: matching stored packages anew keeps them."""
WORDS = ("called", "imported", "not imported")
MOST_PLACES = 20


def question(detections: Sequence[Detection]) -> dict[str, Any]:
    """Return what is wanted of the code, by a name for each detection; empty when there is nothing to ask."""
    return {
        str(index): {
            "module": found.facts.get("name", ""),
            "symbols": symbols_of(found.facts.get("symbols", "")),
        }
        for index, found in enumerate(detections)
        if found.facts.get("package", "").startswith("Go:")
    }


def with_answers(detections: Sequence[Detection], answer: Mapping[str, Any]) -> list[Detection]:
    """Return the detections with how far the code reaches into each; the answer is not trusted.

    Only a call counts as reachable. That nothing was seen proves nothing, since dependencies call each other.
    """
    told = answer.get("reach")
    reach = told if isinstance(told, dict) else {}
    return [_told(found, reach.get(str(index))) for index, found in enumerate(detections)]


def symbols_text(symbols: Sequence[tuple[str, Sequence[str]]]) -> str:
    """Write import paths with their names as one text: "path: A, B; other: C"."""
    return "; ".join(f"{path}: {', '.join(names)}" if names else path for path, names in symbols)


def symbols_of(text: str) -> list[dict[str, Any]]:
    """Read such a text again."""
    found = []
    for part in filter(None, text.split("; ")):
        path, _, names = part.partition(": ")
        found.append({"path": path, "names": [name for name in names.split(", ") if name]})
    return found


def _told(found: Detection, said: Any) -> Detection:
    if not isinstance(said, dict) or said.get("word") not in WORDS:
        return found
    facts = {**found.facts, "reach": said["word"]}
    if said["word"] == "called":
        facts["reachable"] = "yes"
    listed = said.get("places")
    places = [place for place in listed if _is_place(place)] if isinstance(listed, list) else []
    if places:
        facts["places"] = "; ".join(f"{path}:{line} {name}" for path, line, name in places[:MOST_PLACES])[
            :2_000
        ]
    return dataclasses.replace(found, facts=facts)


def _is_place(place: Any) -> bool:
    return (
        isinstance(place, list)
        and len(place) == 3
        and isinstance(place[0], str)
        and isinstance(place[1], int)
        and isinstance(place[2], str)
    )
