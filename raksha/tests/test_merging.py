"""Two wrong merges are worse than two rows."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raksha import merging
from raksha.detections import Detection, Edit, Place

RULE = Detection(
    engine="semgrep",
    rule="python.sql-format",
    kind="code",
    severity="medium",
    confidence="medium",
    title="SQL built by formatting",
    message="Use parameters.",
    place=Place("a.py", 10, 5, 10, 40),
    matched="execute(f'…')",
    cwe=(89,),
)
FLOW = dataclasses.replace(
    RULE, engine="taint", rule="python.sql-injection", severity="high", place=Place("a.py", 10, 9, 10, 30)
)


def test_a_rule_and_a_flow_at_the_same_place_are_one_and_the_flow_stays():
    fix = (Edit(RULE.place, "execute(q, args)"),)
    rule = dataclasses.replace(RULE, fix=fix, suppressed="nosemgrep", references=("https://example.org",))

    (found,) = merging.merge([rule, FLOW])

    assert (found.engine, found.rule, found.severity) == ("taint", "python.sql-injection", "high")
    assert (found.fix, found.suppressed, found.references) == (fix, "nosemgrep", ("https://example.org",))
    assert found.facts["also"] == "python.sql-format"


@pytest.mark.parametrize(
    "change",
    [
        {"cwe": (79,)},
        {"place": Place("b.py", 10, 9, 10, 30)},
        {"place": Place("a.py", 11, 1, 11, 30)},
        {"place": Place("a.py", 10, 40, 10, 60)},
        {"engine": "secrets", "kind": "secret"},
        {"engine": "semgrep"},
    ],
    ids=["other weakness", "other file", "other line", "beside it", "other kind", "two rules"],
)
def test_what_may_be_two_stays_two(change):
    assert len(merging.merge([RULE, dataclasses.replace(FLOW, **change)])) == 2


def test_a_rule_goes_to_the_nearest_flow_and_the_other_flow_stays():
    wide = dataclasses.replace(RULE, place=Place("a.py", 10, 1, 14, 1))
    near = dataclasses.replace(FLOW, place=Place("a.py", 10, 5, 10, 9), matched="near")
    far = dataclasses.replace(FLOW, place=Place("a.py", 13, 5, 13, 9), matched="far")

    merged = merging.merge([far, wide, near])

    assert [(found.matched, "also" in found.facts) for found in merged] == [("near", True), ("far", False)]


def test_a_place_without_an_end_reaches_to_the_end_of_its_line():
    assert merging.overlaps(Place("a.py", 3), Place("a.py", 3, 50, 3, 60))
    assert not merging.overlaps(Place("a.py", 3), Place("a.py", 4, 1, 4, 2))


PLACES = st.builds(
    Place,
    path=st.sampled_from(["a.py", "b.py"]),
    line=st.integers(1, 4),
    column=st.integers(1, 6),
    end_line=st.integers(0, 5),
    end_column=st.integers(0, 8),
)
DETECTIONS = st.lists(
    st.builds(
        lambda base, place, cwe, matched: dataclasses.replace(base, place=place, cwe=cwe, matched=matched),
        st.sampled_from([RULE, FLOW]),
        PLACES,
        st.sampled_from([(89,), (79,), (89, 79), ()]),
        st.sampled_from(["x", "y"]),
    ),
    max_size=12,
)


@given(DETECTIONS, st.randoms())
def test_the_order_of_engines_and_jobs_does_not_matter(detections, random):
    shuffled = list(detections)
    random.shuffle(shuffled)

    once = {key(found) for found in merging.merge(detections)}

    assert {key(found) for found in merging.merge(shuffled)} == once


@given(DETECTIONS)
def test_no_flow_is_ever_lost_and_each_lost_rule_has_a_flow_that_says_the_same(detections):
    merged = merging.merge(detections)
    kept = {key(found) for found in merged}
    flows = [found for found in merged if found.engine == "taint"]

    for found in detections:
        if found.engine == "taint":
            assert key(found) in kept
        elif key(found) not in kept:
            assert any(merging.is_same_weakness(found, flow) for flow in flows)


@given(DETECTIONS)
def test_merging_again_changes_nothing(detections):
    once = merging.merge(detections)

    assert merging.merge(once) == once


def key(found: Detection) -> tuple[object, ...]:
    place = found.place
    end = () if found.engine == "taint" else (place.end_line, place.end_column, found.scope, found.matched)
    return found.rule, place.path, place.line, place.column, *end


def test_two_versions_of_a_package_on_one_line_are_two():
    found = dataclasses.replace(RULE, engine="packages", kind="dependency", facts={"version": "1.0"})
    other = dataclasses.replace(found, facts={"version": "1.1"})

    assert len(merging.merge([found, other, found])) == 2
