"""What the scanner shows the rest of the house: samples, attention, notifications, the console, schedules."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from avyay_site import schedules, subscriptions, sweeping
from avyay_site.accounts.access import Access, for_system
from avyay_site.accounts.models import User
from avyay_site.notifications.models import Delivery
from avyay_site.notifications.tests.factories import channel
from avyay_site.seeding import seed
from raksha import apps, scanning
from raksha.models import Finding, Scan
from raksha.scanning import ScanFinished
from raksha.tests import factories
from raksha.tests.factories import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def seeded(settings, redis_server):
    settings.REDIS_URL = redis_server
    return seed(workspaces=1, now=NOW)[0]


def test_seeding_again_changes_nothing(seeded):
    ids = {name: pk for name, pk in seeded["ids"].items() if name.startswith("raksha/")}

    again = seed(workspaces=1, now=NOW)[0]["ids"]

    assert len(ids) >= 6
    assert {name: again[name] for name in ids} == ids
    assert Finding.objects.count() == 3


def test_home_names_what_to_act_on_and_what_failed(access: Access, django_assert_num_queries):
    project = factories.ProjectFactory.create(workspace=access.workspace, name="shop")
    factories.FindingFactory.create_batch(2, project=project, word="Act")
    factories.FindingFactory.create(word="Act")
    factories.ScanFactory.create(project=project, state="failed", reason="No disk.", finished_at=NOW)

    with django_assert_num_queries(2):
        found = apps._attention(access)

    assert [need.text for need in found] == [
        "shop: 2 findings to act on",
        "The latest scan of shop failed: No disk.",
    ]


@pytest.mark.parametrize(
    ("values", "kind", "subject"),
    [
        ({"state": "finished", "is_passing": True}, "scan.finished", "The scan of shop finished"),
        ({"state": "finished", "is_passing": False}, "scan.failed", "The scan of shop did not pass"),
        ({"state": "failed", "reason": "No disk."}, "scan.failed", "The scan of shop failed"),
        ({"state": "cancelled"}, "", ""),
    ],
    ids=["finished", "gate", "failed", "cancelled"],
)
def test_people_are_told_how_a_scan_ended(workspace, values, kind, subject):
    channel(for_system(workspace), event_types=["scan.finished", "scan.failed"])
    scan = factories.ScanFactory.create(
        project__workspace=workspace, project__name="shop", finished_at=NOW, **values
    )

    subscriptions.tell_of_scan(
        ScanFinished(workspace_id=workspace.pk, scan_id=scan.pk, project_id=scan.project_id, state=scan.state)
    )

    assert list(Delivery.objects.values_list("event_type", "subject")) == ([(kind, subject)] if kind else [])


def test_what_the_clock_does_is_declared_and_swept():
    names = {schedule.name for schedule in schedules.declared()}

    assert "raksha: clear away what killed scans left" in names
    assert "scans" in sweeping._sweeps


@pytest.mark.parametrize(
    "model",
    [*("project", "scan", "upload", "fileresult", "scanpolicy"), *("finding", "dependency", "exclusion")],
)
def test_the_console_lists_rows_and_never_shows_a_token(seeded, client: Client, model):
    client.force_login(User.objects.create_superuser("root@example.org", "x"))

    answer = client.get(reverse(f"admin:raksha_{model}_changelist"))

    assert answer.status_code == 200


def test_an_operator_calls_scans_off(client: Client):
    client.force_login(User.objects.create_superuser("root@example.org", "x"))
    waiting, ended = (
        factories.ScanFactory.create(),
        factories.ScanFactory.create(state="cancelled", finished_at=NOW),
    )
    data = {"action": "cancel", "_selected_action": [waiting.pk, ended.pk]}

    answer = client.post(reverse("admin:raksha_scan_changelist"), data, follow=True)

    assert Scan.objects.get(pk=waiting.pk).state == "cancelled"
    assert b"over already" in answer.content
    assert scanning.get_claimable_ids(now=NOW, most=9) == []
