"""Gates for scans."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raksha import policies
from raksha.detections import SEVERITIES
from raksha.policies import Judged

FOUND = Judged(name="fnd_1", kind="code", severity="high", priority=60, word="Attend", rule="python.xss")


def judge(document: object, *findings: Judged, is_partial: bool = False) -> policies.Verdict:
    return policies.judge(policies.parse(document), findings, is_partial=is_partial)


def test_an_empty_policy_passes_everything():
    assert judge({}, FOUND, is_partial=True).passed


@pytest.mark.parametrize(
    ("clause", "change"),
    [
        ({"severity": "high"}, {"severity": "medium"}),
        ({"word": "Attend"}, {"word": "Track*"}),
        ({"priority": 60}, {"priority": 59}),
        ({"kind": "code"}, {"kind": "secret"}),
        ({"rule": "python.xss"}, {"rule": "python.xss-other"}),
        ({"kev": False}, {"is_kev": True}),
        ({"has_fix": False}, {"has_fix": True}),
        ({"epss": 0}, None),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_each_condition_is_met_up_to_its_edge(clause, change):
    assert not judge({"fail_on": [clause]}, FOUND).passed
    if change:
        assert judge({"fail_on": [clause]}, dataclasses.replace(FOUND, **change)).passed


def test_a_finding_meets_all_conditions_of_one_clause():
    document = {"fail_on": [{"kev": True}, {"severity": "high", "has_fix": True}]}

    assert judge(document, FOUND).passed
    assert not judge(document, dataclasses.replace(FOUND, has_fix=True)).passed
    assert not judge(document, dataclasses.replace(FOUND, severity="low", is_kev=True)).passed


def test_a_missing_epss_counts_as_none():
    document = {"fail_on": [{"epss": 0.1}]}

    assert judge(document, FOUND).passed
    assert not judge(document, dataclasses.replace(FOUND, epss=0.2)).passed


def test_only_new_findings_fail_where_the_policy_says_so():
    document = {"fail_on": [{"severity": "high"}], "only_new": True}

    assert judge(document, FOUND).passed
    assert not judge(document, dataclasses.replace(FOUND, is_new=True)).passed


def test_a_partial_scan_fails_only_where_the_policy_says_so():
    assert not judge({"fail_if_partial": True}, is_partial=True).passed
    assert judge({"fail_if_partial": True}).passed


def test_a_verdict_names_the_clause_and_some_findings():
    many = [dataclasses.replace(FOUND, name=f"fnd_{number}") for number in range(7)]

    reasons = judge({"fail_on": [{"severity": "high", "has_fix": False}]}, *many).reasons

    assert reasons == (
        "7 findings with severity high or worse and no fix: fnd_0, fnd_1, fnd_2, fnd_3, fnd_4 and 2 more",
    )


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ([], "The policy"),
        ({"fail": []}, "'fail'"),
        ({"fail_on": {}}, "fail_on"),
        ({"fail_on": [{}]}, r"fail_on\[0\]"),
        ({"fail_on": [{"kev": 1}]}, r"fail_on\[0\]\.kev"),
        ({"fail_on": [{"severity": "bad"}]}, "severity"),
        ({"fail_on": [{"severity": ["high"]}]}, "severity"),
        ({"fail_on": [{"priority": True}]}, "priority"),
        ({"fail_on": [{"priority": 101}]}, "priority"),
        ({"fail_on": [{"epss": 2}]}, "epss"),
        ({"fail_on": [{"rule": "\0"}]}, "rule"),
        ({"fail_on": [{"kev": True}] * 21}, "at most 20"),
        ({"only_new": "yes"}, "only_new"),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else "",
)
def test_a_wrong_document_is_refused_with_the_field_named(document, field):
    with pytest.raises(policies.InvalidPolicy, match=field):
        policies.parse(document)


FINDINGS = st.builds(
    Judged,
    name=st.just("fnd"),
    kind=st.sampled_from(policies.KINDS),
    severity=st.sampled_from(SEVERITIES),
    priority=st.integers(0, 100),
    word=st.sampled_from(policies.WORDS),
    is_new=st.booleans(),
    is_kev=st.booleans(),
    has_fix=st.booleans(),
    epss=st.none() | st.floats(0, 1),
)


@given(st.lists(FINDINGS), FINDINGS, st.sampled_from(SEVERITIES), st.booleans())
def test_one_more_finding_never_makes_a_scan_pass(findings, another, severity, only_new):
    document = {"fail_on": [{"severity": severity}, {"kev": True}], "only_new": only_new}

    if not judge(document, *findings).passed:
        assert not judge(document, *findings, another).passed
