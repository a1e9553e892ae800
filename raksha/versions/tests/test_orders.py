"""Known orders of each ecosystem, and the laws of order for whatever text comes."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from raksha.versions import compare, is_prerelease, is_readable, key

CLIMBING = {
    "PyPI": [
        "1.0.dev1", "1.0a1.dev1", "1.0a1", "1.0b2", "1.0rc1", "1.0", "1.0+local", "1.0.post1", "1.0.1", "1.10", "1!0.1",
    ],
    "npm": [
        "0.9.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
        "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2", "1.10.0",
    ],
    "crates.io": ["0.1.0-pre", "0.1.0", "0.1.1", "0.10.0", "1.0.0"],
    "Go": [
        "0.0.0-20200131131040-063a3fb69896", "v0.0.0-20201009132224-3f39dc1ed9f4", "v0.1.0-rc.1", "0.1.0",
        "v0.1.1-0.20210101000000-abcdefabcdef", "0.1.1", "v2.0.0+incompatible", "2.0.1",
    ],
    "Maven": [
        "1-alpha", "1-alpha2", "1-b2", "1-m1", "1-rc1", "1-cr2", "1-SNAPSHOT", "1", "1-sp", "1-abc", "1-1", "1.0.1",
        "1.1", "2.0-rc1", "2.0", "2.0.1.Final", "5.2.20.RELEASE", "5.3.0",
    ],
    "RubyGems": ["1.0.a", "1.0.b1", "1.0.b10", "1.0.0.pre", "1.0.0.rc1", "1.0", "1.0.1", "1.2.b", "1.2", "1.10"],
    "Packagist": [
        "dev-main", "1.0.0-dev", "1.0.0-alpha1", "1.0.0-beta2", "1.0.0-RC1", "v1.0.0", "1.0.0-patch1", "1.0.1",
        "1.x-dev", "2.0.0",
    ],
    "NuGet": ["1.0.0-Alpha", "1.0.0-beta", "1.0.0", "1.0.0.1", "1.0.1"],
}  # fmt: skip
ALIKE = [
    ("PyPI", "1.0", "1.0.0"),
    ("PyPI", "1.0-rc.1", "1.0c1"),
    ("npm", "v1.2.3", "1.2.3+build.5"),
    ("npm", "1.2", "1.2.0"),
    ("Go", "v2.0.0+incompatible", "2.0.0"),
    ("Go", "go1.21", "1.21.0"),
    ("Maven", "1.0.0.Final", "1"),
    ("Maven", "1-a1", "1-alpha-1"),
    ("Maven", "2-RC1", "2-cr1"),
    ("RubyGems", "1", "1.0.0"),
    ("RubyGems", "1.0-rc1", "1.0.pre.rc1"),
    ("Packagist", "v1.2.0.0", "1.2"),
    ("NuGet", "1.0.0-BETA", "1.0-beta"),
]
TEXTS = st.one_of(
    st.text(max_size=24),
    st.text("0123456789.-+_~abrcpostdevfinal", max_size=18),
    st.sampled_from([version for row in CLIMBING.values() for version in row]),
)


@pytest.mark.parametrize("ecosystem", sorted(CLIMBING))
def test_every_later_version_of_a_known_row_is_newer(ecosystem):
    for older, newer in combinations(CLIMBING[ecosystem], 2):
        assert compare(ecosystem, older, newer) == -1, (older, newer)
        assert compare(ecosystem, newer, older) == 1, (older, newer)


@pytest.mark.parametrize(("ecosystem", "a", "b"), ALIKE)
def test_two_spellings_of_one_version_are_equal(ecosystem, a, b):
    assert compare(ecosystem, a, b) == 0


@pytest.mark.parametrize("ecosystem", sorted(CLIMBING))
@given(texts=st.lists(TEXTS, min_size=3, max_size=5))
def test_any_texts_have_one_order(ecosystem, texts):
    for a, b in combinations(texts, 2):
        assert compare(ecosystem, a, b) == -compare(ecosystem, b, a)
    ordered = sorted(texts, key=lambda text: key(ecosystem, text))

    assert all(compare(ecosystem, a, b) <= 0 for a, b in combinations(ordered, 2))
    assert all(compare(ecosystem, text, text) == 0 for text in texts)


NUMBERS = st.lists(st.integers(0, 30), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))
PEP440 = st.tuples(
    st.sampled_from(["", "1!"]),
    NUMBERS,
    st.sampled_from(["", "a1", "b2", "rc1", "-rc.2", "alpha"]),
    st.sampled_from(["", ".post1", "-2"]),
    st.sampled_from(["", ".dev3"]),
    st.sampled_from(["", "+local.1"]),
).map("".join)


@given(a=PEP440, b=PEP440)
def test_python_versions_compare_as_packaging_has_them(a, b):
    expected = (Version(a) > Version(b)) - (Version(a) < Version(b))

    assert compare("PyPI", a, b) == expected


@given(st.lists(NUMBERS, min_size=2, max_size=6))
def test_plain_numbers_order_alike_in_every_ecosystem(numbers):
    for a, b in pairwise(numbers):
        assert len({compare(ecosystem, a, b) for ecosystem in CLIMBING}) == 1, (a, b)


@pytest.mark.parametrize(
    ("ecosystem", "text", "readable"),
    [
        ("PyPI", "2004d", True),
        ("PyPI", "0.23ubuntu1", True),
        ("PyPI", ">=1.0", False),
        ("PyPI", "1" * 5000, False),
        ("npm", "1.2.3", True),
        ("npm", "^1.2.3", False),
        ("npm", "latest", False),
        ("Go", "v0.0.0-20201009132224-3f39dc1ed9f4", True),
        ("Maven", "31.1-jre", True),
        ("Maven", "${spring.version}", False),
        ("Maven", "[1.0,2.0)", False),
        ("RubyGems", "1.2.3.pre", True),
        ("RubyGems", "~> 1.2", False),
        ("Packagist", "dev-main", False),
        ("Packagist", "v5.4.0-RC1", True),
        ("NuGet", "[1.0, )", False),
    ],
)
def test_ranges_branches_and_words_are_not_versions(ecosystem, text, readable):
    assert is_readable(ecosystem, text) is readable


@pytest.mark.parametrize(
    ("ecosystem", "text", "before"),
    [
        ("PyPI", "3.0rc1", True),
        ("PyPI", "3.0", False),
        ("PyPI", "3.0.post1", False),
        ("npm", "3.0.0-next.1", True),
        ("npm", "3.0.0+build", False),
        ("Maven", "3.0-M1", True),
        ("Maven", "31.1-jre", False),
        ("RubyGems", "3.0.rc1", True),
        ("RubyGems", "3.0", False),
        ("Packagist", "3.0.0-beta1", True),
        ("Packagist", "3.0.0-patch1", False),
    ],
)
def test_a_pre_release_is_told_from_a_release(ecosystem, text, before):
    assert is_prerelease(ecosystem, text) is before
