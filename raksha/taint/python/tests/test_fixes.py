"""Each fix is put into the program, which must parse again and be free of the finding."""

from __future__ import annotations

import ast

from raksha.detections import Detection, Edit
from raksha.taint import engine
from raksha.taint.python.tests.pairs.making import Pair
from raksha.taint.python.tests.test_pairs import PAIRS

LEAST = 0.75  # of all true findings in the pairs


def edited(text: str, edits: tuple[Edit, ...]) -> str:
    """Return the text after the edits, which are in the order of the file."""
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    for edit in reversed(edits):
        place = edit.place
        start, end = (
            starts[place.line - 1] + place.column - 1,
            starts[place.end_line - 1] + place.end_column - 1,
        )
        text = text[:start] + edit.text + text[end:]
    return text


def _analysed(files: dict[str, bytes]) -> tuple[Detection, ...]:
    return engine.analyse(files, languages=dict.fromkeys(files, "python")).detections


def _found(pair: Pair, files: dict[str, bytes]) -> list[Detection]:
    return [found for found in _analysed(files) if found.rule == f"python.{pair.rule}"]


def _outcome(pair: Pair) -> str:
    """Return "" when the fix holds, else what is wrong."""
    files = pair.program(pair.bad)
    before = _found(pair, files)
    with_fix = [found for found in before if found.fix]
    if not with_fix:
        return "no fix"
    path = with_fix[0].place.path
    text = edited(files[path].decode(), with_fix[0].fix)
    try:
        ast.parse(text)
    except SyntaxError as error:
        return f"does not parse: {error}\n{text}"
    left = _found(pair, {**files, path: text.encode()})
    return "" if len(left) < len(before) else f"still found\n{text}"


def test_most_findings_have_a_fix_and_every_fix_holds() -> None:
    outcomes = {param.id: _outcome(param.values[0]) for param in PAIRS}  # type: ignore[arg-type]

    broken = {name: said for name, said in outcomes.items() if said not in ("", "no fix")}
    assert broken == {}
    assert sum(said == "" for said in outcomes.values()) >= LEAST * len(outcomes)
