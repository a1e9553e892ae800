"""Packages against advisories."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from raksha import matching
from raksha.advisories import Advisory, Symbols, parse
from raksha.packages import Package, normalise
from raksha.versions import compare


def advisory(
    name: str,
    *events: tuple[str, str],
    package: str = "django",
    ecosystem: str = "PyPI",
    aliases: Sequence[str] = (),
    **more: object,
) -> Advisory:
    return parse(
        {
            "id": name,
            "modified": "2024-01-01T00:00:00Z",
            "aliases": list(aliases),
            "affected": [
                {
                    "package": {"ecosystem": ecosystem, "name": package},
                    "ranges": [{"type": "ECOSYSTEM", "events": [{word: at} for word, at in events]}],
                }
            ],
            **more,
        }
    )


def store(*advisories: Advisory) -> dict[matching.Name, list[Advisory]]:
    found: dict[matching.Name, list[Advisory]] = {}
    for each in advisories:
        for one in each.affected:
            found.setdefault((one.ecosystem, normalise(one.ecosystem, one.name)), []).append(each)
    return found


DJANGO = Package("PyPI", "Django", "3.2.0", "requirements.txt", direct=True)


def test_a_name_in_another_spelling_is_the_same_package():
    hits = matching.match([DJANGO], store(advisory("PYSEC-1", ("introduced", "0"), ("fixed", "3.2.5"))))

    assert [(hit.package, hit.ids, hit.fixed) for hit in hits] == [(DJANGO, ("PYSEC-1",), "3.2.5")]


def test_the_same_name_in_another_ecosystem_is_another_package():
    known = store(advisory("GHSA-1", ("introduced", "0"), package="django", ecosystem="npm"))

    assert matching.match([DJANGO], known) == []


def test_records_that_share_a_name_are_one_match_with_all_their_names():
    known = store(
        advisory("GHSA-1", ("introduced", "0"), ("fixed", "3.2.5"), aliases=["CVE-1"]),
        advisory("PYSEC-1", ("introduced", "0"), ("fixed", "3.2.6"), aliases=["CVE-1", "GHSA-1"]),
        advisory("PYSEC-2", ("introduced", "0"), ("fixed", "3.2.4"), aliases=["CVE-2"]),
    )

    hits = matching.match([DJANGO], known)

    assert [hit.ids for hit in hits] == [("GHSA-1", "PYSEC-1", "CVE-1"), ("PYSEC-2", "CVE-2")]
    assert [hit.fixed_for_this for hit in hits] == ["3.2.6", "3.2.4"]
    assert hits[0].cves == ("CVE-1",)


def test_records_are_joined_over_a_third_that_knows_both():
    known = store(
        advisory("GHSA-1", ("introduced", "0"), aliases=["CVE-1"]),
        advisory("GO-1", ("introduced", "0"), aliases=["CVE-1", "OTHER-1"]),
        advisory("OTHER-1", ("introduced", "0")),
    )

    assert len(matching.match([DJANGO], known)) == 1


def test_two_vulnerabilities_that_one_announcement_tells_of_stay_two():
    known = store(
        advisory("PYSEC-1", ("introduced", "0"), aliases=["CVE-1", "GHSA-both"]),
        advisory("PYSEC-2", ("introduced", "0"), aliases=["CVE-2", "GHSA-both", "GHSA-own"]),
    )

    hits = matching.match([DJANGO], known)

    assert [hit.ids for hit in hits] == [("PYSEC-1", "CVE-1"), ("PYSEC-2", "CVE-2", "GHSA-own")]


def test_withdrawn_records_count_as_absent_also_for_the_upgrade():
    known = store(
        advisory("PYSEC-1", ("introduced", "0"), ("fixed", "3.2.5")),
        advisory("PYSEC-2", ("introduced", "0"), ("fixed", "9.0"), withdrawn="2024-02-01T00:00:00Z"),
    )

    assert [(hit.ids, hit.fixed) for hit in matching.match([DJANGO], known)] == [(("PYSEC-1",), "3.2.5")]


def test_the_upgrade_is_free_of_what_the_package_does_not_have_yet():
    known = store(
        advisory("PYSEC-1", ("introduced", "0"), ("fixed", "3.2.5")),
        advisory("PYSEC-2", ("introduced", "3.2.5"), ("fixed", "3.2.9")),
        advisory("PYSEC-3", ("introduced", "3.2.9"), ("fixed", "4.0.1")),
    )

    hits = matching.match([DJANGO], known)

    assert [(hit.ids, hit.fixed_for_this, hit.fixed) for hit in hits] == [(("PYSEC-1",), "3.2.5", "4.0.1")]


def test_the_upgrade_is_never_older_and_a_release_before_a_pre_release():
    known = store(
        advisory(
            "PYSEC-1", ("introduced", "0"), ("fixed", "2.2.9"), ("introduced", "3.0"), ("fixed", "3.2.5rc1")
        ),
        advisory("PYSEC-2", ("introduced", "3.0"), ("fixed", "3.2.6")),
    )

    assert [hit.fixed for hit in matching.match([DJANGO], known)] == ["3.2.6", "3.2.6"]


def test_without_a_fixed_version_there_is_no_upgrade():
    known = store(
        advisory("PYSEC-1", ("introduced", "0")),
        advisory("PYSEC-2", ("introduced", "0"), ("fixed", "3.2.5")),
    )

    hits = matching.match([DJANGO], known)

    assert [(hit.fixed_for_this, hit.fixed) for hit in hits] == [("", ""), ("3.2.5", "")]


def test_a_go_fix_at_a_commit_is_in_every_tagged_release():
    known = store(
        advisory(
            "GO-1",
            ("introduced", "0"),
            ("fixed", "0.0.0-20200220183623-bac4c82f6975"),
            package="golang.org/x/crypto",
            ecosystem="Go",
        )
    )

    def hits(version: str) -> int:
        return len(matching.match([Package("Go", "golang.org/x/crypto", version)], known))

    assert hits("0.0.0-20190101000000-aaaaaaaaaaaa") == 1
    assert hits("0.0.0-20210101000000-aaaaaaaaaaaa") == 0
    assert hits("0.23.0") == 0


def test_what_is_from_git_or_has_no_version_is_not_matched():
    known = store(advisory("PYSEC-1", ("introduced", "0")))
    others = [Package("PyPI", "django", "3.2", source="git"), Package("PyPI", "django", "")]

    assert matching.match(others, known) == []
    assert matching.names(others[:1]) == set()


def test_one_record_may_be_about_several_packages():
    record = advisory("GHSA-1", ("introduced", "0"), ("fixed", "4.17.21"), package="lodash", ecosystem="npm")
    both = parse(
        {
            "id": "GHSA-1",
            "modified": "2024-01-01T00:00:00Z",
            "affected": [
                {"package": {"ecosystem": "npm", "name": "lodash"}, "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "4.17.21"}]}]},
                {"package": {"ecosystem": "npm", "name": "lodash-es"}, "versions": ["1.0.0"]},
            ],
        }
    )  # fmt: skip

    assert len(matching.match([Package("npm", "lodash", "4.0.0")], store(record))) == 1
    assert [
        hit.package.name for hit in matching.match([Package("npm", "lodash-es", "4.0.0")], store(both))
    ] == []
    assert [hit.fixed for hit in matching.match([Package("npm", "lodash-es", "1.0.0")], store(both))] == [""]


def test_the_symbols_of_a_match_are_those_of_its_own_package():
    def about(package: str, path: str) -> dict[str, object]:
        return {
            "package": {"ecosystem": "Go", "name": package},
            "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}],
            "ecosystem_specific": {"imports": [{"path": path, "symbols": ["Do"]}]},
        }

    record = parse(
        {
            "id": "GO-1",
            "modified": "2024-01-01T00:00:00Z",
            "affected": [about("a.b/c", "a.b/c/d"), about("x.y/z", "x.y/z")],
        }
    )

    [hit] = matching.match([Package("Go", "a.b/c", "1.0.0")], store(record))

    assert matching.symbols(hit) == (Symbols("a.b/c/d", ("Do",)),)


def test_what_could_not_be_matched_is_told():
    packages = [
        Package("PyPI", "a", "latest", "requirements.txt"),
        Package("PyPI", "b", "", "requirements.txt"),
        Package("NuGet", "c", "1.0", "packages.config"),
        Package("NuGet", "d", "1.0", "packages.config"),
        Package("PyPI", "e", "1.0", "requirements.txt"),
        Package("PyPI", "f", "", "requirements.txt", source="git"),
    ]

    skips = matching.left_out(packages, {"PyPI", "npm"})

    assert [(skip.path, skip.why) for skip in skips] == [
        ("requirements.txt", "unpinned"),
        ("packages.config", "no_advisories"),
    ]
    assert "a, b:" in skips[0].says
    assert "2 packages" in skips[1].says


NUMBERS = st.integers(0, 30)


@given(
    spans=st.lists(st.tuples(NUMBERS, st.integers(1, 9)), min_size=1, max_size=6),
    version=NUMBERS,
)
def test_an_upgrade_is_newer_free_of_all_and_the_smallest_of_those_named(spans, version):
    records = [
        advisory(
            f"GHSA-{index}",
            ("introduced", f"1.{start}.0"),
            ("fixed", f"1.{start + length}.0"),
            package="a",
            ecosystem="npm",
        )
        for index, (start, length) in enumerate(spans)
    ]

    hits = matching.match([Package("npm", "a", f"1.{version}.0")], store(*records))

    affected = [span for span in spans if span[0] <= version < span[0] + span[1]]
    ends = [start + length for start, length in spans]
    free = [end for end in ends if end > version and not any(s <= end < s + n for s, n in spans)]
    assert len(hits) == len(affected)
    for hit in hits:
        assert hit.fixed == f"1.{min(free)}.0"
        assert compare("npm", hit.fixed, f"1.{version}.0") == 1
