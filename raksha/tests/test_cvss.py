from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raksha import cvss

TOTAL = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"


@pytest.mark.parametrize(
    ("vector", "version", "score", "severity", "automatable", "impact"),
    [
        (TOTAL, "3.1", 9.8, "critical", True, "total"),
        ("CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", "3.0", 6.1, "medium", False, "partial"),
        ("CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:L/A:N", "3.1", 6.5, "medium", False, "total"),
        ("CVSS:3.1/AV:L/AC:L/PR:H/UI:N/S:U/C:H/I:L/A:N", "3.1", 5.1, "medium", False, "partial"),
        (
            "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
            "4.0",
            9.3,
            "critical",
            True,
            "total",
        ),
        (
            "CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N",
            "4.0",
            8.2,
            "high",
            False,
            "partial",
        ),
        (
            "CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N/AU:Y",
            "4.0",
            8.2,
            "high",
            True,
            "partial",
        ),
        ("AV:N/AC:L/Au:N/C:C/I:C/A:C", "2.0", 10.0, "critical", True, "total"),
        ("(AV:N/AC:M/Au:S/C:P/I:N/A:N)", "2.0", 3.5, "low", False, "partial"),
    ],
)
def test_a_vector_gives_score_word_and_decision_points(vector, version, score, severity, automatable, impact):
    rating = cvss.rate(vector)

    assert (rating.version, rating.score, rating.severity) == (version, score, severity)
    assert (rating.automatable, rating.technical_impact) == (automatable, impact)


@given(st.one_of(st.text(max_size=400), st.text("CVSS:34.0/AVNLHPRUIX()", max_size=80)))
def test_any_other_text_is_refused_and_nothing_else_happens(text):
    try:
        score = cvss.rate(text).score
    except cvss.WrongVector:
        return
    assert 0.0 <= score <= 10.0


def test_the_worst_of_several_vectors_counts_and_wrong_ones_do_not():
    assert cvss.best(["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N", "nonsense", TOTAL]).vector == TOTAL  # type: ignore[union-attr]
    assert cvss.best(["nonsense"]) is None
    assert cvss.best([]) is None


@pytest.mark.parametrize(
    ("score", "word"),
    [
        (0.0, "info"),
        (0.1, "low"),
        (3.9, "low"),
        (4.0, "medium"),
        (6.9, "medium"),
        (7.0, "high"),
        (9.0, "critical"),
    ],
)
def test_bands_of_severity(score, word):
    assert cvss.severity_of(score) == word
