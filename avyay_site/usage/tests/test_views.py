"""The usage page answers whatever its address says, with few queries."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from avyay_site.accounts.models import Membership
from avyay_site.accounts.tests.factories import MembershipFactory
from avyay_site.keys.tests.factories import issue
from avyay_site.usage.models import UsageRecord
from avyay_site.usage.services import record_usage

pytestmark = pytest.mark.django_db


@pytest.fixture
def member() -> Membership:
    return MembershipFactory.create()


@pytest.fixture
def pages(client: Client, member: Membership) -> Client:
    client.force_login(member.user)
    return client


def _use(member: Membership, times: int, model: str = "opus") -> str:
    key = issue(member.workspace, name=model).key
    now = timezone.now()
    record_usage(
        [
            UsageRecord(
                request_id=f"req_{key.pk}_{number}",
                occurred_at=now - dt.timedelta(minutes=number),
                workspace=member.workspace,
                key=key,
                product="marga",
                action="chat.completions",
                model_used=model,
                cost_usd=Decimal("0.01"),
            )
            for number in range(times)
        ]
    )
    return str(key.pk)


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"range": "24h"},
        {"range": "30d", "group": "key"},
        {"range": "custom", "first": "2026-01-01", "final": "2026-01-31"},
        {"range": "custom", "first": "never", "final": "2026-99-99"},
        {"range": "nonsense", "group": "nonsense", "page": "nonsense", "key": "key_of_somebody_else"},
        {"page": "99999"},
    ],
)
def test_page_answers_any_query(pages: Client, member: Membership, query: dict[str, str]):
    _use(member, 3)

    assert pages.get(reverse("usage:overview"), query).status_code == 200


def test_page_keeps_to_what_is_asked(pages: Client, member: Membership):
    _use(member, 1, "opus")
    haiku_key = _use(member, 1, "haiku")

    html = pages.get(reverse("usage:live"), {"key": haiku_key}).content.decode()

    assert "haiku" in html
    assert "opus" not in html


def test_downloads_ask_for_the_same_rows(pages: Client, member: Membership):
    key_id = _use(member, 2)
    html = pages.get(reverse("usage:overview"), {"key": key_id, "range": "24h"}).content.decode()
    address = html.split('href="/api/v1/usage/export?')[1].split('"')[0].replace("&amp;", "&")

    csv = pages.get(f"/api/v1/usage/export?{address}").getvalue().decode()

    assert csv.count(key_id) >= 2


def test_number_of_queries_does_not_grow_with_rows(
    pages: Client, member: Membership, django_assert_max_num_queries
):
    for number in range(5):
        _use(member, 30, f"model-{number}")

    with django_assert_max_num_queries(14):
        pages.get(reverse("usage:overview"))
