"""Reading OSV records: what they say, and that anything else is refused in words."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raksha.advisories import BadAdvisory, Reference, Symbols, Vector, parse
from raksha.versions import Range

RECORD = {
    "schema_version": "1.6.0",
    "id": "GO-2099-0001",
    "modified": "0001-01-01T00:00:00Z",
    "published": "2099-04-14T20:04:52Z",
    "aliases": ["CVE-2099-1", "GHSA-aaaa-bbbb-cccc", "CVE-2099-1"],
    "related": ["CVE-2098-9"],
    "summary": "Something leaks",
    "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}],
    "affected": [
        {
            "package": {"ecosystem": "Go", "name": "example.org/thing"},
            "ranges": [
                {"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "1.6.0"}]},
                {
                    "type": "GIT",
                    "repo": "https://example.org/r",
                    "events": [{"introduced": "0"}, {"fixed": "abc"}],
                },
            ],
            "versions": ["1.5.0"],
            "ecosystem_specific": {
                "imports": [{"path": "example.org/thing/sub", "symbols": ["Leak", "T.Do"]}]
            },
        }
    ],
    "references": [{"type": "FIX", "url": "https://example.org/fix"}],
    "database_specific": {"severity": "HIGH", "cwe_ids": ["CWE-200"]},
}


def test_a_record_is_read_with_all_that_matters():
    found = parse(RECORD)

    assert found.id == "GO-2099-0001"
    assert found.published == datetime(2099, 4, 14, 20, 4, 52, tzinfo=UTC)
    assert found.aliases == ("CVE-2099-1", "GHSA-aaaa-bbbb-cccc")
    assert found.cves == ("CVE-2099-1",)
    assert found.vectors == (Vector("CVSS_V3", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"),)
    assert (found.severity_word, found.cwe_ids) == ("HIGH", ("CWE-200",))
    assert found.references == (Reference("FIX", "https://example.org/fix"),)
    assert found.affected[0].ranges[0] == Range("SEMVER", (("introduced", "0"), ("fixed", "1.6.0")))
    assert found.affected[0].symbols == (Symbols("example.org/thing/sub", ("Leak", "T.Do")),)
    assert found.fixed == ("1.6.0",)  # a commit is no version to upgrade to


def test_the_placeholder_date_of_go_is_no_date():
    assert parse(RECORD).modified is None


def test_a_distribution_release_behind_the_ecosystem_is_left_out():
    record = {
        **RECORD,
        "affected": [{"package": {"ecosystem": "Maven:https://repo.example.org", "name": "a:b"}}],
    }

    assert parse(record).affected[0].ecosystem == "Maven"


@pytest.mark.parametrize(
    "specific",
    [{"affected_functions": ["x.template"]}, {"affects": {"functions": ["x.template"]}}],
    ids=["github", "rustsec"],
)
def test_functions_of_other_databases_are_symbols_too(specific):
    package = {"ecosystem": "npm", "name": "x"}
    record = {**RECORD, "affected": [{"package": package, "ecosystem_specific": specific}]}

    assert parse(record).affected[0].symbols == (Symbols("", ("x.template",)),)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"id": ""}, "id"),
        ({"modified": "yesterday"}, "modified"),
        ({"aliases": "CVE-1"}, "aliases"),
        ({"affected": [{"package": ["x"]}]}, "package"),
        ({"affected": [{"ranges": [{"type": "MOON", "events": []}]}]}, "range"),
        ({"affected": [{"ranges": [{"type": "SEMVER", "events": [{"introduced": 0}]}]}]}, "introduced"),
        ({"references": [{"type": "WEB", "url": 5}]}, "url"),
    ],
    ids=str,
)
def test_a_wrong_record_is_refused_with_the_name_of_the_field(change, word):
    with pytest.raises(BadAdvisory, match=word):
        parse({**RECORD, **change})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(field=st.sampled_from(sorted(RECORD)), value=JSON)
def test_any_value_in_any_field_is_read_or_refused(field, value):
    with contextlib.suppress(BadAdvisory):
        assert parse({**RECORD, field: value}).id
