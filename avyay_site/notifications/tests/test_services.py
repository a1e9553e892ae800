"""Channels and messages: what the services accept, keep and refuse."""

from __future__ import annotations

from datetime import timedelta

import pytest

from avyay_site.accounts.access import NotAllowed
from avyay_site.accounts.models import Role
from avyay_site.accounts.tests.factories import MembershipFactory, access_of
from avyay_site.audit.models import AuditEntry
from avyay_site.notifications import services, tasks
from avyay_site.notifications.models import Channel, Delivery, Kind, Status
from avyay_site.notifications.tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def by():
    return access_of(MembershipFactory.create())


@pytest.fixture
def hints(monkeypatch):
    """Collect the hints instead of sending them."""
    sent = []
    monkeypatch.setattr(tasks.send_due, "delay_on_commit", lambda **ids: sent.append(ids))
    return sent


def notify(by, now, **changes):
    asked = {
        "workspace_id": by.workspace_id,
        "event_type": "key.revoked",
        "subject": "Key\nrevoked",
        "now": now,
    }
    return services.notify(**(asked | changes))


def test_notify_queues_a_message_to_each_channel_that_asked(by, now, hints):
    asked = factories.channel(by)
    factories.channel(by, event_types=["key.issued"])

    assert notify(by, now) == 1
    delivery = Delivery.objects.get()
    assert (delivery.channel, delivery.subject, delivery.status) == (asked, "Key revoked", Status.WAITING)
    assert hints == [{"channel_id": asked.pk}]


def test_another_workspace_and_a_channel_that_is_off_hear_nothing(by, now, hints):
    factories.channel(access_of(MembershipFactory.create()))
    services.change_channel(by=by, channel=factories.channel(by), is_enabled=False)

    assert notify(by, now) == 0


def test_a_webhook_shows_its_signing_secret_once_and_keeps_it_sealed(by):
    created = services.create_channel(by=by, name="hook", kind="webhook", target="https://example.org/hook")

    assert created.signing_secret.startswith("whsec_")
    assert created.signing_secret not in str(Channel.objects.values().get())
    assert Channel.objects.get().secret.reveal() == created.signing_secret


def test_a_rolled_secret_replaces_the_old_one(by):
    channel = factories.channel(by, Kind.WEBHOOK)
    old = channel.secret.reveal()

    rolled = services.roll_secret(by=by, channel=channel)

    assert rolled.signing_secret != old
    assert Channel.objects.get().secret.reveal() == rolled.signing_secret


def test_a_slack_url_is_a_secret_of_which_only_host_and_end_are_shown(by):
    channel = factories.channel(by, Kind.SLACK)

    assert channel.target == "https://hooks.slack.com/…9xyz"
    assert "secretpath" not in str(Channel.objects.values().get())
    assert Channel.objects.get().secret.reveal() == factories.SLACK


def test_saving_a_slack_channel_with_its_shown_target_keeps_the_url(by):
    channel = factories.channel(by, Kind.SLACK)

    services.change_channel(by=by, channel=channel, name="renamed", target=channel.target)

    assert Channel.objects.get().secret.reveal() == factories.SLACK


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "pigeon"}, "not a kind"),
        ({"name": " "}, "name of 1 to 80"),
        ({"target": "nobody"}, "not an e-mail address"),
        ({"kind": "webhook", "target": "ftp://example.org"}, "must begin with https"),
        ({"kind": "webhook", "target": "https://a:b@example.org"}, "user name"),
        ({"kind": "slack", "target": "http://hooks.slack.com/x"}, "begins with https"),
        ({"event_types": ["moon.full"]}, "Unknown event type"),
    ],
)
def test_a_wrong_channel_is_refused_in_words(by, changes, words):
    asked = {"name": "ops", "kind": "email", "target": "ops@example.org"} | changes

    with pytest.raises(services.UnableToChangeChannel, match=words):
        services.create_channel(by=by, **asked)


def test_a_viewer_changes_nothing(now):
    viewer = MembershipFactory.create(role=Role.VIEWER)
    owner = access_of(MembershipFactory.create(workspace=viewer.workspace))
    channel, by = factories.channel(owner), access_of(viewer)

    for act in (
        lambda: factories.channel(by),
        lambda: services.change_channel(by=by, channel=channel, name="x"),
        lambda: services.send_test(by=by, channel=channel, now=now),
        lambda: services.delete_channel(by=by, channel=channel),
        lambda: services.resend(by=by, delivery=factories.delivery(channel), now=now),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_switching_on_forgets_failures_and_wakes_waiting_messages(by, now, hints):
    channel = factories.channel(by)
    Channel.objects.update(is_enabled=False, failures=20, busy_until=now, disabled_reason="dead")

    services.change_channel(by=by, channel=channel, is_enabled=True)

    channel.refresh_from_db()
    assert (channel.failures, channel.busy_until, channel.disabled_reason) == (0, None, "")
    assert hints == [{"channel_id": channel.pk}]


def test_a_test_message_wakes_a_resting_channel(by, now, hints):
    channel = factories.channel(by)
    Channel.objects.update(failures=3, busy_until=now + timedelta(hours=1))
    channel.refresh_from_db()

    delivery = services.send_test(by=by, channel=channel, now=now)

    assert delivery.event_type == "test"
    assert Channel.objects.ready(now).get() == channel


def test_nothing_is_sent_to_a_channel_that_is_off(by, now, hints):
    channel = factories.channel(by)
    services.change_channel(by=by, channel=channel, is_enabled=False)
    channel.refresh_from_db()

    with pytest.raises(services.UnableToSend, match="switched off"):
        services.send_test(by=by, channel=channel, now=now)


def test_resending_starts_again_under_the_same_id(by, now, hints):
    delivery = factories.delivery(factories.channel(by), status=Status.FAILED, attempts=8, error="gone")

    services.resend(by=by, delivery=delivery, now=now)

    again = Delivery.objects.get()
    assert (again.pk, again.status, again.attempts, again.error) == (delivery.pk, Status.WAITING, 0, "")


def test_the_sweeper_issues_lost_hints_again_but_not_for_busy_channels(by, now, hints):
    waiting, resting = factories.channel(by), factories.channel(by)
    for channel in (waiting, resting):
        factories.delivery(channel, now=now)
    factories.delivery(waiting, now=now)
    Channel.objects.filter(pk=resting.pk).update(busy_until=now + timedelta(seconds=1))

    assert services.reissue_lost(now=now) == 1
    assert hints == [{"channel_id": waiting.pk}]


def test_old_deliveries_are_forgotten_and_recent_ones_kept(by, now):
    channel = factories.channel(by)
    factories.delivery(channel, now=now - timedelta(days=31))
    kept = factories.delivery(channel, now=now - timedelta(days=29))

    assert services.forget_old(now=now) == 1
    assert Delivery.objects.get() == kept


def test_every_change_of_a_channel_is_in_the_audit_log(by):
    channel = factories.channel(by, Kind.WEBHOOK)

    services.change_channel(by=by, channel=channel, name="renamed")
    services.roll_secret(by=by, channel=channel)
    services.delete_channel(by=by, channel=channel)

    actions = AuditEntry.objects.order_by("happened_at").values_list("action", flat=True)
    assert list(actions) == ["channel.create", "channel.change", "channel.roll_secret", "channel.delete"]
