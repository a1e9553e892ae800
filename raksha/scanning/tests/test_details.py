"""What is stored of a finding: bounded, and without secrets."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raksha.detections import Edit, Place, Step
from raksha.models import MOST_DETAIL_CHARACTERS, Finding
from raksha.scanning.details import MOST_STEPS, detail_of, fields_of, thinned
from raksha.scanning.redacting import HIDDEN, redact
from raksha.scanning.tests.fakes import detection
from raksha.tests import factories

PLACE = Place("a.py", 3, 1, 3, 20)
FOUND = detection("a.py", 3, "eval(x)")


def step(number: int) -> Step:
    return Step(Place("a.py", number), f"step {number}", "passes on")


def test_a_long_flow_keeps_where_it_begins_and_where_it_ends():
    trace = tuple(step(number) for number in range(1, 200))

    thin = thinned(trace)

    assert len(thin) == MOST_STEPS
    assert (thin[0], thin[-1]) == (trace[0], trace[-1])


def test_half_a_fix_is_no_fix():
    edits = tuple(Edit(Place("a.py", line), "x") for line in range(100))

    assert detail_of(dataclasses.replace(FOUND, fix=edits))["fix"] == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "letter", ["x", "\x01", "é", "🙂", '"'], ids=["plain", "control", "accent", "face", "quote"]
)
def test_the_largest_finding_can_be_stored(letter, workspace):
    text = letter * 100_000
    huge = dataclasses.replace(
        FOUND,
        **{name: text for name in ("title", "message", "matched", "snippet", "scope", "rule")},
        trace=tuple(Step(Place("a.py", number), text, text) for number in range(500)),
        fix=(Edit(PLACE, text),),
        references=(text,) * 100,
        facts={f"{number}{text}": text for number in range(100)},
    )
    columns = fields_of(huge)

    found = factories.FindingFactory.create(**columns)

    stored = json.dumps(Finding.objects.get(pk=found.pk).detail, ensure_ascii=False)
    assert len(stored) < MOST_DETAIL_CHARACTERS
    assert Finding.objects.get(pk=found.pk).detail["is_cut"]


def test_a_digest_changes_with_what_is_shown_and_with_nothing_else():
    same = dataclasses.replace(FOUND)

    assert fields_of(same)["digest"] == fields_of(FOUND)["digest"]
    for change in (
        {"place": Place("a.py", 4)},
        {"severity": "low"},
        {"message": "Other."},
        {"suppressed": "nosec"},
    ):
        assert fields_of(dataclasses.replace(FOUND, **change))["digest"] != fields_of(FOUND)["digest"]


SECRET = detection("a.py", 5, "ghp_…(sha 1a2b)", engine="secrets", kind="secret", rule="secret.github")


def test_code_that_shares_a_line_with_a_secret_is_not_shown():
    raw = 'token = "ghp_canarycanarycanary"'
    other = dataclasses.replace(
        FOUND,
        place=Place("a.py", 5, 1, 5, 40),
        matched=raw,
        snippet=raw,
        trace=(Step(Place("a.py", 5), raw, "read"), step(9)),
        fix=(Edit(Place("a.py", 5), raw),),
    )

    secret, shown = redact([SECRET, other])

    assert secret == SECRET
    assert "canary" not in repr(shown)
    assert (shown.matched, shown.snippet, shown.trace[1].text) == (HIDDEN, HIDDEN, "step 9")


def test_a_snippet_around_a_secret_is_not_shown_either():
    near = dataclasses.replace(
        FOUND, place=Place("a.py", 8), matched="eval(x)", snippet="ghp_canary\n\n\neval(x)"
    )

    (_, shown) = redact([SECRET, near])

    assert (shown.matched, shown.snippet) == ("eval(x)", HIDDEN)


def test_a_credential_that_only_a_rule_found_is_masked():
    found = dataclasses.replace(
        FOUND, cwe=(798,), matched='connect("admin", "hunter2canary")', snippet="p = 'hunter2canary'"
    )

    (shown,) = redact([found])

    assert shown.matched == 'connect("admi…", "hunt…")'
    assert "canary" not in repr(shown)


@given(st.lists(st.integers(1, 40), max_size=6), st.integers(1, 40))
def test_nothing_is_hidden_without_a_secret_near(lines, line):
    listed = [dataclasses.replace(SECRET, place=Place("b.py", number)) for number in lines]
    other = dataclasses.replace(FOUND, place=Place("a.py", line), snippet="shown")

    assert redact([*listed, other])[-1] == other
