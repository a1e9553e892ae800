from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raksha.taint.java import regexes
from raksha.taint.java.semantics import NotSure

DANGEROUS = "'\"<>/\\;|&$`(){}[]*?!\n\r%="


@pytest.mark.parametrize(
    "pattern", ["[a-z]+", r"\d{1,9}", r"^[\w.-]{1,20}$", "(?:a|b)", r"[A-Za-z0-9 @._-]+", "abc", r"\w+"]
)
def test_strict_patterns_are_told(pattern):
    assert regexes.is_strict(pattern)


@pytest.mark.parametrize(
    "pattern", [".*", "[^a]+", r"\S+", r"\W", "a|.+", "[a-z'\"]+", r"[\s\S]*", r"a\/b", "[a-z/]+", "x" * 300]
)
def test_patterns_that_let_special_characters_through_are_not_strict(pattern):
    assert not regexes.is_strict(pattern)


def test_only_an_anchored_pattern_tells_by_find():
    assert regexes.is_strict("^[a-z]+$", whole=False)
    assert not regexes.is_strict("[a-z]+", whole=False)
    assert regexes.is_excluding("[^a-z0-9]")
    assert not regexes.is_excluding("[^a-z']")


@given(st.text("abz019[]()|+*?{},.^$\\dwWsS-_ '\"<>/", max_size=12), st.text("ab1 '\"</\\;|&$\n", max_size=6))
def test_what_a_strict_pattern_matches_holds_nothing_special(pattern, text):
    if not regexes.is_strict(pattern):
        return
    try:
        tested = regexes.compiled(pattern, text)
    except (NotSure, re.error):
        return
    if tested.fullmatch(text):
        assert not set(text) & set(DANGEROUS)


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "(a|aa)+$", "a*a*a*a*a*a*b", "(?:a?){60}a{60}", ".*.*.*.*=.*", "((a)*)*b"]
)
def test_patterns_that_run_for_long_are_not_tried(pattern):
    with pytest.raises(NotSure):
        regexes.compiled(pattern, "a" * 100)


def test_long_texts_are_not_tried():
    with pytest.raises(NotSure):
        regexes.compiled("a", "a" * 1000)
