"""New intelligence reaches stored projects without a scan."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from avyay_site import events
from raksha import reranking
from raksha.feeds import importing
from raksha.feeds.staging import Manner
from raksha.feeds.tests.conftest import epss, kev, lines, osv
from raksha.models import Feed, Finding, FindingState, Ruling, RulingReason
from raksha.reranking import FindingEscalated
from raksha.tests.factories import DependencyFactory, FindingFactory, ProjectFactory

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def bring(tmp_path):
    """Import a feed."""

    def imported(kind, content, ecosystem="", *, now=NOW, **manner):
        path = tmp_path / "feed"
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        importing.import_file(importing.get_feed(kind, ecosystem), path, now=now, manner=Manner(**manner))

    return imported


@pytest.fixture
def heard(monkeypatch):
    """Return the events that are published."""
    told: list[FindingEscalated] = []
    monkeypatch.setattr(events, "_handlers", {FindingEscalated: [told.append]})
    return told


def project_with(*names, version="1.0", mission="medium", **more):
    project = ProjectFactory.create(mission=mission)
    for name in names:
        DependencyFactory.create(project=project, name=name, version=version, is_direct=True, **more)
    return project


def test_a_new_advisory_makes_findings_in_every_project_that_has_the_package(bring, heard):
    ours, other = project_with("package-1", "package-7"), project_with("package-1", version="2.0")
    again = project_with("package-1", version="1.1")

    bring("osv", lines([osv(1), osv(2)]), "PyPI")
    touched = reranking.catch_up(now=NOW)

    assert touched == 3
    finding = Finding.objects.get(project=ours)
    assert (finding.rule, finding.package, finding.version, finding.fixed_version) == (
        *("CVE-2025-0001", "PyPI:package-1", "1.0", "2.0"),
    )
    assert (finding.severity, finding.kind, finding.engine, finding.cves) == (
        *("critical", "dependency", "packages", ["CVE-2025-0001"]),
    )
    assert (finding.path, finding.has_fix, finding.state) == ("requirements.txt", True, "open")
    assert finding.priority == sum(reason["points"] for reason in finding.reasons) > 0
    assert Finding.objects.filter(project=other).count() == 0
    assert Finding.objects.get(project=again).version == "1.1"
    assert heard == []  # a bad score alone is no alarm


def test_an_entry_in_kev_escalates_stored_findings_and_tells_each_workspace_once(bring, heard):
    first, second = project_with("package-1", "package-2", "package-3"), project_with("package-1")
    bring("osv", lines([osv(1), osv(2), osv(3)]), "PyPI")
    reranking.catch_up(now=NOW)
    before = Finding.objects.get(project=second)
    assert (before.word, before.is_kev) == ("Track", False)

    bring("kev", kev(1, 2), now=LATER)
    touched = reranking.catch_up(now=LATER)

    assert touched == 2
    finding = Finding.objects.get(project=second)
    assert (finding.word, finding.is_kev) == ("Act", True)
    assert finding.priority > before.priority
    assert any("CISA KEV" in reason["text"] for reason in finding.reasons)
    assert Finding.objects.get(project=first, rule="CVE-2025-0003").word == "Track"
    told = {event.workspace_id: event for event in heard}
    assert len(heard) == 2
    assert (told[first.workspace_id].count, told[first.workspace_id].is_exploited) == (2, True)
    assert told[second.workspace_id] == FindingEscalated(
        workspace_id=second.workspace_id,
        project_id=second.pk,
        finding_id=finding.pk,
        word="Act",
        priority=finding.priority,
        count=1,
        is_exploited=True,
    )


def test_a_project_that_is_not_touched_is_not_written(bring, django_assert_max_num_queries):
    project_with("package-1")
    for _ in range(5):
        FindingFactory.create(project=project_with("package-9"))
    bring("osv", lines([osv(1)]), "PyPI")

    assert reranking.catch_up(now=NOW) == 1
    with django_assert_max_num_queries(1):
        assert reranking.catch_up(now=LATER) == 0


def test_scores_raise_and_lower_numbers_without_noise(bring, heard):
    project_with("package-1", mission="high")
    bring("osv", lines([osv(1)]), "PyPI")
    bring("epss", epss({1: (0.001, 0.1)}, day="2026-03-01"))
    reranking.catch_up(now=NOW)
    low = Finding.objects.get()
    heard.clear()

    bring("epss", epss({1: (0.97, 0.999)}, day="2026-03-02"), now=LATER)
    reranking.catch_up(now=LATER)

    high = Finding.objects.get()
    assert (low.epss, high.epss) == (0.001, 0.97)
    assert high.priority >= low.priority
    assert high.reasons != low.reasons
    assert heard == []


def test_an_advisory_that_is_taken_back_fixes_its_findings_and_one_that_returns_reopens_them(bring, heard):
    project_with("package-1")
    records = [osv(n) for n in range(1, 20)]
    bring("osv", lines(records), "PyPI")
    reranking.catch_up(now=NOW)

    bring(
        "osv", lines([{**records[0], "withdrawn": "2026-03-02T09:00:00Z"}, *records[1:]]), "PyPI", now=LATER
    )
    reranking.catch_up(now=LATER)
    gone = Finding.objects.get()
    bring("osv", lines(records), "PyPI", now=LATER + timedelta(minutes=1))
    reranking.catch_up(now=LATER + timedelta(minutes=1))

    assert (gone.state, gone.change, gone.fixed_at) == (FindingState.FIXED, "fixed", LATER)
    back = Finding.objects.get()
    assert (back.pk, back.state, back.change) == (gone.pk, FindingState.OPEN, "reopened")


def test_a_changed_range_changes_the_finding_in_its_place(bring, heard):
    project_with("package-1")
    bring("osv", lines([osv(1)]), "PyPI")
    reranking.catch_up(now=NOW)
    before = Finding.objects.get()
    Finding.objects.update(ruling=Ruling.TO_FIX, ruling_note="in May")

    bring("osv", lines([osv(1, fixed="1.5")]), "PyPI", now=LATER)
    reranking.catch_up(now=LATER)

    after = Finding.objects.get()
    assert (after.pk, after.fingerprint, after.fixed_version) == (before.pk, before.fingerprint, "1.5")
    assert (after.ruling, after.ruling_note) == (Ruling.TO_FIX, "in May")


def test_a_package_that_an_advisory_no_longer_names_is_cleared(bring, heard):
    project_with("package-1")
    bring("osv", lines([osv(1)]), "PyPI")
    reranking.catch_up(now=NOW)

    bring("osv", lines([osv(1, "another")]), "PyPI", now=LATER)
    reranking.catch_up(now=LATER)

    assert Finding.objects.get().state == FindingState.FIXED


def test_enrichment_gives_a_severity_that_nobody_had_published(bring, heard):
    project_with("package-1")
    bring("osv", lines([osv(1, severity=[])]), "PyPI")
    reranking.catch_up(now=NOW)
    unknown = Finding.objects.get()
    vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
    metrics = [{"cvssV3_1": {"vectorString": vector}}]
    record = {
        "cveMetadata": {"cveId": "CVE-2025-0001"},
        "containers": {"cna": {}, "adp": [{"metrics": metrics}]},
    }

    bring("cve", lines([record]), now=LATER)
    reranking.catch_up(now=LATER)

    known = Finding.objects.get()
    assert (unknown.severity, known.severity) == ("medium", "critical")
    assert "severity not published" in [reason["text"] for reason in unknown.reasons]
    assert "CVSS base score 9.8" in [reason["text"] for reason in known.reasons]


def test_what_people_ignore_is_ranked_and_tells_nobody(bring, heard):
    project_with("package-1")
    bring("osv", lines([osv(1)]), "PyPI")
    reranking.catch_up(now=NOW)
    Finding.objects.update(ruling=Ruling.IGNORED, ruling_reason=RulingReason.ACCEPTED_RISK)

    bring("kev", kev(1), now=LATER)
    reranking.catch_up(now=LATER)

    assert Finding.objects.get().is_kev
    assert heard == []


def test_a_name_like_that_of_an_exploited_product_is_shown_and_is_no_alarm(bring, heard):
    project_with("org.apache.struts:struts2-core", ecosystem="Maven")
    record = osv(1, "org.apache.struts:struts2-core")
    record["affected"][0]["package"]["ecosystem"] = "Maven"
    bring("osv", lines([record]), "Maven")
    reranking.catch_up(now=NOW)
    catalogue = kev(2)
    catalogue["vulnerabilities"][0] |= {"vendorProject": "Apache", "product": "Struts"}

    bring("kev", catalogue, now=LATER)
    reranking.catch_up(now=LATER)

    finding = Finding.objects.get()
    assert (finding.word, finding.is_kev) == ("Track", False)
    assert any(reason["text"].startswith("related: CVE-2025-0002") for reason in finding.reasons)
    assert heard == []


def test_a_round_that_was_cut_short_is_done_again(bring, heard, monkeypatch):
    project_with("package-1")
    bring("osv", lines([osv(1)]), "PyPI")
    monkeypatch.setattr("raksha.correlating.rank_findings", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        reranking.catch_up(now=NOW)
    assert reranking.is_behind()
    assert Finding.objects.count() == 0
    monkeypatch.undo()

    reranking.catch_up(now=NOW)

    assert Finding.objects.count() == 1
    assert not reranking.is_behind()


def test_what_changed_while_ranking_is_for_the_next_round(bring, heard):
    project_with("package-1")
    bring("osv", lines([osv(1)]), "PyPI")
    reranking.catch_up(now=NOW)
    Feed.objects.filter(kind="osv").update(changed_at=LATER)

    assert reranking.is_behind()
