"""OSV's evaluation of ranges and lists."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raksha.versions import Range, is_affected


def span(*events: tuple[str, str], kind: str = "ECOSYSTEM") -> Range:
    return Range(kind, events)


TWICE = span(("introduced", "0"), ("fixed", "1.5"), ("introduced", "2.0"), ("fixed", "2.3"))


@pytest.mark.parametrize(
    ("version", "expected"),
    [("0.1", True), ("1.4.9", True), ("1.5", False), ("1.9", False), ("2.0", True), ("2.2.9", True), ("2.3", False)],
)  # fmt: skip
def test_a_range_with_two_stretches_holds_both_and_not_what_lies_between(version, expected):
    assert is_affected("PyPI", version, [TWICE]) is expected


def test_the_order_in_which_events_are_written_does_not_matter():
    backwards = Range("ECOSYSTEM", tuple(reversed(TWICE.events)))

    for version in ("1.4", "1.7", "2.1", "2.3"):
        assert is_affected("PyPI", version, [TWICE]) is is_affected("PyPI", version, [backwards])


def test_last_affected_is_itself_affected():
    only = span(("introduced", "1.2"), ("last_affected", "1.2"))

    assert [is_affected("npm", v, [only]) for v in ("1.1.9", "1.2.0", "1.2.1")] == [False, True, False]


def test_a_local_build_of_the_last_affected_version_is_affected():
    assert is_affected("PyPI", "1.9.0+cpu", [span(("introduced", "0"), ("last_affected", "1.9.0"))])


def test_what_is_fixed_and_introduced_at_one_version_is_affected_there():
    again = span(("introduced", "1"), ("fixed", "2"), ("introduced", "2"), ("fixed", "3"))

    assert [is_affected("npm", v, [again]) for v in ("1.5.0", "2.0.0", "3.0.0")] == [True, True, False]


def test_a_range_without_an_end_goes_on():
    assert is_affected("Go", "v99.0.0", [span(("introduced", "1.0.0"), kind="SEMVER")])


def test_a_limit_cuts_the_range():
    limited = span(("introduced", "1"), ("limit", "2"))

    assert [is_affected("PyPI", v, [limited]) for v in ("1.9", "2.0")] == [True, False]


def test_commits_say_nothing_about_versions():
    assert not is_affected("PyPI", "1.0", [span(("introduced", "0"), kind="GIT")])


def test_a_listed_version_is_affected_in_any_spelling():
    assert is_affected("PyPI", "1.0.0", [], ["1.0"])
    assert is_affected("PyPI", "1.0+cu118", [], ["1.0"])
    assert not is_affected("PyPI", "1.1", [], ["1.0"])


def test_a_list_adds_to_ranges():
    assert is_affected("npm", "9.0.0", [span(("introduced", "0"), ("fixed", "1.0.0"))], ["9.0.0"])


def test_a_branch_or_a_word_is_in_no_range_but_may_be_listed():
    everything = span(("introduced", "0"))

    assert not is_affected("Packagist", "dev-main", [everything])
    assert not is_affected("npm", "latest", [everything])
    assert is_affected("Packagist", "dev-main", [], ["dev-main"])


def test_a_go_pre_release_of_the_toolchain_counts_as_older_than_its_release():
    fixed = span(("introduced", "1.20.0-0"), ("fixed", "1.20.3"), kind="SEMVER")

    assert [is_affected("Go", v, [fixed]) for v in ("go1.19.9", "go1.20rc1", "go1.20.2", "go1.20.3")] == [
        False,
        True,
        True,
        False,
    ]


PLAIN = st.integers(0, 40)
STRETCH = st.tuples(PLAIN, PLAIN).filter(lambda pair: pair[0] < pair[1])


@given(starts=st.lists(STRETCH, max_size=4), version=PLAIN)
def test_separate_ranges_are_the_union_of_their_stretches(starts, version):
    ranges = [span(("introduced", f"1.{a}.0"), ("fixed", f"1.{b}.0")) for a, b in starts]

    expected = any(a <= version < b for a, b in starts)

    assert is_affected("npm", f"1.{version}.0", ranges) is expected
