"""Programs in pairs that differ in one place: the fault is found, and its absence is seen."""

from __future__ import annotations

import pytest

from raksha.taint import engine
from raksha.taint.javascript.language import JAVASCRIPT
from raksha.taint.javascript.tests.pairs import PAIRS, Pair

CASES = [pytest.param(pair, id=pair.name) for pair in PAIRS]


def _found(files: dict[str, str]) -> set[int]:
    sources = {path: text.encode() for path, text in files.items()}
    analysis = engine.analyse(
        sources, languages=dict.fromkeys(sources, "javascript"), libraries={"javascript": JAVASCRIPT}
    )
    assert analysis.unfinished == ()
    assert dict(analysis.unparsed) == {}
    return {cwe for one in analysis.detections for cwe in one.cwe}


def test_there_are_enough_pairs_of_enough_kinds() -> None:
    assert len(PAIRS) >= 60
    assert len({pair.cwe for pair in PAIRS}) >= 11


@pytest.mark.parametrize("pair", CASES)
def test_the_fault_is_found(pair: Pair) -> None:
    assert pair.cwe in _found(pair.bad)


@pytest.mark.parametrize("pair", CASES)
def test_without_the_fault_nothing_of_its_kind_is_said(pair: Pair) -> None:
    assert pair.cwe not in _found(pair.good)
