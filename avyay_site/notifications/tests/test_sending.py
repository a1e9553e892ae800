"""Sending: what goes out, and what becomes of it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core import mail as outbox_of

from avyay_site import mail, outbound
from avyay_site.accounts.tests.factories import MembershipFactory, access_of
from avyay_site.notifications import retrying, sending
from avyay_site.notifications.models import Channel, Delivery, Kind, Status
from avyay_site.notifications.tests import factories
from avyay_site.notifications.tests.test_signing import verify

pytestmark = pytest.mark.django_db


@pytest.fixture
def by():
    return access_of(MembershipFactory.create())


@pytest.fixture
def receiver(monkeypatch):
    """Stand in for the network: keeps what was posted, answers what the test says."""

    class Receiver:
        answer: outbound.Answer | Exception = outbound.Answer(204, b"")
        posts: list[tuple[str, bytes, dict[str, str]]]

        def post(self, url, *, body, headers):
            self.posts.append((url, body, headers))
            if isinstance(self.answer, Exception):
                raise self.answer
            return self.answer

    receiver = Receiver()
    receiver.posts = []
    monkeypatch.setattr(outbound, "post", receiver.post)
    return receiver


def test_a_mail_carries_subject_text_and_workspace(by, now):
    channel = factories.channel(by)
    factories.delivery(channel, body="The key <ci> & its twin.", now=now)

    sending.send_next(channel_id=channel.pk, now=now)

    (message,) = outbox_of.outbox
    assert message.to == ["ops@example.org"]
    assert message.subject == f"[{by.workspace.name}] Key revoked"
    assert "The key <ci> & its twin." in message.body


def test_a_webhook_is_signed_so_that_a_receiver_can_verify_it(by, now, receiver):
    channel = factories.channel(by, Kind.WEBHOOK)
    delivery = factories.delivery(channel, data={"key_id": "key_1"}, now=now)

    sending.send_next(channel_id=channel.pk, now=now)

    ((url, body, headers),) = receiver.posts
    assert url == channel.target
    assert headers["webhook-id"] == delivery.pk
    timestamp = int(headers["webhook-timestamp"])
    assert timestamp == int(now.timestamp())
    assert verify(channel.secret.reveal(), delivery.pk, timestamp, body, headers["webhook-signature"])
    content = json.loads(body)
    assert (content["type"], content["data"]["key_id"]) == ("key.revoked", "key_1")


def test_a_retry_has_the_same_id_and_a_fresh_timestamp(by, now, receiver):
    channel = factories.channel(by, Kind.WEBHOOK)
    factories.delivery(channel, now=now)
    receiver.answer = outbound.Unreachable("no answer")

    sending.send_next(channel_id=channel.pk, now=now)
    sending.send_next(channel_id=channel.pk, now=now + timedelta(minutes=1))

    first, second = (headers for _, _, headers in receiver.posts)
    assert first["webhook-id"] == second["webhook-id"]
    assert first["webhook-timestamp"] != second["webhook-timestamp"]


def test_slack_gets_the_text_with_its_special_characters_escaped(by, now, receiver):
    channel = factories.channel(by, Kind.SLACK)
    factories.delivery(channel, body="<!channel> a & b", now=now)

    sending.send_next(channel_id=channel.pk, now=now)

    ((url, body, _),) = receiver.posts
    assert url == factories.SLACK
    assert json.loads(body)["text"] == "*Key revoked*\n&lt;!channel&gt; a &amp; b"


def test_success_is_noted_and_the_channel_is_free_again(by, now, receiver):
    channel = factories.channel(by, Kind.WEBHOOK)
    factories.delivery(channel, now=now)
    Channel.objects.update(failures=5)

    assert sending.send_next(channel_id=channel.pk, now=now) is False

    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.response_status, delivery.attempts) == (Status.DELIVERED, 204, 1)
    assert (delivery.delivered_at, delivery.next_attempt_at) == (now, None)
    channel.refresh_from_db()
    assert (channel.failures, channel.busy_until) == (0, None)


def test_it_says_that_more_is_due(by, now, receiver):
    channel = factories.channel(by, Kind.WEBHOOK)
    for _ in range(2):
        factories.delivery(channel, now=now)

    assert [sending.send_next(channel_id=channel.pk, now=now) for _ in range(3)] == [True, False, False]
    assert len(receiver.posts) == 2


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (outbound.Answer(500, b""), 500, "answered 500"),
        (outbound.Answer(302, b""), 302, "redirect"),
        (outbound.Unreachable("example.org did not answer"), None, "did not answer"),
        (outbound.Refused("not a public address"), None, "not a public address"),
    ],
)
def test_a_failure_is_noted_and_tried_again_after_30_seconds(by, now, receiver, answer, status, words):
    channel = factories.channel(by, Kind.WEBHOOK)
    factories.delivery(channel, now=now)
    receiver.answer = answer

    assert sending.send_next(channel_id=channel.pk, now=now) is False

    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.response_status) == (Status.WAITING, status)
    assert words in delivery.error
    assert delivery.next_attempt_at == now + timedelta(seconds=30)


def test_a_mail_server_that_is_away_is_a_failure_like_others(by, now, monkeypatch):
    def refuse(*_, **__):
        raise mail.UnableToSend("refused")

    monkeypatch.setattr(mail, "send", refuse)
    channel = factories.channel(by)
    factories.delivery(channel, now=now)

    sending.send_next(channel_id=channel.pk, now=now)

    assert Delivery.objects.get().error == "refused"


def test_a_delivery_is_given_up_after_its_last_attempt(by, now, receiver):
    channel = factories.channel(by, Kind.WEBHOOK)
    factories.delivery(channel, attempts=retrying.MOST_ATTEMPTS - 1, now=now)
    receiver.answer = outbound.Answer(500, b"")

    sending.send_next(channel_id=channel.pk, now=now)

    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.next_attempt_at) == (Status.FAILED, None)


def test_a_dead_receiver_rests_so_that_its_backlog_takes_one_attempt_and_not_all(by, now, receiver):
    channel = factories.channel(by, Kind.WEBHOOK)
    for _ in range(50):
        factories.delivery(channel, now=now)
    receiver.answer = outbound.Unreachable("dead")

    for _ in range(50):
        sending.send_next(channel_id=channel.pk, now=now)

    assert len(receiver.posts) == 1


def test_a_channel_is_sent_to_by_one_worker_at_a_time(by, now, receiver):
    channel = factories.channel(by, Kind.WEBHOOK)
    factories.delivery(channel, now=now)
    Channel.objects.update(busy_until=now + timedelta(seconds=1))

    assert sending.send_next(channel_id=channel.pk, now=now) is False
    assert receiver.posts == []


def test_a_worker_that_died_loses_its_claim_by_the_clock(by, now, receiver, monkeypatch):
    channel = factories.channel(by, Kind.WEBHOOK)
    factories.delivery(channel, now=now)
    monkeypatch.setattr(sending, "_carry", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        sending.send_next(channel_id=channel.pk, now=now)
    monkeypatch.undo()
    monkeypatch.setattr(outbound, "post", receiver.post)

    sending.send_next(channel_id=channel.pk, now=now + sending.LEASE - timedelta(seconds=1))
    assert receiver.posts == []
    sending.send_next(channel_id=channel.pk, now=now + sending.LEASE)

    assert Delivery.objects.get().status == Status.DELIVERED


def test_a_channel_is_switched_off_after_twenty_failures_in_a_row(by, now, receiver):
    channel = factories.channel(by, Kind.WEBHOOK)
    factories.delivery(channel, now=now)
    Channel.objects.update(failures=retrying.FAILURES_UNTIL_DISABLED - 1)
    receiver.answer = outbound.Answer(500, b"")

    sending.send_next(channel_id=channel.pk, now=now)

    channel.refresh_from_db()
    assert not channel.is_enabled
    assert "20 attempts in a row" in channel.disabled_reason


def test_a_receiver_that_is_gone_is_switched_off_at_once(by, now, receiver):
    channel = factories.channel(by, Kind.WEBHOOK)
    factories.delivery(channel, now=now)
    receiver.answer = outbound.Answer(410, b"")

    sending.send_next(channel_id=channel.pk, now=now)

    channel.refresh_from_db()
    assert not channel.is_enabled


def test_a_channel_that_was_deleted_is_left_alone(now):
    assert sending.send_next(channel_id="chn_gone", now=now) is False
