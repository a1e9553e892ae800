"""R-17: whatever comes in place of a feed, the last good rows stay."""

from __future__ import annotations

import gzip
import json
import random
from datetime import UTC, date, datetime, timedelta

import pytest

from raksha.feeds import importing, parsing
from raksha.feeds.errors import Refused
from raksha.feeds.staging import Manner
from raksha.models import (
    Advisory,
    AffectedPackage,
    Alias,
    CveFacts,
    EpssScore,
    Feed,
    FeedState,
    KevEntry,
)

from .conftest import epss, kev, lines, osv, zipped

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def bring(tmp_path):
    """Import bytes as a feed."""

    def imported(kind, content, ecosystem="", *, now=NOW, **manner):
        path = tmp_path / "feed"
        path.write_bytes(content)
        feed = importing.get_feed(kind, ecosystem)
        return importing.import_file(feed, path, now=now, manner=Manner(**manner))

    return imported


def rows():
    """Return all that is stored of advisories, without what says when."""
    return (
        sorted(Advisory.objects.values_list("osv_id", "aliases", "summary", "score", "severity", "cwe", "withdrawn_at")),
        sorted(AffectedPackage.objects.values_list("advisory__osv_id", "ecosystem", "name")),
        sorted(Alias.objects.values_list("advisory__osv_id", "alias")),
    )  # fmt: skip


def test_an_osv_export_becomes_advisories_packages_and_aliases(bring):
    counts = bring("osv", zipped([osv(1, "Django_Thing"), osv(2)]), "PyPI")

    assert (counts.rows, counts.changed, counts.gone, counts.rejected) == (2, 2, 0, 0)
    advisory = Advisory.objects.get(osv_id="PYSEC-2025-1")
    assert (advisory.score, advisory.severity, advisory.cwe) == (9.8, "critical", [502, 20])
    assert advisory.details == "It can be misused.\nThe rest of the story\tis long."
    assert advisory.facts["references"] == [["ADVISORY", "https://example.org/1"]]
    package = AffectedPackage.objects.get(advisory=advisory)
    assert (package.ecosystem, package.name) == ("PyPI", "django-thing")
    assert package.affected == [
        {"ranges": [["ECOSYSTEM", [["introduced", "0"], ["fixed", "2.0"]]]], "versions": ["1.0", "1.1"]}
    ]
    assert set(Alias.objects.filter(advisory=advisory).values_list("alias", flat=True)) == set(
        advisory.aliases
    )
    feed = Feed.objects.get()
    assert (feed.state, feed.rows, feed.error, feed.changed_at) == (FeedState.CURRENT, 2, "", NOW)


def test_the_same_export_again_changes_nothing_and_an_altered_record_only_itself(bring):
    bring("osv", lines([osv(1), osv(2)]), "PyPI")

    same = bring("osv", lines([osv(2), osv(1)]), "PyPI", now=LATER)
    altered = bring("osv", lines([osv(1, fixed="3.0"), osv(2)]), "PyPI", now=LATER)

    assert (same.changed, same.gone) == (0, 0)
    assert (altered.changed, altered.gone) == (1, 0)
    assert dict(Advisory.objects.values_list("osv_id", "changed_at")) == {
        "PYSEC-2025-1": LATER,
        "PYSEC-2025-2": NOW,
    }
    assert AffectedPackage.objects.count() == 2
    assert AffectedPackage.objects.get(name="package-1").affected[0]["ranges"][0][1][1] == ["fixed", "3.0"]
    assert Alias.objects.count() == 4


def test_what_leaves_an_export_counts_as_taken_back_until_it_returns(bring):
    records = [osv(number) for number in range(20)]
    bring("osv", lines(records), "PyPI")

    counts = bring("osv", lines(records[1:]), "PyPI", now=LATER)

    assert (counts.rows, counts.gone) == (19, 1)
    assert Advisory.objects.get(osv_id="PYSEC-2025-0").withdrawn_at == LATER
    assert bring("osv", lines(records), "PyPI", now=LATER).changed == 1
    assert Advisory.objects.get(osv_id="PYSEC-2025-0").withdrawn_at is None
    assert AffectedPackage.objects.count() == 20


def test_one_package_in_several_entries_is_one_row(bring):
    record = osv(1)
    more = json.loads(json.dumps(record["affected"][0]))
    more["ranges"][0]["events"] = [{"introduced": "3.0"}, {"last_affected": "3.5"}]
    commits = {"ranges": [{"type": "GIT", "repo": "https://example.org", "events": [{"introduced": "0"}]}]}

    bring("osv", lines([{**record, "affected": [*record["affected"], more, commits]}]), "PyPI")

    assert [len(row.affected) for row in AffectedPackage.objects.all()] == [2]


@pytest.mark.parametrize("seed", range(4))
def test_records_in_any_order_give_the_same_rows_even_when_an_id_comes_twice(bring, seed, monkeypatch):
    older = osv(1, summary="older", modified="2025-01-01T00:00:00Z", affected=[])
    records = [
        osv(1),
        older,
        osv(2),
        osv(2),
        osv(3, "other"),
        osv(3, "other", modified="2026-03-01T11:00:00Z"),
    ]
    bring(
        "osv", lines([osv(1), osv(2), osv(3, "other", modified="2026-03-01T11:00:00Z")]), "PyPI", force=True
    )
    expected = rows()
    Feed.objects.all().delete()
    Advisory.objects.all().delete()
    AffectedPackage.objects.all().delete()
    Alias.objects.all().delete()
    monkeypatch.setattr(parsing, "BATCH", 2)

    random.Random(seed).shuffle(records)  # noqa: S311 (an order)
    bring("osv", lines(records), "PyPI")

    assert rows() == expected
    bring("osv", lines(list(reversed(records))), "PyPI", now=LATER)
    assert rows() == expected


def test_a_large_file_is_read_beside_and_gives_the_same_rows(bring, monkeypatch):
    records = [osv(number) for number in range(1_200)]
    bring("osv", lines(records), "PyPI")
    expected = rows()
    monkeypatch.setattr(parsing, "SMALL_BYTES", 0)

    counts = bring("osv", zipped(records), "PyPI", now=LATER)

    assert (counts.rows, counts.changed) == (1_200, 0)
    assert rows() == expected


def test_a_large_file_that_is_cut_off_is_refused_by_the_other_process_too(bring, monkeypatch):
    bring("osv", lines([osv(1)]), "PyPI")
    monkeypatch.setattr(parsing, "SMALL_BYTES", 0)

    with pytest.raises(Refused, match="cut off"):
        bring("osv", zipped([osv(1), osv(2)])[:-30], "PyPI", now=LATER)
    assert Advisory.objects.count() == 1


def test_odd_but_real_records_are_taken(bring):
    go = osv(1, modified="0001-01-01T00:00:00Z", published=None, severity=None, database_specific=None)
    go["affected"] = [
        {
            "package": {"name": "stdlib", "ecosystem": "Go"},
            "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}],
            "ecosystem_specific": {"imports": [{"path": "net/http", "symbols": ["Serve"]}]},
        }
    ]
    nul = osv(2, summary="with \0 in it", modified="2024-10-10T17:22:00.123456789Z")
    about_nul = osv(3, details=r"the text \x00 and \u0000, as such")
    distribution = osv(4)
    distribution["affected"][0]["package"]["ecosystem"] = "Debian:12"

    counts = bring("osv", lines([go, nul, about_nul, distribution]), "Go")

    assert counts.rejected == 0
    first = Advisory.objects.get(osv_id="PYSEC-2025-1")
    assert (first.modified_at, first.score, first.severity) == (None, None, "")
    assert first.packages.get().affected[0]["symbols"] == [["net/http", ["Serve"]]]
    assert Advisory.objects.get(osv_id="PYSEC-2025-2").summary == "with  in it"
    assert Advisory.objects.get(osv_id="PYSEC-2025-3").details == r"the text \x00 and \u0000, as such"
    assert AffectedPackage.objects.get(advisory__osv_id="PYSEC-2025-4").ecosystem == "Debian"


GOOD = [osv(number) for number in range(200)]
POISON = {
    "nothing": b"",
    "an empty list": b"[]",
    "another thing": b'{"error": "rate limited"}',
    "a page": b"<html>Service unavailable</html>",
    "half of it": lines(GOOD[:100]),
    "a fifth of it taken back": lines(GOOD[:160] + [{**r, "withdrawn": "2026-03-01T00:00:00Z"} for r in GOOD[160:]]),
    "cut in a record": lines(GOOD)[:-40],
    "cut gzip": gzip.compress(lines(GOOD))[:-9],
    "cut zip": zipped(GOOD)[:-100],
    "wrong types": lines([{**record, "affected": "all of them"} for record in GOOD]),
    "wrong ids": lines([{**record, "id": "'; DROP TABLE"} for record in GOOD]),
    "wrong moments": lines([{**record, "modified": "yesterday"} for record in GOOD]),
    "wrong versions": lines([{**r, "affected": [{**r["affected"][0], "versions": [1, {}]}]} for r in GOOD]),
    "zip bomb": zipped([{"id": "x", "details": "0" * 20_000_000}]),
}  # fmt: skip


@pytest.mark.parametrize("poison", POISON)
def test_a_poisoned_export_changes_nothing(bring, poison):
    bring("osv", lines(GOOD), "PyPI")
    before = rows()

    with pytest.raises(Refused):
        bring("osv", POISON[poison], "PyPI", now=LATER)

    assert rows() == before
    feed = Feed.objects.get()
    assert (feed.state, feed.rows, feed.fetched_at < NOW) == (FeedState.FAILED, 200, True)  # type: ignore[operator]
    assert feed.error


def test_an_operator_can_insist_and_can_add(bring):
    bring("osv", lines(GOOD), "PyPI")

    added = bring("osv", lines([osv(900)]), "PyPI", merge=True)
    forced = bring("osv", lines(GOOD[:50]), "PyPI", force=True)

    assert (added.rows, added.gone) == (201, 0)
    assert (forced.rows, forced.gone) == (50, 151)


def test_the_catalogue_of_exploited_cves_is_replaced_as_a_whole(bring):
    bring("kev", json.dumps(kev(*range(1, 21))).encode())

    counts = bring("kev", json.dumps(kev(*range(2, 22), version="2026.03.02")).encode(), now=LATER)

    assert (counts.rows, counts.changed, counts.gone, counts.version) == (20, 1, 1, "2026.03.02")
    assert KevEntry.objects.get(cve="CVE-2025-0001").removed_at == LATER
    entry = KevEntry.objects.get(cve="CVE-2025-0003")
    assert (entry.vendor, entry.due_date, entry.is_ransomware, entry.cwe) == (
        *("Vendor", date(2026, 3, 20), True, [502]),
    )
    assert entry.changed_at == NOW


BAD_KEV = {
    "emptied": kev(version="2026.03.02"),
    "cut": {**kev(*range(15)), "count": 20},
    "fewer": kev(*range(10), version="2026.03.02"),
    "older": kev(*range(20), version="2025.12.31"),
    "twice": kev(*range(19), 3),
    "no list": {"vulnerabilities": {}},
    "a number for a text": {**kev(*range(20)), "vulnerabilities": [{**e, "product": 7} for e in kev(*range(20))["vulnerabilities"]]},
    "no due date": {**kev(*range(20)), "vulnerabilities": [{**e, "dueDate": "soon"} for e in kev(*range(20))["vulnerabilities"]]},
    "not a CVE": {**kev(*range(20)), "vulnerabilities": [{**e, "cveID": "CVE-1"} for e in kev(*range(20))["vulnerabilities"]]},
    "a list": [kev(*range(20))],
}  # fmt: skip


@pytest.mark.parametrize("poison", BAD_KEV)
def test_a_poisoned_catalogue_changes_nothing(bring, poison):
    bring("kev", json.dumps(kev(*range(20))).encode())

    with pytest.raises(Refused):
        bring("kev", json.dumps(BAD_KEV[poison]).encode(), now=LATER)

    assert KevEntry.objects.filter(removed_at=None, changed_at=NOW).count() == 20


def test_scores_come_with_or_without_the_comment_and_from_the_api(bring):
    bring("epss", epss({1: (0.1, 0.5), 2: (0.2, 0.6)}, day=""))
    assert set(EpssScore.objects.values_list("scored_date", flat=True)) == {None}

    counts = bring("epss", epss({1: (0.1, 0.5), 2: (0.9, 0.99)}), now=LATER)
    assert (counts.changed, counts.version) == (1, "2026-03-01")

    api = {
        "status": "OK",
        "data": [{"cve": "CVE-2025-0003", "epss": "0.97", "percentile": "0.999", "date": "2026-03-01"}],
    }
    counts = bring("epss", json.dumps(api).encode(), now=LATER)

    assert (counts.rows, counts.gone) == (3, 0)
    score = EpssScore.objects.get(cve="CVE-2025-0003")
    assert (score.probability, score.percentile, score.scored_date) == (0.97, 0.999, date(2026, 3, 1))


BAD_EPSS = {
    "emptied": epss({}),
    "header only": b"cve,epss,percentile\n",
    "nothing": b"",
    "fewer": epss({n: (0.1, 0.1) for n in range(10)}),
    "older": epss({n: (0.1, 0.1) for n in range(20)}, day="2025-01-01"),
    "above one": epss({n: (1.1, 0.1) for n in range(20)}),
    "not a number": epss({n: (float("nan"), 0.1) for n in range(20)}),
    "cut in a line": gzip.decompress(epss({n: (0.1, 0.1) for n in range(20)}))[:-7],
    "cut gzip": epss({n: (0.1, 0.1) for n in range(20)})[:-6],
    "other columns": b"cve,score\nCVE-2025-0001,0.5\n",
    "a page": b"<html>Service unavailable</html>",
}


@pytest.mark.parametrize("poison", BAD_EPSS)
def test_poisoned_scores_change_nothing(bring, poison):
    bring("epss", epss({number: (0.5, 0.5) for number in range(20)}))

    with pytest.raises(Refused):
        bring("epss", BAD_EPSS[poison], now=LATER)

    assert EpssScore.objects.filter(probability=0.5, changed_at=NOW).count() == 20


def record(cve="CVE-2025-0001", *, ssvc=("active", "yes", "total"), vector=None, cwe=None, state="PUBLISHED"):
    """Make a CVE record with CISA's part."""
    exploitation, automatable, impact = ssvc
    options = [{"Exploitation": exploitation}, {"Automatable": automatable}, {"Technical Impact": impact}]
    metrics = [{"other": {"type": "ssvc", "content": {"options": options}}}]
    metrics += [{"cvssV3_1": {"vectorString": vector, "baseScore": 1.0}}] if vector else []  # type: ignore[dict-item]
    part = {
        "metrics": metrics,
        "problemTypes": [{"descriptions": [{"cweId": cwe, "lang": "en"}]}] if cwe else [],
    }
    return {
        "dataType": "CVE_RECORD",
        "cveMetadata": {"cveId": cve, "state": state},
        "containers": {"cna": {"metrics": [{"format": "CVSS"}]}, "adp": [{"title": "CVE Program"}, part]},
    }


def test_enrichment_gives_cvss_cwe_and_decision_points_and_loses_none(bring):
    vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
    rejected = record("CVE-2025-0002", state="REJECTED")
    bring("cve", zipped([record(vector=vector, cwe="CWE-502"), rejected]))
    nvd = {
        "vulnerabilities": [
            {"cve": {"id": "CVE-2025-0001", "weaknesses": [{"description": [{"value": "CWE-20"}]}]}}
        ]
    }

    bring("cve", json.dumps(nvd).encode(), "nvd", now=LATER)

    facts = CveFacts.objects.get()
    assert (facts.cve, facts.vector, facts.score, facts.cwe) == ("CVE-2025-0001", vector, 9.8, [20])
    assert (facts.exploitation, facts.automatable, facts.technical_impact) == ("active", True, "total")
    assert facts.changed_at == LATER
    assert bring("cve", json.dumps(nvd).encode(), "nvd", now=LATER).changed == 0


@pytest.mark.parametrize(
    "poison", [b"", b"[]", b'{"a": 1}', lines([{"cveMetadata": 3}] * 5), zipped([record("CVE-x")] * 3)[:-9]],
    ids=["nothing", "empty list", "another thing", "wrong types", "cut"],
)  # fmt: skip
def test_poisoned_enrichment_changes_nothing(bring, poison):
    bring("cve", lines([record()]))

    with pytest.raises(Refused):
        bring("cve", poison, now=LATER)

    assert CveFacts.objects.get().changed_at == NOW


def test_rows_are_as_old_as_the_newest_thing_in_them(bring):
    bring("kev", json.dumps(kev(1, version="2026.02.27")).encode())
    bring("epss", epss({1: (0.1, 0.1)}, day="2026-02-01"))
    bring("osv", lines([osv(1)]), "PyPI")

    dates = {feed.name: feed.fetched_at.date() for feed in Feed.objects.all()}  # type: ignore[union-attr]
    assert dates == {"kev": date(2026, 2, 27), "epss": date(2026, 2, 1), "osv/PyPI": date(2026, 3, 1)}
    assert {feed.name for feed in Feed.objects.all() if feed.is_stale(NOW)} == {"kev", "epss"}


def test_scores_of_the_api_and_records_without_a_change_are_as_old_as_they_say(bring):
    score = {"cve": "CVE-2025-0001", "epss": "0.5", "percentile": "0.5", "date": "2026-01-05"}
    bring("epss", json.dumps([score]).encode())
    bring("osv", lines([osv(1, modified="0001-01-01T00:00:00Z", published="2026-02-01T00:00:00Z")]), "Go")

    dates = {feed.name: feed.fetched_at.date() for feed in Feed.objects.all()}  # type: ignore[union-attr]
    assert dates == {"epss": date(2026, 1, 5), "osv/Go": date(2026, 2, 1)}
