"""Rules that the database keeps, whoever writes."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from avyay_site.accounts.access import for_system
from raksha.models import MOST_DETAIL_CHARACTERS, Finding, Project, Scan, ScanPolicy, Severity
from raksha.tests import factories

pytestmark = pytest.mark.django_db


def refused(name: str):
    return pytest.raises(IntegrityError, match=name)


def test_a_project_name_is_given_once_in_a_workspace():
    project = factories.ProjectFactory.create()

    factories.ProjectFactory.create(name=project.name)
    with refused("project_name_once"):
        factories.ProjectFactory.create(name=project.name, workspace=project.workspace)


def test_a_fingerprint_is_known_once_in_a_project():
    found = factories.FindingFactory.create()

    factories.FindingFactory.create(fingerprint=found.fingerprint)
    with refused("finding_once"):
        factories.FindingFactory.create(fingerprint=found.fingerprint, project=found.project)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("scan_running_has_a_lease", {"state": "running"}),
        ("scan_ended_has_a_time", {"state": "finished"}),
        ("scan_ended_has_a_time", {"finished_at": factories.NOW}),
        ("scan_failed_has_a_reason", {"state": "failed", "finished_at": factories.NOW}),
    ],
    ids=["no lease", "no end", "an end too soon", "no reason"],
)
def test_a_scan_cannot_say_half_of_its_state(name, values):
    with refused(name):
        factories.ScanFactory.create(**values)


def test_an_idempotency_key_makes_one_scan():
    scan = factories.ScanFactory.create(idempotency_key="once")

    factories.ScanFactory.create(idempotency_key="", project=scan.project)
    factories.ScanFactory.create(idempotency_key="", project=scan.project)
    with refused("scan_idempotent_once"):
        factories.ScanFactory.create(idempotency_key="once", project=scan.project)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("finding_priority", {"priority": 101}),
        ("finding_reason_to_ignore", {"ruling": "to_fix", "ruling_reason": "no_time"}),
        ("finding_fixed_has_a_time", {"state": "fixed"}),
        ("finding_detail_bounded", {"detail": {"message": "x" * MOST_DETAIL_CHARACTERS}}),
    ],
    ids=["priority", "reason", "time", "size"],
)
def test_a_finding_stays_within_its_bounds(name, values):
    with refused(name):
        factories.FindingFactory.create(**values)


def test_an_exclusion_names_a_rule_or_a_path():
    factories.ExclusionFactory.create(rule="", path_glob="tests/**")

    with refused("exclusion_names_something"):
        factories.ExclusionFactory.create(rule="", path_glob="")


def test_a_token_is_never_stored_or_shown_in_clear():
    project = factories.ProjectFactory.create(token="ghp-canary")

    stored = Project.objects.get(pk=project.pk)

    assert stored.token.reveal() == "ghp-canary"
    assert "canary" not in str(stored.token) + stored.token.token


def test_a_policy_is_checked_where_it_is_stored():
    with pytest.raises(ValidationError, match="fail_on"):
        ScanPolicy(document={"fail_on": [{"kev": "yes"}]}, name="x").full_clean(exclude=["workspace"])


def test_rows_of_another_workspace_are_not_visible(workspace):
    made = [
        factory.create()
        for factory in (
            factories.ProjectFactory,
            factories.UploadFactory,
            factories.ScanFactory,
            factories.FindingFactory,
            factories.DependencyFactory,
            factories.ExclusionFactory,
            factories.FileResultFactory,
            factories.ScanPolicyFactory,
        )
    ]

    for row in made:
        assert str(row)
        assert row in type(row).objects.visible_to(for_system(row.workspace))
        assert not type(row).objects.visible_to(for_system(workspace)).exists()


def test_what_a_worker_writes_is_lost_with_its_lease():
    scan = factories.ScanFactory.create(state="running", fence=2, leased_until=factories.NOW)

    assert Scan.objects.held(scan.pk, 2).exists()
    assert not Scan.objects.held(scan.pk, 1).exists()


def test_findings_come_most_urgent_first():
    project = factories.ProjectFactory.create()
    for severity, priority in (("low", 10), ("critical", 10), ("info", 90)):
        factories.FindingFactory.create(project=project, severity=severity, priority=priority)

    order = list(Finding.objects.most_urgent_first().values_list("severity", flat=True))

    assert order == ["info", "critical", "low"]
    assert Severity.CRITICAL.rank == 0
