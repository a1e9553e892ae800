"""Accepting scans, uploads, rulings, exclusions and gates."""

from __future__ import annotations

import errno
from datetime import timedelta
from typing import Any

import pytest

from avyay_site import limits
from avyay_site.accounts.access import Access, NotAllowed, for_system
from avyay_site.accounts.models import Role
from avyay_site.audit.models import AuditEntry
from raksha import scanning, services, tasks
from raksha.models import Finding, Project, Scan, Upload
from raksha.scanning import excluding
from raksha.tests import factories
from raksha.tests.factories import NOW

pytestmark = pytest.mark.django_db
URL = "https://github.com/pallets/flask"


@pytest.fixture(autouse=True)
def var(settings, tmp_path, redis_server):
    settings.VAR = tmp_path
    settings.REDIS_URL = redis_server
    limits.forget()


@pytest.fixture
def hinted(monkeypatch) -> list[str]:
    """Collect the scans for which a hint was sent."""
    sent: list[str] = []
    monkeypatch.setattr(tasks.run_scan, "delay_on_commit", lambda *, scan_id: sent.append(scan_id))
    return sent


@pytest.fixture
def viewer(workspace, user) -> Access:
    return Access(workspace=workspace, role=Role.VIEWER, user=user)


def upload(access: Access, data: bytes = b"PK zip", name: str = "shop.zip") -> Upload:
    return services.receive_upload(by=access, name=name, chunks=[data], now=NOW)


def stored() -> list[str]:
    folder = scanning.upload_path("x").parent
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


# --- uploads


def test_an_upload_is_stored_under_a_name_of_ours(access):
    made = upload(access, name="../../etc/passwd\n.zip")

    assert stored() == [made.pk]
    assert scanning.upload_path(made.pk).read_bytes() == b"PK zip"
    assert scanning.upload_path(made.pk).stat().st_mode & 0o077 == 0
    assert (made.name, made.size, made.expires_at) == ("passwd.zip", 6, NOW + timedelta(hours=1))


def cut_half_way():
    yield b"PK"
    raise ConnectionError("gone")


def full_disk():
    yield b"PK"
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    ("chunks", "error"),
    [
        (cut_half_way, ConnectionError),
        (full_disk, services.Busy),
        (lambda: [b"x" * 1024 * 1024] * 2, services.InvalidValue),
        (lambda: [b""], services.InvalidValue),
    ],
    ids=["cut", "full disk", "too large", "empty"],
)
def test_nothing_stays_of_an_upload_that_fails(access, settings, chunks, error):
    settings.RAKSHA_UPLOAD_MB = 1

    with pytest.raises(error):
        services.receive_upload(by=access, name="a.zip", chunks=chunks(), now=NOW)

    assert stored() == []
    assert not Upload.objects.exists()


# --- asking for scans


def test_a_scan_of_an_upload_is_queued_at_once_in_a_project_of_its_name(access, hinted):
    scan = services.request_scan(by=access, now=NOW, upload=upload(access))

    assert (scan.state, scan.source, scan.project.name) == ("queued", "upload", "shop")
    assert hinted == [scan.pk]
    assert scan.upload is not None
    assert scan.upload.expires_at == NOW + timedelta(hours=24)
    assert AuditEntry.objects.filter(action="scan.request", target_id=scan.pk).exists()


def test_two_spellings_of_a_repository_are_one_project(access, hinted):
    first = services.request_scan(by=access, now=NOW, url=URL)
    second = services.request_scan(by=access, now=NOW, url=f"{URL}.git", revision="2.0.x")

    assert first.project == second.project
    assert (first.project.name, first.url, second.revision) == ("pallets/flask", URL, "2.0.x")


def test_a_project_is_scanned_at_its_own_address_and_revision(access, hinted):
    project = services.create_project(by=access, name="flask", url=URL, default_revision="main")

    scan = services.request_scan(by=access, now=NOW, project=project)

    assert (scan.source, scan.url, scan.revision) == ("repository", URL, "main")


def test_the_same_idempotency_key_gives_the_same_scan_and_leaves_no_second_file(access, hinted):
    first = services.request_scan(by=access, now=NOW, upload=upload(access), idempotency_key="k")
    again = services.request_scan(by=access, now=NOW, upload=upload(access), idempotency_key="k")

    assert again == first
    assert stored() == [first.upload_id]
    assert Scan.objects.count() == Upload.objects.count() == 1


def test_an_idempotency_key_is_refused_for_another_archive(access, hinted):
    services.request_scan(by=access, now=NOW, upload=upload(access), idempotency_key="k")

    with pytest.raises(services.OtherScan):
        services.request_scan(by=access, now=NOW, upload=upload(access, b"other"), idempotency_key="k")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "source"),
        ({"url": "file:///etc"}, "url"),
        ({"url": "https://169.254.169.254/a/b"}, "url"),
        ({"url": URL, "revision": "--upload-pack=x"}, "revision"),
    ],
    ids=["nothing", "file", "metadata", "option"],
)
def test_what_cannot_be_scanned_is_refused_at_once(access, hinted, values, field):
    with pytest.raises(services.InvalidValue) as caught:
        services.request_scan(by=access, now=NOW, **values)

    assert caught.value.field == field
    assert hinted == []


def test_folders_of_the_server_are_for_its_command_line(access, workspace, hinted, tmp_path):
    with pytest.raises(NotAllowed):
        services.request_scan(by=access, now=NOW, folder=str(tmp_path))

    scan = services.request_scan(by=for_system(workspace), now=NOW, folder=str(tmp_path))
    assert scan.project.name == tmp_path.name[:100]


def test_a_viewer_starts_nothing_and_changes_nothing(viewer, hinted):
    found = factories.FindingFactory.create(project__workspace=viewer.workspace)
    acts = (
        lambda: services.request_scan(by=viewer, now=NOW, url=URL),
        lambda: services.receive_upload(by=viewer, name="", chunks=[b"x"], now=NOW),
        lambda: services.create_project(by=viewer, name="x"),
        lambda: services.create_policy(by=viewer, name="x", document={}),
        lambda: services.rule_on_findings(by=viewer, findings=[found], ruling="to_fix", now=NOW),
        lambda: services.exclude(by=viewer, rule="x", reason="no_time", now=NOW),
    )

    for act in acts:
        with pytest.raises(NotAllowed):
            act()


def test_too_many_waiting_scans_are_refused(access, hinted, monkeypatch):
    monkeypatch.setattr("raksha.services.scans.MOST_WAITING", 1)
    services.request_scan(by=access, now=NOW, url=URL)

    with pytest.raises(services.Busy):
        services.request_scan(by=access, now=NOW, url=URL)


@pytest.mark.parametrize("other", ["project", "upload"])
def test_rows_of_another_workspace_cannot_be_named(access, hinted, other):
    foreign: dict[str, Any] = (
        {"project": factories.ProjectFactory.create(), "url": URL}
        if other == "project"
        else {"upload": factories.UploadFactory.create()}
    )

    with pytest.raises(services.InvalidValue):
        services.request_scan(by=access, now=NOW, **foreign)


# --- cancelling, issuing again


def test_a_waiting_or_running_scan_can_be_cancelled_once(access, hinted):
    scan = services.request_scan(by=access, now=NOW, url=URL)

    services.cancel_scan(by=access, scan=scan, now=NOW)

    assert (scan.state, scan.finished_at) == ("cancelled", NOW)
    with pytest.raises(services.UnableToChange, match="over already"):
        services.cancel_scan(by=access, scan=scan, now=NOW)


def test_lost_hints_are_issued_again_and_abandoned_scans_released(access, hinted):
    waiting = services.request_scan(by=access, now=NOW, url=URL)
    lost = factories.ScanFactory.create(state="running", leased_until=NOW, attempts=1, fence=1)
    hinted.clear()

    assert services.reissue_waiting(now=NOW) == 2
    assert sorted(hinted) == sorted([waiting.pk, lost.pk])


# --- projects


def test_a_token_is_dropped_when_the_address_changes(access):
    project = services.create_project(by=access, name="flask", url=URL, token="ghp-canary")

    services.change_project(by=access, project=project, now=NOW, url="https://github.com/other/flask")

    assert not Project.objects.get(pk=project.pk).token


def test_a_taken_name_is_refused(access):
    services.create_project(by=access, name="flask")

    with pytest.raises(services.UnableToChange, match="taken"):
        services.create_project(by=access, name="flask")


def test_a_deleted_project_takes_its_findings_along(access):
    found = factories.FindingFactory.create(project__workspace=access.workspace)

    services.delete_project(by=access, project=found.project)

    assert not Finding.objects.exists()


# --- rulings


def test_findings_are_ruled_on_in_bulk_with_a_reason_and_an_end(access):
    mine = factories.FindingFactory.create_batch(3, project__workspace=access.workspace)
    foreign = factories.FindingFactory.create()

    count = services.rule_on_findings(
        by=access,
        findings=[*mine, foreign],
        ruling="ignored",
        reason="accepted_risk",
        note="behind a VPN",
        until=NOW + timedelta(days=7),
        now=NOW,
    )

    assert count == 3
    assert set(Finding.objects.values_list("ruling", "ruling_reason")) == {
        ("ignored", "accepted_risk"),
        ("open", ""),
    }
    assert AuditEntry.objects.get(action="finding.rule").detail["findings"] == 3


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"ruling": "gone"}, "ruling"),
        ({"ruling": "ignored"}, "reason"),
        ({"ruling": "to_fix", "reason": "no_time"}, "reason"),
        ({"ruling": "to_fix", "note": "x" * 1001}, "note"),
        ({"ruling": "to_fix", "until": NOW}, "until"),
    ],
    ids=["unknown", "no reason", "a reason too many", "long note", "past"],
)
def test_a_ruling_that_means_nothing_is_refused(access, values, field):
    found = factories.FindingFactory.create(project__workspace=access.workspace)

    with pytest.raises(services.InvalidValue) as caught:
        services.rule_on_findings(by=access, findings=[found], now=NOW, **values)

    assert caught.value.field == field


def test_a_ruling_ends_when_its_time_is_over(access):
    found = factories.FindingFactory.create(project__workspace=access.workspace)
    services.rule_on_findings(
        by=access, findings=[found], ruling="to_fix", until=NOW + timedelta(days=1), now=NOW
    )

    assert excluding.end_rulings(now=NOW) == 0
    assert excluding.end_rulings(now=NOW + timedelta(days=1)) == 1
    found.refresh_from_db()
    assert (found.ruling, found.ruled_until) == ("open", None)


def test_an_exclusion_ignores_what_it_covers_and_gives_it_back(access):
    project = factories.ProjectFactory.create(workspace=access.workspace)
    covered = factories.FindingFactory.create(project=project, path="tests/a.py")
    ruled = factories.FindingFactory.create(project=project, path="tests/b.py")
    services.rule_on_findings(by=access, findings=[ruled], ruling="to_fix", now=NOW)
    others = [
        factories.FindingFactory.create(project=project, path="src/a.py"),
        factories.FindingFactory.create(path="tests/a.py"),
    ]

    exclusion = services.exclude(by=access, path_glob="tests/*", reason="false_positive", now=NOW)

    rulings = {found.pk: Finding.objects.get(pk=found.pk).ruling for found in (covered, ruled, *others)}
    assert list(rulings.values()) == ["ignored", "to_fix", "open", "open"]
    services.delete_exclusion(by=access, exclusion=exclusion)
    covered.refresh_from_db()
    assert covered.ruling == "open"


def test_an_exclusion_of_everything_is_refused(access):
    with pytest.raises(services.InvalidValue):
        services.exclude(by=access, reason="no_time", now=NOW)


# --- gates


def test_a_wrong_policy_is_refused_with_its_field(access):
    with pytest.raises(services.InvalidValue, match="severity"):
        services.create_policy(by=access, name="gate", document={"fail_on": [{"severity": "bad"}]})


def test_a_policy_is_made_changed_and_removed(access):
    policy = services.create_policy(by=access, name="gate", document={"fail_on": [{"kev": True}]})
    services.change_policy(by=access, policy=policy, is_enabled=False)
    services.delete_policy(by=access, policy=policy)

    actions = list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))
    assert actions == ["scan_policy.create", "scan_policy.change", "scan_policy.delete"]


def test_a_policy_of_another_workspace_s_project_is_refused(access):
    with pytest.raises(services.InvalidValue):
        services.create_policy(by=access, name="gate", document={}, project=factories.ProjectFactory.create())
