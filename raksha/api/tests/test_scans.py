from __future__ import annotations

import io
import json
import zipfile

import pytest
from django.test import Client
from rest_framework.test import APIClient

from avyay_site.keys.tests.factories import issue
from raksha.models import Finding, Project, Scan, ScanState, Upload
from raksha.tests.factories import FindingFactory, ProjectFactory, ScanFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def var(settings, tmp_path, redis_server):
    settings.REDIS_URL = redis_server
    settings.VAR = tmp_path / "var"


@pytest.fixture
def client(api_key):
    return APIClient(headers={"Authorization": f"Bearer {api_key.secret}"})


def archive() -> io.BytesIO:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        file.writestr("app.py", "print(1)\n")
    data.seek(0)
    data.name = "shop.zip"
    return data


def test_an_archive_is_taken_and_waits_in_the_queue(client, workspace):
    answer = client.post("/api/v1/raksha/scans", {"file": archive()}, format="multipart")

    assert answer.status_code == 202
    scan = Scan.objects.get(pk=answer.json()["id"])
    assert answer["Location"] == f"/api/v1/raksha/scans/{scan.pk}"
    assert (scan.state, scan.project.name, scan.workspace) == (ScanState.QUEUED, "shop", workspace)


def test_the_same_idempotency_key_gives_the_same_scan(client):
    headers = {"Idempotency-Key": "one"}
    answers = [
        client.post("/api/v1/raksha/scans", {"file": archive()}, format="multipart", headers=headers)
        for _ in range(3)
    ]

    assert len({answer.json()["id"] for answer in answers}) == 1
    assert Scan.objects.count() == 1
    assert Upload.objects.count() == 1


def test_a_repository_is_asked_for_by_its_address(client):
    answer = client.post(
        "/api/v1/raksha/scans", {"url": "https://github.com/Owner/name.git", "revision": "v1"}, format="json"
    )

    assert answer.status_code == 202
    assert answer.json()["revision"] == "v1"
    assert Project.objects.get().url.startswith("https://github.com/")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/source"),
        ({"url": "file:///etc/passwd"}, "#/url"),
        ({"url": "https://evil.example/a/b"}, "#/url"),
        ({"url": "https://github.com/a/b", "revision": "--upload-pack=x"}, "#/revision"),
        ({"url": "https://github.com/a/b", "project_id": "prj_01ARZ3NDEKTSV4RRFFQ69G5FAV"}, "#/project_id"),
        ({"folder": "/etc"}, "#/folder"),
    ],
)
def test_what_cannot_be_scanned_is_refused_at_its_field(client, body, pointer):
    answer = client.post("/api/v1/raksha/scans", body, format="json")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert not Scan.objects.exists()


def test_a_scan_is_called_off_once(client, workspace):
    scan = ScanFactory.create(project=ProjectFactory.create(workspace=workspace))

    first = client.post(f"/api/v1/raksha/scans/{scan.pk}/cancel")
    again = client.post(f"/api/v1/raksha/scans/{scan.pk}/cancel")

    assert (first.status_code, first.json()["state"]) == (200, "cancelled")
    assert again.status_code == 409


@pytest.fixture
def finding(workspace) -> Finding:
    project = ProjectFactory.create(workspace=workspace)
    row: Finding = FindingFactory.create(project=project)
    return row


@pytest.mark.parametrize(
    ("wanted", "kind"),
    [("sarif", "application/sarif+json"), ("html", "text/html"), ("pdf", "application/pdf")],
)
def test_a_report_is_a_file_and_never_a_page(client, finding, wanted, kind):
    scan = ScanFactory.create(
        project=finding.project, state=ScanState.FINISHED, finished_at=finding.first_seen_at
    )

    answer = client.get(f"/api/v1/raksha/scans/{scan.pk}/report?format={wanted}")

    assert answer.status_code == 200
    assert answer["Content-Type"] == kind
    assert answer["Content-Disposition"].startswith("attachment; filename=")
    assert answer["X-Content-Type-Options"] == "nosniff"
    if wanted == "sarif":
        assert len(json.loads(answer.content)["runs"][0]["results"]) == 1


def test_findings_are_filtered(client, finding):
    def count(query: str) -> int:
        return len(client.get(f"/api/v1/raksha/findings?{query}").json()["data"])

    assert count(f"project={finding.project_id}") == 1
    assert count(f"severity={finding.severity}&state=open") == 1
    assert count("state=fixed") == 0
    assert count("cve=cve-2020-1") == 0
    assert client.get("/api/v1/raksha/findings?colour=red").status_code == 400


def test_a_finding_is_ignored_with_a_reason(client, finding):
    url = f"/api/v1/raksha/findings/{finding.pk}"

    refused = client.patch(url, {"ruling": "ignored"}, format="json")
    taken = client.patch(
        url, {"ruling": "ignored", "reason": "false_positive", "note": "dead code"}, format="json"
    )

    assert refused.status_code == 400
    assert refused.json()["errors"][0]["pointer"] == "#/reason"
    assert (taken.json()["ruling"], taken.json()["ruling_reason"]) == ("ignored", "false_positive")


def test_many_findings_are_ruled_on_at_once_or_none(client, finding):
    other = FindingFactory.create()
    body = {"findings": [finding.pk, other.pk], "ruling": "to_fix"}

    refused = client.post("/api/v1/raksha/findings/triage", body, format="json")
    taken = client.post("/api/v1/raksha/findings/triage", {**body, "findings": [finding.pk]}, format="json")

    assert refused.status_code == 400
    assert taken.json() == {"count": 1}
    other.refresh_from_db()
    assert other.ruling == "open"


def test_a_token_goes_in_and_never_comes_out(client):
    made = client.post(
        "/api/v1/raksha/projects",
        {"name": "shop", "url": "https://github.com/a/b", "token": "sesame-42"},
        format="json",
    )
    read = client.get(f"/api/v1/raksha/projects/{made.json()['id']}")

    assert made.status_code == 201
    assert read.json()["has_token"] is True
    assert "sesame" not in made.content.decode() + read.content.decode()


def test_a_wrong_gate_is_refused_with_the_field_that_is_wrong(client):
    answer = client.post(
        "/api/v1/raksha/gates", {"name": "x", "document": {"fail_on": [{"severity": "awful"}]}}, format="json"
    )

    assert answer.status_code == 400
    assert "fail_on[0].severity" in answer.json()["detail"]


def test_rules_and_feeds_are_listed(client):
    rules = client.get("/api/v1/raksha/rules").json()["data"]
    feeds = client.get("/api/v1/raksha/feeds").json()["data"]

    assert len(rules) > 250
    assert "*.sql-injection" in {rule["id"] for rule in rules}
    assert isinstance(feeds, list)


def test_a_key_without_the_scope_is_refused(workspace):
    secret = issue(workspace, scopes=["platform:read"]).secret

    answer = Client(headers={"Authorization": f"Bearer {secret}"}).get("/api/v1/raksha/scans")

    assert answer.status_code == 403
