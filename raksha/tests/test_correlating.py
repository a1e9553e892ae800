from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from raksha import correlating, merging
from raksha.detections import fingerprints
from raksha.feeds import importing
from raksha.feeds.tests.conftest import kev, lines, osv
from raksha.models import Finding
from raksha.packages import Package
from raksha.reranking import renewing
from raksha.scanning import details, packaging, redacting
from raksha.tests.factories import FindingFactory, ProjectFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture
def bring(tmp_path):
    def imported(kind, content, ecosystem="", *, now=NOW):
        path = tmp_path / "feed"
        path.write_bytes(content)
        importing.import_file(importing.get_feed(kind, ecosystem), path, now=now)

    return imported


def package(name, version="1.0", **more):
    return Package("PyPI", name, version, path="requirements.txt", **more)


def test_a_vulnerable_package_is_a_detection_that_says_what_to_do(bring):
    bring("osv", lines([osv(1), osv(2)]), "PyPI")
    transitive = package("Package.1", line=3, direct=False, via=("flask", "jinja"), dev=True)

    detections, skipped = correlating.find_vulnerable([transitive, package("sound")], now=NOW)

    (found,) = detections
    assert skipped == []
    assert (found.rule, found.severity, found.cwe, found.place.line) == (
        "CVE-2025-0001",
        "critical",
        (20, 502),
        3,
    )
    assert found.title == "Package.1 1.0: Something is wrong in number 1"
    assert "It comes by flask > jinja. Upgrade to 2.0" in found.message
    assert found.matched == "PyPI:package-1"
    facts = found.facts
    assert (facts["package"], facts["cves"], facts["fixed_version"]) == (
        "PyPI:package-1",
        "CVE-2025-0001",
        "2.0",
    )
    assert (facts["advisory"], facts["cvss"], facts["direct"], facts["dev"]) == (
        "PYSEC-2025-1",
        "9.8",
        "no",
        "yes",
    )
    assert set(facts["aliases"].split()) == {"PYSEC-2025-1", "CVE-2025-0001", "GHSA-aaaa-bbbb-0001"}


def test_two_databases_about_one_vulnerability_are_one_detection_under_the_same_name(bring):
    bring("osv", lines([osv(1)]), "PyPI")
    alone, _ = correlating.find_vulnerable([package("package-1")], now=NOW)
    twin = osv(1, id="GHSA-aaaa-bbbb-0001", aliases=["CVE-2025-0001"])
    bring("ghsa", lines([twin]))

    joined, _ = correlating.find_vulnerable([package("package-1")], now=NOW)

    assert len(joined) == 1
    assert fingerprints(joined) == fingerprints(alone)


def test_the_same_record_by_two_feeds_counts_as_modified_last(bring):
    bring("osv", lines([osv(1, fixed="1.0", modified="2026-03-01T12:00:00Z")]), "PyPI")
    bring("ghsa", lines([osv(1, fixed="2.0", modified="2026-03-01T11:00:00Z")]))

    assert correlating.find_vulnerable([package("package-1", "1.5")], now=NOW)[0] == []


def test_what_nobody_knows_about_is_said_to_be_left_out(bring):
    bring("osv", lines([osv(1)]), "PyPI")

    _, skipped = correlating.find_vulnerable(
        [Package("npm", "left-pad", "1.0", path="yarn.lock"), package("package-1")],
        now=NOW + timedelta(days=3),
    )

    assert [(skip.path, skip.why) for skip in skipped] == [("yarn.lock", "no_advisories"), ("", "stale_feed")]
    assert correlating.find_vulnerable([], now=NOW) == ([], [])


def test_matching_stored_packages_anew_gives_what_a_scan_gave(bring):
    """The same fingerprints and contents: otherwise every new advisory would turn all findings over."""
    bring("osv", lines([osv(1), osv(2), osv(3, "package-1")]), "PyPI")
    packages = [
        package("package-1", line=1, direct=True),
        Package("PyPI", "package-1", "1.1", path="b/poetry.lock", line=7, via=("x",), direct=False),
        Package("PyPI", "package-1", "1.0", path="b/poetry.lock", line=7, direct=False),
        package("package-2", line=2, licence="MIT", hashes=("sha256:ab",)),
    ]
    project = ProjectFactory.create()
    packaging.keep(project, packages)
    scanned = merging.merge(correlating.find_vulnerable(packages, now=NOW)[0])
    expected = {
        name: details.fields_of(found)["digest"]
        for name, found in zip(fingerprints(scanned), redacting.redact(scanned), strict=True)
    }

    book = correlating.Book({("PyPI", "package-1"), ("PyPI", "package-2")})
    renewing.renew(project, {"PyPI:package-1", "PyPI:package-2"}, book, now=NOW)

    assert dict(Finding.objects.values_list("fingerprint", "digest")) == expected
    assert len(expected) == 7


def test_code_counts_for_more_with_a_flow_a_common_weakness_and_an_important_project(bring):
    bring("kev", json.dumps(kev(*range(10))).encode())
    project = ProjectFactory.create(mission="high")
    step = {"path": "app.py", "line": 1, "column": 1, "text": "x", "says": "request parameter"}
    shown = FindingFactory.create(project=project, cwe=[502], detail={"trace": [step]})
    guessed = FindingFactory.create(project=project, cwe=[330], confidence="low")
    tests = FindingFactory.create(
        project=project, cwe=[502], path="tests/test_app.py", detail={"trace": [step]}
    )

    correlating.rank_project(project, now=NOW)

    for finding in (shown, guessed, tests):
        finding.refresh_from_db()
    assert (shown.word, guessed.word, tests.word) == ("Attend", "Track", "Track")
    assert shown.priority > tests.priority > guessed.priority
    texts = [reason["text"] for reason in shown.reasons]
    assert "100.0% of exploited CVEs have this weakness" in texts
    assert "a flow from untrusted input is shown" in texts


def test_ranking_again_writes_nothing(bring, django_assert_max_num_queries):
    project = ProjectFactory.create()
    FindingFactory.create_batch(5, project=project)
    correlating.rank_project(project, now=NOW)

    with django_assert_max_num_queries(3) as seen:
        assert correlating.rank_project(project, now=NOW) == []

    assert not [query for query in seen.captured_queries if "UPDATE" in query["sql"]]


def go_advisory():
    record = osv(1)
    record["affected"][0] |= {"package": {"ecosystem": "Go", "name": "example.org/web"}, "versions": []}
    record["affected"][0]["ecosystem_specific"] = {
        "imports": [
            {"path": "example.org/web/render", "symbols": ["Page", "Form.Show"]},
            {"path": "example.org/web"},
        ]
    }
    return record


def test_the_sandbox_is_asked_whether_go_code_calls_what_is_vulnerable_and_its_answer_is_ranked(bring):
    bring("osv", lines([go_advisory()]), "Go")
    packages = [Package("Go", "example.org/web", "1.0.0", path="go.mod", direct=True), package("package-9")]
    detections, _ = correlating.find_vulnerable(packages, now=NOW)

    question = correlating.question(detections)
    places = [["main.go", 7, "Page"], ["x", "y"], 3]
    (found,) = correlating.with_answers(detections, {"reach": {"0": {"word": "called", "places": places}}})

    assert question == {
        "0": {
            "module": "example.org/web",
            "symbols": [
                {"path": "example.org/web/render", "names": ["Page", "Form.Show"]},
                {"path": "example.org/web", "names": []},
            ],
        }
    }
    assert (found.facts["reachable"], found.facts["places"]) == ("yes", "main.go:7 Page")
    assert fingerprints([found]) == fingerprints(detections)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"reach": 3},
        {"reach": {"0": "called"}},
        {"reach": {"0": {"word": "safe"}}},
        {"reach": {"0": {"word": []}}},
    ],
    ids=["nothing", "a number", "a text", "another word", "a list"],
)
def test_an_answer_of_another_shape_changes_nothing(bring, answer):
    bring("osv", lines([go_advisory()]), "Go")
    detections, _ = correlating.find_vulnerable([Package("Go", "example.org/web", "1.0.0")], now=NOW)

    assert correlating.with_answers(detections, answer) == detections


def test_what_a_scan_saw_in_the_code_is_kept_when_packages_are_matched_anew(bring):
    bring("osv", lines([go_advisory()]), "Go")
    project = ProjectFactory.create()
    packaging.keep(project, [Package("Go", "example.org/web", "1.0.0", path="go.mod")])
    keys, names = {"Go:example.org/web"}, {("Go", "example.org/web")}
    renewing.renew(project, keys, correlating.Book(names), now=NOW)
    finding = Finding.objects.get()
    finding.detail["facts"] |= {"reachable": "yes", "reach": "called"}
    finding.save(update_fields=["detail"])

    bring("osv", lines([{**go_advisory(), "summary": "Now worse"}]), "Go", now=NOW + timedelta(hours=1))
    renewing.renew(project, keys, correlating.Book(names), now=NOW)

    finding = Finding.objects.get()
    assert finding.title.endswith("Now worse")
    assert finding.detail["facts"]["reachable"] == "yes"
