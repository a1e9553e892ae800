"""Programs in pairs that differ in one place: the fault is found, and its absence is seen."""

from __future__ import annotations

import pytest

from raksha.taint import engine, kinds
from raksha.taint.python.tests.pairs import classes, django, fastapi, flask, idioms, plain, projects
from raksha.taint.python.tests.pairs.making import Pair

PAIRS = [
    *(pytest.param(pair, id=f"flask {pair.name}") for pair in flask.PAIRS),
    *(pytest.param(pair, id=f"django {pair.name}") for pair in django.PAIRS),
    *(pytest.param(pair, id=f"fastapi {pair.name}") for pair in fastapi.PAIRS),
    *(pytest.param(pair, id=f"plain {pair.name}") for pair in plain.PAIRS),
    *(pytest.param(pair, id=f"idioms {pair.name}") for pair in idioms.PAIRS),
    *(pytest.param(pair, id=f"projects {pair.name}") for pair in projects.PAIRS),
    *(pytest.param(pair, id=f"classes {pair.name}") for pair in classes.PAIRS),
]


def _rules(pair: Pair, piece: str) -> set[str]:
    files = pair.program(piece)
    analysis = engine.analyse(files, languages=dict.fromkeys(files, "python"))
    assert analysis.unfinished == ()
    assert dict(analysis.unparsed) == {}
    return {found.rule.removeprefix("python.") for found in analysis.detections}


@pytest.mark.parametrize("pair", PAIRS)
def test_the_fault_is_found(pair: Pair) -> None:
    assert pair.rule in kinds.TABLE
    assert pair.rule in _rules(pair, pair.bad)


@pytest.mark.parametrize("pair", PAIRS)
def test_without_the_fault_nothing_is_said(pair: Pair) -> None:
    assert pair.rule not in _rules(pair, pair.good)
