"""Names of packages, and package URLs both ways."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raksha.packages import ECOSYSTEMS, Package, from_purl, normalise, purl


@pytest.mark.parametrize(
    ("ecosystem", "name", "expected"),
    [
        ("PyPI", "Zope.Interface", "zope-interface"),
        ("PyPI", "ruamel__yaml", "ruamel-yaml"),
        ("npm", "@Scope/Name", "@Scope/Name"),
        ("NuGet", "Newtonsoft.Json", "newtonsoft.json"),
        ("Packagist", "Symfony/Http-Kernel", "symfony/http-kernel"),
        ("Go", "github.com/BurntSushi/toml", "github.com/BurntSushi/toml"),
        ("crates.io", "serde_json", "serde_json"),
    ],
)
def test_names_are_compared_as_their_registry_does(ecosystem, name, expected):
    assert normalise(ecosystem, name) == expected


@pytest.mark.parametrize(
    ("package", "expected"),
    [
        (Package("PyPI", "Zope.Interface", "5.0"), "pkg:pypi/zope-interface@5.0"),
        (Package("npm", "@scope/a", "1.0.0"), "pkg:npm/%40scope/a@1.0.0"),
        (Package("Maven", "org.example:a", "1.0"), "pkg:maven/org.example/a@1.0"),
        (Package("Go", "github.com/a/b", "1.0.0"), "pkg:golang/github.com/a/b@v1.0.0"),
        (Package("PyPI", "torch", "1.9.0+cpu"), "pkg:pypi/torch@1.9.0%2Bcpu"),
        (Package("npm", "a", ""), "pkg:npm/a"),
        (Package("Moon", "a", "1"), ""),
    ],
)
def test_a_package_has_one_url(package, expected):
    assert purl(package) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pkg:npm/%40scope/a@1.0.0?x=y#z", ("npm", "@scope/a", "1.0.0")),
        ("pkg:npm/@scope/a", ("npm", "@scope/a", "")),
        ("pkg:maven/org.example/a@1.0", ("Maven", "org.example:a", "1.0")),
        ("pkg:PyPI/flask@2.0", ("PyPI", "flask", "2.0")),
        ("pkg:deb/debian/openssl@1.1", None),
        ("pkg:npm", None),
        ("pkg:npm/", None),
        ("flask", None),
        ("", None),
    ],
)
def test_a_url_names_a_package_of_a_known_kind_or_nothing(text, expected):
    assert from_purl(text) == expected


WORDS = st.text("abcXYZ019-_.", min_size=1, max_size=8).filter(lambda word: word.strip("."))


@given(ecosystem=st.sampled_from(ECOSYSTEMS), words=st.lists(WORDS, min_size=1, max_size=3), version=WORDS)
def test_every_url_of_ours_reads_back(ecosystem, words, version):
    name = ":".join(words[:2]) if ecosystem == "Maven" else "/".join(words)
    found = from_purl(purl(Package(ecosystem, name, version)))

    assert found is not None
    assert found[:2] == (ecosystem, normalise(ecosystem, name))
    assert found[2].removeprefix("v") == version.removeprefix("v")


@given(st.text(max_size=30))
def test_any_text_is_a_url_or_nothing(text):
    from_purl(text)
    from_purl("pkg:npm/" + text)
