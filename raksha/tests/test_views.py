"""The scanner's pages, asked as a member of a workspace asks for them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from avyay_site.accounts.models import Role
from avyay_site.accounts.tests.factories import MembershipFactory
from raksha.models import Exclusion, Feed, Finding, KevEntry, Project, SavedFilter, Scan, ScanPolicy
from raksha.tests import factories
from raksha.tests.factories import NOW

pytestmark = pytest.mark.django_db

HOSTILE = "'\"><img src=x onerror=alert(1)><script>alert(2)</script>"
DETAIL = {
    "message": "It runs as SQL.",
    "snippet": 'db.execute("SELECT " + name)',
    "column": 12,
    "end_column": 28,
    "trace": [
        {"path": "view.py", "line": 8, "column": 1, "end_line": 8, "end_column": 9, "text": "request.args", "says": "A visitor sends it"},
    ],
    "fix": [
        {"path": "app/views.py", "line": 10, "column": 12, "end_line": 10, "end_column": 28, "text": '"SELECT ?", (name,)'},
    ],
    "owasp": ["A03:2021"],
    "references": ["https://cwe.mitre.org/data/definitions/89.html", "javascript:alert(1)"],
}  # fmt: skip


@pytest.fixture(autouse=True)
def places(settings, redis_server, tmp_path):
    settings.REDIS_URL = redis_server
    settings.AVYAY_VAR = tmp_path


@pytest.fixture
def membership():
    return MembershipFactory.create(role=Role.MEMBER)


@pytest.fixture
def project(membership):
    return factories.ProjectFactory.create(workspace=membership.workspace, name="shop")


@pytest.fixture
def visit(client, membership):
    """Return a function that reads a page as the member, and expects a status."""
    client.force_login(membership.user)

    def visit(url, status=200):
        answer = client.get(url)
        assert answer.status_code == status, answer.content[-500:]
        return answer.content.decode()

    return visit


@pytest.fixture
def send(client, membership):
    """Return a function that sends a form as the member, and expects a status."""
    client.force_login(membership.user)

    def send(url, status=302, /, **data):
        answer = client.post(url, data)
        assert answer.status_code == status, answer.content[-500:]
        return answer.headers["Location"] if status == 302 else answer.content.decode()

    return send


def finding_of(project, **values):
    return factories.FindingFactory.create(project=project, **{"detail": DETAIL, **values})


def scan_of(project, **values):
    ended = {"state": "finished", "finished_at": NOW, "started_at": NOW}
    return factories.ScanFactory.create(project=project, **{**ended, **values})


EMPTY = {
    "": "Nothing was scanned in this workspace yet",
    "runs/": "None was asked for yet",
    "findings/": "No scan has found anything",
    "dependencies/": "has read a lockfile",
    "rules/": "None was made yet",
    "intelligence/": "No threat intelligence is here yet",
    "compare/": "Choose a project",
}


@pytest.mark.parametrize("path", EMPTY)
def test_an_empty_page_says_what_to_do(visit, path):
    assert EMPTY[path] in visit(f"/app/scans/{path}")


@pytest.mark.parametrize(
    "path", ["", "runs/", "findings/", "findings/?group=rule", "dependencies/", "compare/"]
)
def test_a_page_costs_the_same_however_long_its_list_is(visit, project, path, django_assert_max_num_queries):
    for number in range(6):
        other = factories.ProjectFactory.create(workspace=project.workspace, name=f"p{number}")
        scan_of(other)
        finding_of(other, kind="dependency", package=f"PyPI:p{number}", is_kev=True)
        factories.DependencyFactory.create(project=other, name=f"p{number}")

    with django_assert_max_num_queries(16):
        visit(f"/app/scans/{path}")


def test_the_overview_says_how_each_project_stands(visit, project):
    scan_of(project, counts={"new": 2, "fixed": 1, "open": 1}, is_passing=False, is_partial=True)
    finding_of(project, is_kev=True, title="Exploited thing")

    text = visit("/app/scans/")

    assert "does not pass" in text
    assert "1 in KEV" in text
    assert "Exploited thing" in text
    assert 'aria-label="1 high"' in text


def test_nothing_found_is_not_called_clean_when_something_was_left_out(visit, project):
    scan = scan_of(project, is_partial=True, counts={"open": 0})

    text = visit(reverse("raksha:scan", args=[scan.pk]))

    assert "partly looked at" in text.lower()
    assert "Clean" not in text


def test_a_running_scan_shows_its_counts_and_can_be_called_off(visit, send, project):
    stages = {"rules": {"state": "running", "done": 3, "total": 12, "seconds": 0.5}}
    scan = scan_of(project, state="running", finished_at=None, leased_until=NOW, progress=stages)
    page = reverse("raksha:scan", args=[scan.pk])

    assert "3 of 12" in visit(page)
    assert f"live-{scan.pk.lower()}" in visit(f"{page}live")
    send(f"{page}cancel")

    assert Scan.objects.get(pk=scan.pk).state == "cancelled"
    assert "hx-get" not in visit(f"{page}live")


def test_coverage_lists_what_was_left_out_with_reasons(visit, project):
    skips = [{"path": HOSTILE, "why": "too_large", "says": "It is too large.", "engine": ""}]
    covered = {"files": 4, "scanned": 3, "skipped": {"too_large": 1}, "skips": skips}
    scan = scan_of(project, is_partial=True, coverage=covered)

    text = visit(reverse("raksha:scan", args=[scan.pk]))

    assert "Too large" in text
    assert "It is too large." in text
    assert "<img src=x" not in text


@pytest.mark.parametrize("wanted", ["sarif", "json", "csv", "html"])
def test_reports_come_as_files(client, visit, project, wanted):
    scan = scan_of(project)
    finding_of(project)
    visit("/app/scans/")

    answer = client.get(reverse("raksha:report", args=[scan.pk, wanted]))

    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert b"SQL built from a request" in answer.content


def test_an_archive_becomes_a_scan_of_the_project_of_its_name(send):
    where = send("/app/scans/new/", file=SimpleUploadedFile("shop.zip", b"PK\5\6" + bytes(18)))

    scan = Scan.objects.select_related("project", "upload").get()
    assert where == reverse("raksha:scan", args=[scan.pk])
    assert (scan.project.name, scan.upload.name) == ("shop", "shop.zip")


@pytest.mark.parametrize(
    ("data", "field", "says"),
    [
        ({}, "id_file_error", "Choose an archive"),
        ({"url": "http://127.0.0.1/x/y"}, "id_url_error", "This is not an address like"),
        ({"url": "https://github.com/a/b", "revision": "--x"}, "id_revision_error", "revision"),
    ],
    ids=["nothing", "address", "revision"],
)
def test_what_is_wrong_with_a_scan_stands_beside_its_field(send, data, field, says):
    text = send("/app/scans/new/", 200, **data)

    assert f'id="{field}"' in text
    assert says in text
    assert not Scan.objects.exists()


def test_an_archive_that_is_too_large_is_refused(send, settings):
    settings.RAKSHA_UPLOAD_MB = 0

    text = send("/app/scans/new/", 200, file=SimpleUploadedFile("a.zip", b"PK"))

    assert "larger than 0 MB" in text


def test_limits_are_shown_before_the_upload(visit):
    text = visit("/app/scans/new/")

    assert "at most 128 MB" in text
    assert "50,000 files" in text


QUERIES = {
    "": {"open", "kev", "secret"},
    "kev=yes": {"kev"},
    "kind=secret": {"secret"},
    "severity=low": {"secret"},
    "state=fixed": {"fixed"},
    "state=any&ruling=any": {"open", "kev", "secret", "fixed", "ignored"},
    "ruling=ignored": {"ignored"},
    "change=fixed": {"fixed"},
    "rule=r-kev": {"kev"},
    "path=deep/": {"kev"},
    "package=django": {"kev"},
    "text=CVE-2024-1": {"kev"},
    "fix=yes": {"open"},
    "word=Act": {"kev"},
    "severity=nonsense&project=nonsense": {"open", "kev", "secret"},
}


@pytest.mark.parametrize("query", QUERIES)
def test_the_address_holds_the_filters(visit, project, query):
    finding_of(project, title="open", has_fix=True)
    finding_of(
        project, title="kev", is_kev=True, rule="r-kev", path="deep/x.py", package="PyPI:django",
        cves=["CVE-2024-1"], word="Act",
    )  # fmt: skip
    finding_of(project, title="secret", kind="secret", severity="low")
    finding_of(project, title="fixed", state="fixed", change="fixed", fixed_at=NOW)
    finding_of(project, title="ignored", ruling="ignored", ruling_reason="no_time")
    finding_of(factories.ProjectFactory.create(), title="theirs")

    text = visit(f"/app/scans/findings/?{query}")

    titles = ("open", "kev", "secret", "fixed", "ignored", "theirs")
    assert {title for title in titles if f'/">{title}</a>' in text} == QUERIES[query]


def test_the_next_page_begins_after_the_last_row(visit, project, monkeypatch):
    monkeypatch.setattr("raksha.views.findings.PER_PAGE", 2)
    for number in range(5):
        finding_of(project, title=f"t{number}", priority=number % 2)
    seen: list[str] = []
    url = "/app/scans/findings/"

    while url:
        text = visit(url)
        seen += [f"t{number}" for number in range(5) if f'/">t{number}</a>' in text]
        more = text.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
        url = more.replace("&amp;", "&") if 'rel="next"' in text else ""

    assert sorted(seen) == ["t0", "t1", "t2", "t3", "t4"]


@pytest.mark.parametrize("group", ["rule", "path", "package"])
def test_findings_can_be_grouped(visit, project, group):
    finding_of(project, rule="r-one", path="one.py", package="npm:one")
    finding_of(project, rule="r-one", path="one.py", package="npm:one", severity="low")

    text = visit(f"/app/scans/findings/?group={group}")

    assert 'aria-label="1 high, 1 low"' in text
    assert f"{group}=" in text


def test_chosen_findings_are_ruled_on_at_once(send, project):
    chosen, other = finding_of(project), finding_of(project)

    send("/app/scans/findings/triage", finding=chosen.pk, scope="chosen", ruling="ignored", reason="no_time")

    assert Finding.objects.get(pk=chosen.pk).ruling == "ignored"
    assert Finding.objects.get(pk=other.pk).ruling == "open"


def test_all_that_match_are_ruled_on_and_nobody_elses(send, project):
    mine, other = finding_of(project, severity="low"), finding_of(project)
    theirs = finding_of(factories.ProjectFactory.create(), severity="low")
    data = {"filters": "severity=low", "scope": "matching", "ruling": "to_fix"}

    where = send("/app/scans/findings/triage", **data)

    assert where.endswith("?severity=low")
    assert Finding.objects.get(pk=mine.pk).ruling == "to_fix"
    assert {Finding.objects.get(pk=pk).ruling for pk in (other.pk, theirs.pk)} == {"open"}


def test_ignoring_without_a_reason_is_explained(send, project):
    text = send(
        "/app/scans/findings/triage", 422, finding=finding_of(project).pk, scope="chosen", ruling="ignored"
    )

    assert "Say why" in text


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_what_is_shown_can_be_taken_away_and_no_text_becomes_a_formula(visit, project, kind):
    finding_of(project, title="=cmd()")
    finding_of(project, title="mild", severity="low")

    text = visit(f"/app/scans/findings/export.{kind}?severity=high")

    assert "=cmd()" in text
    assert ",=cmd()" not in text
    assert "mild" not in text


def test_filters_are_saved_and_forgotten(visit, send, project):
    finding_of(project)
    send("/app/scans/findings/filters/save", name="bad ones", filters="severity=high")

    saved = SavedFilter.objects.get()
    assert saved.query == "severity=high"
    assert "bad ones" in visit("/app/scans/findings/")
    send(f"/app/scans/findings/filters/{saved.pk}/delete")

    assert not SavedFilter.objects.exists()


def test_a_finding_shows_its_code_flow_reasons_and_fix(visit, project):
    reasons = [
        {"points": 23, "text": "severity high"},
        {"points": 0, "text": "SSVC Track: exploitation none"},
    ]
    finding = finding_of(project, priority=23, reasons=reasons)

    text = visit(reverse("raksha:finding", args=[finding.pk]))

    assert "<mark" in text
    assert "A visitor sends it" in text
    assert "+23" in text
    assert "SSVC Track" in text
    assert "CWE-89" in text
    assert "SELECT ?" in text
    assert "javascript:" not in text
    assert "style=" not in text


def test_a_package_shows_what_the_feeds_say(visit, project):
    KevEntry.objects.create(
        cve="CVE-2024-1", vendor="v", product="p", title="Bad thing", added_date=date(2026, 1, 2),
        due_date=date(2026, 2, 3), changed_at=NOW,
    )  # fmt: skip
    facts = {"via": "a > b", "name": "c", "cvss": "9.8"}
    finding = finding_of(
        project, kind="dependency", package="PyPI:c", version="1", fixed_version="2", is_kev=True,
        cves=["CVE-2024-1"], detail={"facts": facts},
    )  # fmt: skip

    text = visit(reverse("raksha:finding", args=[finding.pk]))

    assert "3 Feb 2026" in text
    assert "a &gt; b &gt; c" in text
    assert "9.8" in text
    assert "CVE-2024-1" in visit("/app/scans/intelligence/")


def test_hostile_names_are_text_everywhere(visit, project):
    detail = {**DETAIL, "message": HOSTILE, "snippet": HOSTILE, "facts": {"via": HOSTILE}}
    finding = finding_of(
        project, title=HOSTILE, path=HOSTILE, rule=HOSTILE[:190], package=HOSTILE, detail=detail
    )
    factories.DependencyFactory.create(project=project, name=HOSTILE, licence=HOSTILE, path=HOSTILE)
    pages = ["", "findings/", "findings/?group=path", "dependencies/", f"findings/{finding.pk}/"]

    for page in pages:
        assert "<img src=x" not in visit(f"/app/scans/{page}")


def test_a_ruling_is_saved_and_part_of_the_history(visit, send, project):
    finding = finding_of(project)
    page = reverse("raksha:finding", args=[finding.pk])

    send(f"{page}rule", ruling="ignored", reason="accepted_risk", note="behind a wall")

    assert "behind a wall" in visit(page)
    assert Finding.objects.get().ruling == "ignored"


def test_what_is_like_a_finding_is_ignored_for_good(send, project):
    finding = finding_of(project)

    send(f"/app/scans/findings/{finding.pk}/exclude", rule=finding.rule, project=project.pk, reason="no_time")

    assert Exclusion.objects.get().project == project
    assert Finding.objects.get().ruling == "ignored"


def test_dependencies_say_from_which_version_on_they_are_safe(visit, project):
    factories.DependencyFactory.create(
        project=project, name="django", key="PyPI:django", via=["site"], is_direct=False
    )
    factories.DependencyFactory.create(project=project, name="calm")
    finding_of(
        project, kind="dependency", package="PyPI:django", version="1.0", fixed_version="4.2.15", epss=0.5
    )

    text = visit("/app/scans/dependencies/?show=vulnerable")

    assert "4.2.15" in text
    assert "50.0 %" in text
    assert "by site" in text
    assert "calm" not in text
    assert "4.2.15" in visit("/app/scans/dependencies/export.csv")


def test_a_gate_is_made_changed_and_removed(visit, send):
    data = {"name": "release", "severity": "high", "fixable": "on", "is_enabled": "on"}
    send("/app/scans/rules/gates/new", **data)
    gate = ScanPolicy.objects.get()
    page = reverse("raksha:gate", args=[gate.pk])

    assert gate.document["fail_on"] == [{"severity": "high", "has_fix": True}]
    assert "severity high or worse and a fix" in visit("/app/scans/rules/")
    send(page, name="release", kev="on")
    gate.refresh_from_db()
    assert (gate.document["fail_on"], gate.is_enabled) == ([{"kev": True}], False)
    send(f"{page}delete")

    assert not ScanPolicy.objects.exists()


def test_a_gate_that_says_more_than_the_form_can_is_shown_as_it_is(visit, membership):
    document = {"fail_on": [{"epss": 0.5, "kind": "dependency"}]}
    gate = factories.ScanPolicyFactory.create(workspace=membership.workspace, document=document)

    text = visit(reverse("raksha:gate", args=[gate.pk]))

    assert "&quot;epss&quot;: 0.5" in text
    assert "Save the gate" not in text


def test_exclusions_are_made_and_removed(visit, send, project):
    finding_of(project, path="tests/x.py")
    send("/app/scans/rules/exclusions/new", path_glob="tests/*", reason="no_time")
    exclusion = Exclusion.objects.get()

    assert "tests/*" in visit("/app/scans/rules/")
    send(f"/app/scans/rules/exclusions/{exclusion.pk}/delete")

    assert Finding.objects.get().ruling == "open"


def test_rules_can_be_looked_for(visit):
    text = visit("/app/scans/rules/?text=cwe-89&language=python")

    assert "*.sql-injection" in text
    assert "docker." not in text


def test_a_feed_is_fetched_before_its_time_but_not_all_the_time(send, settings, now):
    settings.RAKSHA_FEEDS = True
    feed = Feed.objects.create(kind="kev", url="https://example.org", next_at=now + timedelta(hours=1))

    send(f"/app/scans/intelligence/{feed.pk}/fetch")

    feed.refresh_from_db()
    assert feed.next_at is None


def test_old_feeds_are_told_on_the_overview(visit, project):
    Feed.objects.create(kind="kev", rows=3, fetched_at=NOW - timedelta(days=900))

    assert "kev is" in visit("/app/scans/")


def test_two_scans_are_compared_by_what_each_scan_in_between_changed(visit, project):
    stays, comes, goes = (finding_of(project, title=f"t-{word}") for word in ("stays", "comes", "goes"))
    before = scan_of(project, changes={"new": [goes.pk]})
    scan_of(project, created_at=NOW + timedelta(hours=1), changes={"new": [comes.pk, stays.pk]})
    after = scan_of(project, created_at=NOW + timedelta(hours=2), changes={"fixed": [goes.pk, stays.pk]})

    text = visit(f"/app/scans/compare/?before={before.pk}&after={after.pk}&project={project.pk}")

    assert "t-comes" in text
    assert "t-goes" in text
    assert "t-stays" not in text


def test_a_project_keeps_its_token_and_never_shows_it(visit, send, project):
    page = reverse("raksha:project", args=[project.pk])
    data = {"name": "shop", "mission": "high", "url": "https://github.com/a/b"}

    send(page, **data, token="tok-secret")
    assert "tok-secret" not in visit(page)
    assert "A token is kept" in visit(page)
    send(page, **data)
    assert Project.objects.get().token.reveal() == "tok-secret"
    send(page, **data, forget_token="on")

    project.refresh_from_db()
    assert (bool(project.token), project.mission) == (False, "high")


def test_a_project_is_removed_after_a_question(visit, send, project):
    page = reverse("raksha:project_delete", args=[project.pk])

    assert "cannot be undone" in visit(page)
    send(page)

    assert not Project.objects.exists()


def test_rows_of_another_workspace_are_not_there(visit):
    scan = scan_of(factories.ProjectFactory.create())
    finding = finding_of(scan.project)

    for name, pk in (("scan", scan.pk), ("finding", finding.pk), ("project", scan.project_id)):
        visit(reverse(f"raksha:{name}", args=[pk]), 404)


def test_a_viewer_reads_and_changes_nothing(client, membership, project):
    membership.role = Role.VIEWER
    membership.save()
    finding = finding_of(project)
    client.force_login(membership.user)

    assert b"Save the ruling" not in client.get(reverse("raksha:finding", args=[finding.pk])).content
    assert client.get("/app/scans/new/").status_code == 403
    assert client.post(f"/app/scans/findings/{finding.pk}/rule", {"ruling": "to_fix"}).status_code == 403
