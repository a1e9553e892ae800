"""Notification pages: channels come, go and are tested; secrets are shown once."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from avyay_site.accounts.models import Membership, Role
from avyay_site.accounts.tests.factories import MembershipFactory, access_of
from avyay_site.notifications import services
from avyay_site.notifications.models import Channel, Delivery

pytestmark = pytest.mark.django_db
MAIL: dict[str, Any] = {
    "name": "ops",
    "kind": "email",
    "target": "ops@example.org",
    "event_types": ["key.issued"],
}


@pytest.fixture
def member() -> Membership:
    return MembershipFactory.create(role=Role.MEMBER)


@pytest.fixture
def pages(client: Client, member: Membership) -> Client:
    client.force_login(member.user)
    return client


@pytest.fixture
def channel(member: Membership) -> Channel:
    return services.create_channel(by=access_of(member), **MAIL).channel


def test_channel_is_added(pages: Client, member: Membership):
    pages.post(reverse("notifications:add"), MAIL)

    assert Channel.objects.get(workspace=member.workspace).target == "ops@example.org"


def test_wrong_address_is_explained(pages: Client):
    html = pages.post(reverse("notifications:add"), MAIL | {"target": "nobody"}).content.decode()

    assert "is not an e-mail address" in html
    assert not Channel.objects.exists()


def test_signing_secret_is_shown_once(pages: Client):
    asked = MAIL | {"kind": "webhook", "target": "https://example.org/hook"}

    shown = pages.post(reverse("notifications:add"), asked).content.decode()
    later = pages.get(reverse("notifications:list")).content.decode()

    assert "whsec_" in shown
    assert "whsec_" not in later


def test_channel_is_changed_and_switched_off(pages: Client, channel: Channel):
    pages.post(
        reverse("notifications:change", args=[channel.pk]), MAIL | {"name": "night", "event_types": []}
    )
    pages.post(reverse("notifications:switch", args=[channel.pk]), {"on": "0"})

    channel.refresh_from_db()
    assert (channel.name, channel.event_types, channel.is_enabled) == ("night", [], False)


def test_test_message_is_listed(pages: Client, channel: Channel):
    pages.post(reverse("notifications:test", args=[channel.pk]))

    assert "Test from" in pages.get(reverse("notifications:list")).content.decode()


def test_delivery_is_sent_once_more(pages: Client, channel: Channel, member: Membership):
    delivery = services.send_test(by=access_of(member), channel=channel, now=timezone.now())
    Delivery.objects.filter(pk=delivery.pk).update(status="failed", attempts=9)

    pages.post(reverse("notifications:resend", args=[delivery.pk]))

    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts) == ("waiting", 0)


def test_removing_asks_first(pages: Client, channel: Channel):
    assert "Remove ops?" in pages.get(reverse("notifications:remove", args=[channel.pk])).content.decode()

    pages.post(reverse("notifications:remove", args=[channel.pk]))

    assert not Channel.objects.exists()


@pytest.mark.parametrize("name", ["change", "switch", "test", "remove"])
def test_channel_of_another_workspace_does_not_exist(pages: Client, name: str):
    foreign = services.create_channel(by=access_of(MembershipFactory.create()), **MAIL).channel

    response = pages.post(reverse(f"notifications:{name}", args=[foreign.pk]), MAIL)

    assert response.status_code == 404
    assert Channel.objects.filter(pk=foreign.pk, is_enabled=True).exists()


def test_viewer_is_refused(client: Client):
    viewer = MembershipFactory.create(role=Role.VIEWER)
    client.force_login(viewer.user)

    assert client.post(reverse("notifications:add"), MAIL).status_code == 403
