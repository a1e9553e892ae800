from __future__ import annotations

from decimal import Decimal

import pytest

from avyay_site import events
from avyay_site.accounts import access
from avyay_site.accounts.services import MemberJoined
from avyay_site.accounts.tests.factories import MembershipFactory, WorkspaceFactory
from avyay_site.keys.services import Limits, change_key, revoke_key
from avyay_site.keys.tests.factories import issue
from avyay_site.notifications import event_types, services
from avyay_site.notifications.models import Delivery
from avyay_site.usage.budgets import BudgetThreshold

pytestmark = pytest.mark.django_db


@pytest.fixture
def workspace(monkeypatch):
    """A workspace with a channel that asks for everything; nothing is really sent."""
    monkeypatch.setattr("avyay_site.notifications.tasks.send_due.delay_on_commit", lambda **_: None)
    workspace = WorkspaceFactory.create(name="Blue")
    services.create_channel(
        by=access.for_system(workspace),
        name="mail",
        kind="email",
        target="ops@example.org",
        event_types=event_types.all_types(),
    )
    return workspace


def told():
    return list(Delivery.objects.order_by("created_at", "pk").values_list("event_type", "subject"))


def test_keys_that_are_issued_and_revoked_are_told_and_changes_are_not(
    workspace, now, django_capture_on_commit_callbacks
):
    by = access.for_system(workspace)
    with django_capture_on_commit_callbacks(execute=True):
        key = issue(workspace, name="agents").key
    with django_capture_on_commit_callbacks(execute=True):
        change_key(by=by, key=key, name="robots", limits=Limits(), bucket="agents")
    with django_capture_on_commit_callbacks(execute=True):
        revoke_key(by=by, key=key, now=now)

    assert told() == [
        ("key.issued", "The key agents was issued"),
        ("key.revoked", "The key robots was revoked"),
    ]


def test_somebody_who_joins_is_told(workspace, django_capture_on_commit_callbacks):
    joined = MembershipFactory.create(workspace=workspace, user__email="new@example.org")

    with django_capture_on_commit_callbacks(execute=True):
        events.publish(MemberJoined(workspace_id=workspace.pk, user_id=joined.user_id))

    assert told() == [("member.joined", "new@example.org joined Blue")]


@pytest.mark.parametrize(("percent", "advice"), [(80, "Raise the budget"), (100, "are refused until")])
def test_a_passed_budget_is_told_with_its_figures(
    workspace, percent, advice, now, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        events.publish(
            BudgetThreshold(
                workspace_id=workspace.pk,
                key_id="key_1",
                key_name="agents",
                percent=percent,
                spent_usd=Decimal("8.1234"),
                budget_usd=Decimal("10"),
                month_date=now.date().replace(day=1),
            )
        )

    delivery = Delivery.objects.get()
    assert delivery.subject == f"The key agents has used {percent} % of its budget"
    assert "$8.12 of $10.00 in March 2026" in delivery.body
    assert advice in delivery.body
    assert delivery.data["spent_usd"] == "8.1234"


def test_what_is_gone_by_then_is_passed_over(workspace, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        events.publish(MemberJoined(workspace_id=workspace.pk, user_id="user_gone"))

    assert told() == []
