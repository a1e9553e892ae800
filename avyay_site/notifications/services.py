"""Notify people of events, and keep the channels by which they are reached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from avyay_site import live, outbound
from avyay_site.accounts.access import Access
from avyay_site.accounts.models import Role
from avyay_site.audit.services import record
from avyay_site.notifications import event_types, queries, signing, tasks
from avyay_site.notifications.models import Channel, Delivery, Kind, Status

KEPT = timedelta(days=30)
MOST_CHANNELS = 50
MOST_SWEPT = 1000


class UnableToChangeChannel(Exception):
    """The channel stays as it is; the message says why and what to do."""


class UnableToSend(Exception):
    """The message was not queued; the message says why and what to do."""


@dataclass(frozen=True)
class Created:
    """A new channel; signing_secret is what the receiver of a webhook verifies with, shown once, else empty."""

    channel: Channel
    signing_secret: str


@transaction.atomic
def notify(
    *,
    workspace_id: str,
    event_type: str,
    subject: str,
    body: str = "",
    data: Mapping[str, object] | None = None,
    now: datetime,
) -> int:
    """Queue a message to every channel of the workspace that asked for this type; return how many.

    body: plain text. data: JSON values for programs, sent by webhook; no secrets.
    """
    channels = Channel.objects.filter(
        workspace_id=workspace_id, is_enabled=True, event_types__contains=[event_type]
    )
    deliveries = [
        _delivery(channel, event_type, subject, body=body, data=data or {}, now=now) for channel in channels
    ]
    Delivery.objects.bulk_create(deliveries)
    for delivery in deliveries:
        tasks.send_due.delay_on_commit(channel_id=delivery.channel_id)
    if deliveries:
        live.ring(workspace_id, "notifications")
    return len(deliveries)


@transaction.atomic
def create_channel(
    *, by: Access, name: str, kind: str, target: str, event_types: Iterable[str] = ()
) -> Created:
    """Add a receiver to the asker's workspace.

    target: an e-mail address, the URL of a webhook, or Slack's incoming-webhook URL.
    Raises UnableToChangeChannel, NotAllowed.
    """
    by.require_role(Role.MEMBER)
    if Channel.objects.visible_to(by).count() >= MOST_CHANNELS:
        raise UnableToChangeChannel(f"A workspace has at most {MOST_CHANNELS} channels; remove one first.")
    channel = Channel(workspace=by.workspace, created_by=by.user, kind=_checked_kind(kind))
    channel.name, channel.event_types = _checked_name(name), _checked_types(event_types)
    secret = signing.generate_secret() if kind == Kind.WEBHOOK else ""
    channel.secret = secret
    _aim(channel, target)
    channel.save()
    _announce(by, channel, "channel.create")
    return Created(channel=channel, signing_secret=secret)


@transaction.atomic
def change_channel(
    *,
    by: Access,
    channel: Channel,
    name: str | None = None,
    target: str | None = None,
    event_types: Iterable[str] | None = None,
    is_enabled: bool | None = None,
) -> Channel:
    """Change what is given; switching a channel on forgets its failures, and its waiting messages go out.

    Raises UnableToChangeChannel, NotAllowed.
    """
    by.require_role(Role.MEMBER)
    channel = _locked(channel)
    if name is not None:
        channel.name = _checked_name(name)
    if event_types is not None:
        channel.event_types = _checked_types(event_types)
    if target is not None and target != channel.target:
        _aim(channel, target)
    if is_enabled is not None:
        channel.is_enabled = is_enabled
        channel.disabled_reason, channel.failures, channel.busy_until = "", 0, None
    channel.save()
    _announce(by, channel, "channel.change", is_enabled=channel.is_enabled)
    if channel.is_enabled:
        tasks.send_due.delay_on_commit(channel_id=channel.pk)
    return channel


@transaction.atomic
def roll_secret(*, by: Access, channel: Channel) -> Created:
    """Give a webhook a new signing secret; the old one stops being used at once."""
    by.require_role(Role.MEMBER)
    if channel.kind != Kind.WEBHOOK:
        raise UnableToChangeChannel("Only webhooks have a signing secret.")
    channel = _locked(channel)
    secret = signing.generate_secret()
    channel.secret = secret
    channel.save(update_fields=["secret", "updated_at"])
    _announce(by, channel, "channel.roll_secret")
    return Created(channel=channel, signing_secret=secret)


@transaction.atomic
def delete_channel(*, by: Access, channel: Channel) -> None:
    """Remove a receiver with all its deliveries."""
    by.require_role(Role.MEMBER)
    _announce(by, channel, "channel.delete")
    channel.delete()


@transaction.atomic
def send_test(*, by: Access, channel: Channel, now: datetime) -> Delivery:
    """Queue a test message to one channel, even while it rests after a failure.

    Raises UnableToSend, NotAllowed.
    """
    by.require_role(Role.MEMBER)
    delivery = _delivery(
        channel,
        event_types.TEST,
        f"Test from {by.workspace.name}",
        body=f"{by.actor} sent this to see that messages arrive. They do.",
        data={},
        now=now,
    )
    _queue_at_once(channel, delivery)
    return delivery


@transaction.atomic
def resend(*, by: Access, delivery: Delivery, now: datetime) -> Delivery:
    """Send a message once more, from its first attempt; the receiver knows it by the same id.

    Raises UnableToSend, NotAllowed.
    """
    by.require_role(Role.MEMBER)
    delivery.status, delivery.attempts, delivery.next_attempt_at = Status.WAITING, 0, now
    delivery.error, delivery.response_status, delivery.delivered_at = "", None, None
    _queue_at_once(delivery.channel, delivery)
    record(by=by, action="delivery.resend", target=delivery)
    return delivery


def reissue_lost(*, now: datetime) -> int:
    """Queue every channel that has something due: the sweeper's part, when the broker lost its messages."""
    channel_ids = queries.get_due_channel_ids(now=now)
    for channel_id in channel_ids:
        tasks.send_due.delay_on_commit(channel_id=channel_id)
    return len(channel_ids)


def forget_old(*, now: datetime) -> int:
    """Delete the oldest deliveries that are past keeping; return how many."""
    old = (
        Delivery.objects.filter(created_at__lt=now - KEPT).order_by("created_at").values_list("pk", flat=True)
    )
    deleted, _ = Delivery.objects.filter(pk__in=list(old[:MOST_SWEPT])).delete()
    return int(deleted)


def _delivery(
    channel: Channel, event_type: str, subject: str, *, body: str, data: Mapping[str, object], now: datetime
) -> Delivery:
    return Delivery(
        workspace_id=channel.workspace_id,
        channel=channel,
        event_type=event_type,
        subject=" ".join(subject.split())[:200],
        body=body,
        data=dict(data),
        created_at=now,
        next_attempt_at=now,
    )


def _queue_at_once(channel: Channel, delivery: Delivery) -> None:
    if not channel.is_enabled:
        raise UnableToSend("The channel is switched off; switch it on first.")
    delivery.save()
    if channel.failures:
        Channel.objects.filter(pk=channel.pk).update(busy_until=None)
    tasks.send_due.delay_on_commit(channel_id=channel.pk)
    live.ring(delivery.workspace_id, "notifications")


def _aim(channel: Channel, target: str) -> None:
    """Check the target and keep it: what may be shown apart from what may not."""
    target = target.strip()
    if channel.kind == Kind.EMAIL:
        _check_email(target)
        channel.target = target
        return
    try:
        checked = outbound.check_url(target)
    except outbound.Refused as exc:
        raise UnableToChangeChannel(str(exc)) from exc
    if len(target) > 500:
        raise UnableToChangeChannel("The URL is longer than 500 characters.")
    if channel.kind == Kind.WEBHOOK:
        channel.target = target
        return
    if checked.scheme != "https":
        raise UnableToChangeChannel("Slack's incoming-webhook URL begins with https://.")
    # The path of a Slack URL is its password.
    channel.secret = target
    channel.target = f"https://{urlsplit(target).netloc}/…{target[-4:]}"


def _check_email(target: str) -> None:
    try:
        validate_email(target)
    except ValidationError as exc:
        raise UnableToChangeChannel(f"{target!r} is not an e-mail address.") from exc


def _checked_kind(kind: str) -> str:
    if kind not in Kind.values:
        raise UnableToChangeChannel(f"{kind!r} is not a kind of channel; choose {', '.join(Kind.values)}.")
    return kind


def _checked_name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > 80:
        raise UnableToChangeChannel("Give the channel a name of 1 to 80 characters.")
    return name


def _checked_types(names: Iterable[str]) -> list[str]:
    wanted = sorted(set(names))
    known = event_types.all_types()
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise UnableToChangeChannel(f"Unknown event type {unknown[0]!r}; choose among {', '.join(known)}.")
    return wanted


def _locked(channel: Channel) -> Channel:
    found: Channel = Channel.objects.select_for_update().get(pk=channel.pk)
    return found


def _announce(by: Access, channel: Channel, action: str, **detail: object) -> None:
    record(by=by, action=action, target=channel, detail={"kind": channel.kind, **detail})
    live.ring(channel.workspace_id, "notifications")
