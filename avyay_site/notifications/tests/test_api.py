"""Channels and deliveries over REST, through the whole stack."""

from __future__ import annotations

import pytest
from django.test import Client

from avyay_site import limits
from avyay_site.accounts import access
from avyay_site.accounts.tests.factories import WorkspaceFactory
from avyay_site.keys.tests.factories import issue
from avyay_site.notifications.models import Channel, Delivery, Status
from avyay_site.notifications.tests import factories

pytestmark = pytest.mark.django_db
CHANNELS, DELIVERIES = "/api/v1/notifications/channels", "/api/v1/notifications/deliveries"
JSON = "application/json"
HOOK: dict[str, object] = {
    "name": "hook",
    "kind": "webhook",
    "target": "https://example.org/h",
    "event_types": ["key.issued"],
}


@pytest.fixture(autouse=True)
def _fresh_limits(settings, redis_server):
    settings.REDIS_URL = redis_server
    limits.forget()


@pytest.fixture
def workspace():
    return WorkspaceFactory.create()


@pytest.fixture
def by(workspace):
    return access.for_system(workspace)


@pytest.fixture
def caller(workspace):
    return Client(headers={"Authorization": f"Bearer {issue(workspace).secret}"})


def test_a_webhook_is_created_and_its_signing_secret_shown_once(caller):
    made = caller.post(CHANNELS, HOOK, content_type=JSON)

    assert made.status_code == 201, made.content
    assert made.json()["signing_secret"].startswith("whsec_")
    read = caller.get(made["Location"]).json()
    assert read["event_types"] == ["key.issued"]
    assert not {"secret", "signing_secret"} & set(read)


def test_a_channel_is_changed_and_removed(caller, by):
    address = f"{CHANNELS}/{factories.channel(by).pk}"

    changed = caller.patch(address, {"is_enabled": False}, content_type=JSON)
    removed = caller.delete(address)

    assert changed.json()["is_enabled"] is False
    assert removed.status_code == 204
    assert not Channel.objects.exists()


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"target": "http://user:pass@example.org"}, 409),
        ({"target": "http://2130706433/"}, 409),
        ({"kind": "pigeon"}, 400),
        ({"event_types": ["moon.full"]}, 400),
        ({"failures": 0}, 400),
    ],
)
def test_a_wrong_channel_is_a_problem(caller, changes, status):
    answer = caller.post(CHANNELS, HOOK | changes, content_type=JSON)

    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"


def test_a_test_is_queued_and_its_delivery_can_be_read(caller, by):
    channel = factories.channel(by)

    queued = caller.post(f"{CHANNELS}/{channel.pk}/test", content_type=JSON)

    assert queued.status_code == 202, queued.content
    assert caller.get(f"{DELIVERIES}/{queued.json()['id']}").json()["event_type"] == "test"


def test_a_secret_is_rolled(caller, by):
    channel = factories.channel(by, "webhook")
    old = channel.secret.reveal()

    rolled = caller.post(f"{CHANNELS}/{channel.pk}/roll_secret", content_type=JSON)

    assert rolled.status_code == 200, rolled.content
    assert rolled.json()["signing_secret"] not in ("", old)


def test_deliveries_are_filtered_and_resent(caller, by):
    channel = factories.channel(by)
    failed = factories.delivery(channel, status=Status.FAILED, attempts=8)
    factories.delivery(channel)

    listed = caller.get(DELIVERIES, {"status": "failed", "channel": channel.pk}).json()["data"]
    again = caller.post(f"{DELIVERIES}/{failed.pk}/resend", content_type=JSON)

    assert [row["id"] for row in listed] == [failed.pk]
    assert again.json()["attempts"] == 0
    assert Delivery.objects.filter(status=Status.WAITING).count() == 2


def test_what_belongs_to_another_workspace_is_not_found(caller):
    other = access.for_system(WorkspaceFactory.create())
    channel = factories.channel(other)
    delivery = factories.delivery(channel)

    assert caller.get(CHANNELS).json()["data"] == []
    assert caller.get(DELIVERIES).json()["data"] == []
    for address in (f"{CHANNELS}/{channel.pk}", f"{DELIVERIES}/{delivery.pk}"):
        assert caller.get(address).status_code == 404
    for act in (
        f"{CHANNELS}/{channel.pk}/test",
        f"{CHANNELS}/{channel.pk}/roll_secret",
        f"{DELIVERIES}/{delivery.pk}/resend",
    ):
        assert caller.post(act, content_type=JSON).status_code == 404
    assert caller.delete(f"{CHANNELS}/{channel.pk}").status_code == 404


def test_a_key_without_the_scope_is_refused(workspace, by):
    reader = Client(headers={"X-API-Key": issue(workspace, scopes=["platform:read"]).secret})

    assert reader.get(CHANNELS).status_code == 200
    assert reader.post(CHANNELS, HOOK, content_type=JSON).status_code == 403
