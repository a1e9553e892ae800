from __future__ import annotations

import dataclasses
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from raksha import priority
from raksha.detections import SEVERITIES
from raksha.priority import Kev, RiskFacts, Signals
from raksha.ssvc import WORDS

TODAY = date(2026, 3, 2)
KEV = Kev("CVE-2021-44228", "Log4Shell", date(2021, 12, 10), date(2021, 12, 24), is_ransomware=True)

shares = st.floats(0, 1)
signals = st.builds(
    Signals,
    epss=st.none() | shares,
    percentile=st.none() | shares,
    score=st.none() | st.floats(0, 10).map(lambda score: round(score, 1)),
    exploitation=st.sampled_from([None, "none", "poc", "active"]),
    automatable=st.sampled_from([None, False, True]),
    impact=st.sampled_from([None, "partial", "total"]),
)
kevs = st.builds(
    Kev,
    cve=st.just("CVE-2024-0001"),
    title=st.just("something"),
    added_date=st.just(date(2026, 1, 1)),
    due_date=st.dates(date(2025, 1, 1), date(2027, 1, 1)),
    is_ransomware=st.booleans(),
)
facts = st.builds(
    RiskFacts,
    kind=st.sampled_from(["code", "dependency", "secret", "config"]),
    severity=st.sampled_from([None, *SEVERITIES]),
    today=st.just(TODAY),
    signals=signals,
    confidence=st.sampled_from(["high", "medium", "low"]),
    mission=st.sampled_from(["high", "medium", "low"]),
    has_fix=st.booleans(),
    has_exploit=st.booleans(),
    is_direct=st.sampled_from([None, False, True]),
    is_dev=st.booleans(),
    is_reachable=st.sampled_from([None, False, True]),
    in_tests=st.booleans(),
    cwe_share=shares,
    age_days=st.none() | st.integers(0, 4000),
)


def with_signals(one: RiskFacts, **changes: object) -> RiskFacts:
    return dataclasses.replace(one, signals=dataclasses.replace(one.signals, **changes))  # type: ignore[arg-type]


def is_at_least(after: RiskFacts, before: RiskFacts) -> bool:
    new, old = priority.rank(after), priority.rank(before)
    return new.score >= old.score and WORDS.index(new.word) >= WORDS.index(old.word)


@given(facts, kevs)
def test_being_known_as_exploited_never_lowers_a_finding(one, kev):
    assert is_at_least(with_signals(one, kev=kev), one)


@given(facts, shares, shares)
def test_a_higher_epss_score_never_lowers_a_finding(one, first, second):
    low, high = sorted([first, second])

    assert is_at_least(with_signals(one, epss=high), with_signals(one, epss=low))
    assert is_at_least(with_signals(one, percentile=high), with_signals(one, percentile=low))
    assert is_at_least(
        with_signals(one, epss=high, percentile=high), with_signals(one, epss=None, percentile=None)
    )


@given(facts, st.floats(0, 10), st.floats(0, 10))
def test_a_worse_cvss_score_never_lowers_a_finding(one, first, second):
    low, high = sorted([first, second])

    assert is_at_least(with_signals(one, score=high), with_signals(one, score=low))


@given(facts)
def test_exploits_fixes_flows_and_missions_never_lower_a_finding(one):
    changes = {
        "has_exploit": True,
        "has_fix": True,
        "is_direct": True,
        "is_reachable": True,
        "cwe_share": 1.0,
    }
    changes |= {
        "mission": "high",  # type: ignore[dict-item]
        "confidence": "high",  # type: ignore[dict-item]
        "is_dev": False,
        "in_tests": False,
        "related": ("CVE-1",),  # type: ignore[dict-item]
    }

    for name, value in changes.items():
        assert is_at_least(dataclasses.replace(one, **{name: value}), one), name


@given(facts, st.none() | kevs)
def test_the_points_of_the_reasons_add_up_to_the_number(one, kev):
    ranked = priority.rank(with_signals(one, kev=kev))

    assert 0 <= ranked.score <= 100
    assert sum(reason.points for reason in ranked.reasons) == ranked.score
    assert ranked.score >= priority.FLOORS[ranked.word]
    assert all(reason.text for reason in ranked.reasons)


@given(facts)
def test_a_product_of_a_like_name_makes_nothing_urgent_by_itself(one):
    related = dataclasses.replace(one, related=("CVE-2024-0001",))

    assert priority.rank(related).word == priority.rank(one).word
    assert priority.rank(related).score - priority.rank(one).score <= 2


def test_log4shell_in_a_direct_dependency_is_to_be_acted_on():
    rating = Signals(kev=KEV, epss=0.9756, percentile=0.9999, score=10.0, automatable=True, impact="total")

    ranked = priority.rank(RiskFacts("dependency", "critical", TODAY, rating, has_fix=True, is_direct=True))

    assert (ranked.word, ranked.score) == ("Act", 98)
    says = [reason.text for reason in ranked.reasons]
    assert "exploited: CVE-2021-44228 is in CISA KEV since 10 Dec 2021" in says
    assert "used in ransomware campaigns" in says
    assert "KEV was due on 24 Dec 2021" in says
    assert "EPSS 97.6% within 30 days" in says


def test_a_high_cvss_score_alone_is_no_emergency():
    quiet = Signals(epss=0.0004, percentile=0.1, score=9.8, automatable=True, impact="total")

    ranked = priority.rank(RiskFacts("dependency", "critical", TODAY, quiet, is_direct=False))

    assert ranked.word == "Track"
    assert ranked.score < 40


def test_unused_code_and_development_tools_rank_below_what_runs():
    exploited = Signals(kev=KEV, score=7.5, automatable=True, impact="total")
    runs = RiskFacts("dependency", "high", TODAY, exploited, is_direct=True)

    words = [
        priority.rank(one).word
        for one in (
            runs,
            dataclasses.replace(runs, is_reachable=False),
            dataclasses.replace(runs, is_dev=True),
        )
    ]

    assert words == ["Act", "Attend", "Attend"]


def test_a_weakness_that_is_often_exploited_counts_for_more():
    rare = RiskFacts("code", "high", TODAY, is_reachable=True, confidence="high")

    often = dataclasses.replace(rare, cwe_share=0.06)

    assert priority.rank(often).score - priority.rank(rare).score == 10


def test_joined_signals_are_the_worst_of_each():
    joined = priority.join(
        [Signals(epss=0.1, score=5.0, exploitation="poc"), Signals(kev=KEV, epss=0.05, cwe=(20,))]
    )

    assert joined == Signals(kev=KEV, epss=0.1, score=5.0, exploitation="poc", cwe=(20,))
    assert priority.join([]) == Signals()


def test_a_feed_with_impossible_numbers_breaks_nothing():
    for wrong in (float("nan"), float("inf"), -3.0, 17.0):
        assert (
            0
            <= priority.rank(RiskFacts("code", None, TODAY, Signals(epss=wrong, percentile=wrong))).score
            <= 100
        )


def test_nothing_that_a_model_says_has_a_place_among_the_facts():
    """R-14: free text has no field; what is text holds CVE numbers and vectors of feeds."""
    texts = {f.name for f in dataclasses.fields(RiskFacts) if "str" in str(f.type)}
    texts |= {f.name for f in dataclasses.fields(Signals) if "str" in str(f.type)}

    assert texts == {"related", "vector"}
