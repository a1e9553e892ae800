"""What needs a person is found, and only in their own workspace."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from avyay_site import needs
from avyay_site.accounts.access import Access
from avyay_site.accounts.tests.factories import MembershipFactory, access_of
from avyay_site.keys.models import ApiKey
from avyay_site.keys.services import Limits, roll_key
from avyay_site.keys.tests.factories import issue
from avyay_site.notifications import services as notifications
from avyay_site.notifications.models import Channel
from avyay_site.usage.models import UsageRecord
from avyay_site.usage.services import record_usage

pytestmark = pytest.mark.django_db


@pytest.fixture
def access() -> Access:
    return access_of(MembershipFactory.create())


def _spend(key: ApiKey, amount: str, now: dt.datetime) -> None:
    record = UsageRecord(
        request_id=f"req_{key.pk}",
        occurred_at=now,
        workspace_id=key.workspace_id,
        key=key,
        product="marga",
        action="chat.completions",
        cost_usd=Decimal(amount),
    )
    record_usage([record])


@pytest.mark.parametrize(("spent", "tone"), [("7.99", None), ("8", "warn"), ("9.99", "warn"), ("10", "bad")])
def test_budget_is_named_from_four_fifths_on(
    access: Access, frozen_clock: dt.datetime, spent: str, tone: str | None
):
    key = issue(access.workspace, limits=Limits(monthly_budget_usd=Decimal(10))).key
    _spend(key, spent, frozen_clock)

    assert [need.tone for need in needs.get_needs(access, now=frozen_clock)] == ([tone] if tone else [])


def test_key_that_ends_within_a_week_is_named_until_it_is_rolled(access: Access, frozen_clock: dt.datetime):
    soon = issue(access.workspace, name="soon", expires_at=frozen_clock + dt.timedelta(days=6)).key
    issue(access.workspace, name="later", expires_at=frozen_clock + dt.timedelta(days=8))

    (need,) = needs.get_needs(access, now=frozen_clock)
    assert "soon stops working on 08 March" in need.text

    ApiKey.objects.filter(pk=soon.pk).update(expires_at=None)
    roll_key(by=access, key=soon, now=frozen_clock)
    assert needs.get_needs(access, now=frozen_clock) == []


def test_channel_that_failures_switched_off_is_named(access: Access, frozen_clock: dt.datetime):
    channel = notifications.create_channel(
        by=access, name="ops", kind="email", target="a@example.org"
    ).channel
    Channel.objects.filter(pk=channel.pk).update(is_enabled=False, disabled_reason="20 failures in a row")

    (need,) = needs.get_needs(access, now=frozen_clock)

    assert need.text == "The channel ops was switched off: 20 failures in a row"


def test_needs_of_another_workspace_are_not_shown(access: Access, frozen_clock: dt.datetime):
    other = MembershipFactory.create().workspace
    issue(other, expires_at=frozen_clock + dt.timedelta(days=1))

    assert needs.get_needs(access, now=frozen_clock) == []
