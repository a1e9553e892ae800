"""Measures the engine on pairs: the fault is found, and where only a detail takes it away nothing is said."""

from __future__ import annotations

import re

import pytest

from raksha.taint import engine
from raksha.taint.java.tests.pairs import making
from raksha.taint.java.tests.pairs.idioms import CLEAN, TAINTED, Idiom, files_of
from raksha.taint.java.tests.pairs.singles import SINGLES

CASES = [*making.flows(), *making.sinks(), *making.settled()]
MUTATIONS = {
    "jakarta": lambda text: re.sub(r"javax\.(servlet|ws|persistence)", r"jakarta.\1", text),
    "renamed": lambda text: re.sub(
        r"\b(in|out|q)\b(?= |;|\)|,|\.)", r"\1Value", re.sub(r"\bString q\b", "String qValue", text)
    ),
    "dotted": lambda text: re.sub(r"\bnew (File|FileInputStream|StringReader)\(", r"new java.io.\1(", text),
    "in a block": lambda text: text.replace("try {", "try { if (request != null) {", 1).replace(
        "} catch (Run", "} } catch (Run", 1
    ),
}


def found(files):
    languages = dict.fromkeys(files, "java")
    return {cwe for one in engine.analyse(files, languages=languages).detections for cwe in one.cwe}


def encoded(case, change=lambda text: text):
    return {path: change(text).encode() for path, text in case.files.items()}


@pytest.mark.parametrize("case", [case for case in CASES if case.is_true], ids=lambda case: case.name)
def test_the_fault_is_found(case):
    assert case.cwe in found(encoded(case))


@pytest.mark.parametrize("case", [case for case in CASES if not case.is_true], ids=lambda case: case.name)
def test_without_the_fault_nothing_of_its_kind_is_said(case):
    assert case.cwe not in found(encoded(case))


@pytest.mark.parametrize("idiom", TAINTED, ids=range(len(TAINTED)))
def test_data_goes_through_the_idiom(idiom):
    assert 601 in found(files_of(idiom))


@pytest.mark.parametrize("idiom", CLEAN, ids=range(len(CLEAN)))
def test_data_does_not_get_through_the_idiom(idiom):
    assert 601 not in found(files_of(idiom))


def rules(body, members, value):
    files = files_of(Idiom(f'{body} String x = "/";', members))
    code = files["app/T.java"].replace(b'request.getParameter("q")', value)
    return {
        one.rule for one in engine.analyse({"app/T.java": code}, languages={"app/T.java": "java"}).detections
    }


@pytest.mark.parametrize(("rule", "body", "members"), SINGLES, ids=range(len(SINGLES)))
def test_a_sink_is_found_when_data_reaches_it_and_not_else(rule, body, members):
    assert rule in rules(body, members, b'request.getParameter("q")')
    if "q" in re.findall(r"\w+", body):
        assert rules(body, members, b'"k"') <= {"java.weak-hash"}


@pytest.mark.parametrize("change", MUTATIONS.values(), ids=MUTATIONS)
def test_nine_of_ten_stay_right_when_the_code_is_said_otherwise(change):
    cases = [case for number, case in enumerate(CASES) if number % 8 in (0, 1)]
    right = [case for case in cases if (case.cwe in found(encoded(case, change))) is case.is_true]

    assert len(right) >= 0.9 * len(cases)


def test_the_pairs_cover_enough_kinds():
    assert len({case.cwe for case in CASES}) >= 20
    assert len(CASES) >= 2 * 120
