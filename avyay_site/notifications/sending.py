"""Send what is due on a channel, one message at a time.

A channel is claimed by one worker at a time, so a dead receiver holds up one worker for ten seconds at most,
now and then, and never the other channels. The claim is a lease: a worker that dies loses it by the clock.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F

from avyay_site import live, mail, outbound
from avyay_site.accounts.access import for_system
from avyay_site.audit.services import record
from avyay_site.crypto import UnableToDecrypt
from avyay_site.notifications import retrying, signing
from avyay_site.notifications.models import Channel, Delivery, Kind, Status

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
"""Longer than one attempt can take: 10 seconds for a request, a few times 10 for a mail server."""


class UnableToDeliver(Exception):
    """The receiver did not take the message.

    status: its answer, if any. is_gone: it wants no more messages, ever.
    """

    def __init__(self, message: str, *, status: int | None = None, is_gone: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.is_gone = is_gone


def send_next(*, channel_id: str, now: datetime) -> bool:
    """Send the oldest due message of a channel; return whether another one is due.

    Does nothing when another worker is at it, when the channel rests or is off, or is gone.
    """
    lease = now + LEASE
    if not Channel.objects.ready(now).filter(pk=channel_id).update(busy_until=lease):
        return False
    delivery = _next_due(channel_id, now)
    if delivery is None:
        Channel.objects.filter(pk=channel_id, busy_until=lease).update(busy_until=None)
        return False
    try:
        status = _carry(delivery, now)
    except UnableToDeliver as exc:
        _note_failure(delivery, exc, lease=lease, now=now)
        return False
    _note_success(delivery, status, lease=lease, now=now)
    return bool(Delivery.objects.due(now).filter(channel_id=channel_id).exists())


def _next_due(channel_id: str, now: datetime) -> Delivery | None:
    """Return the message to send, with this attempt counted: a worker that dies in it has used it up."""
    due = Delivery.objects.due(now).filter(channel_id=channel_id).select_related("channel", "workspace")
    delivery: Delivery | None = due.order_by("next_attempt_at", "id").first()
    if delivery is not None:
        Delivery.objects.filter(pk=delivery.pk).update(
            attempts=F("attempts") + 1, next_attempt_at=now + LEASE
        )
        delivery.attempts += 1
    return delivery


def _carry(delivery: Delivery, now: datetime) -> int | None:
    """Hand the message to its receiver and return the HTTP status, if there is one.

    Raises UnableToDeliver.
    """
    carriers = {Kind.EMAIL: _mail, Kind.WEBHOOK: _post_webhook, Kind.SLACK: _post_slack}
    try:
        return carriers[Kind(delivery.channel.kind)](delivery, now)
    except (mail.UnableToSend, outbound.Refused, outbound.Unreachable, UnableToDecrypt) as exc:
        raise UnableToDeliver(str(exc)) from exc


def _mail(delivery: Delivery, _: datetime) -> None:
    context = {"subject": delivery.subject, "body": delivery.body, "workspace": delivery.workspace.name}
    mail.send("notification", to=delivery.channel.target, context=context)


def _post_webhook(delivery: Delivery, now: datetime) -> int:
    content = {
        "type": delivery.event_type,
        "timestamp": delivery.created_at.isoformat(),
        "data": {
            "workspace_id": delivery.workspace_id,
            "subject": delivery.subject,
            "body": delivery.body,
            **delivery.data,
        },
    }
    body = json.dumps(content, separators=(",", ":")).encode()
    timestamp = int(now.timestamp())
    signature = signing.sign(
        delivery.channel.secret.reveal(), message_id=delivery.pk, timestamp=timestamp, body=body
    )
    headers = {
        "Content-Type": "application/json",
        "webhook-id": delivery.pk,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature,
    }
    return _accepted(outbound.post(delivery.channel.target, body=body, headers=headers))


def _post_slack(delivery: Delivery, _: datetime) -> int:
    # Slack reads <…> as links and & as the start of an escape.
    # https://docs.slack.dev/messaging/formatting-message-text#escaping
    text = f"*{delivery.subject}*\n{delivery.body}".strip()
    for character, escape in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(character, escape)
    body = json.dumps({"text": text}).encode()
    answer = outbound.post(
        delivery.channel.secret.reveal(), body=body, headers={"Content-Type": "application/json"}
    )
    return _accepted(answer)


def _accepted(answer: outbound.Answer) -> int:
    if 200 <= answer.status < 300:
        return answer.status
    if 300 <= answer.status < 400:
        raise UnableToDeliver(
            "The receiver answered with a redirect, which is not followed; name the final URL.",
            status=answer.status,
        )
    raise UnableToDeliver(
        f"The receiver answered {answer.status}.", status=answer.status, is_gone=answer.status == 410
    )


@transaction.atomic
def _note_success(delivery: Delivery, status: int | None, *, lease: datetime, now: datetime) -> None:
    Channel.objects.filter(pk=delivery.channel_id, busy_until=lease).update(busy_until=None, failures=0)
    Delivery.objects.filter(pk=delivery.pk).update(
        status=Status.DELIVERED, response_status=status, error="", delivered_at=now, next_attempt_at=None
    )
    log.info("notification_delivered", delivery_id=delivery.pk, attempts=delivery.attempts)
    live.ring(delivery.workspace_id, "notifications")


@transaction.atomic
def _note_failure(delivery: Delivery, failure: UnableToDeliver, *, lease: datetime, now: datetime) -> None:
    wait = retrying.wait_after(delivery.attempts)
    Delivery.objects.filter(pk=delivery.pk, attempts=delivery.attempts, status=Status.WAITING).update(
        status=Status.FAILED if wait is None else Status.WAITING,
        next_attempt_at=None if wait is None else now + wait,
        response_status=failure.status,
        error=str(failure)[:300],
    )
    failures = delivery.channel.failures + 1
    rest = now + retrying.rest_after(failures)
    Channel.objects.filter(pk=delivery.channel_id, busy_until=lease).update(
        busy_until=rest, failures=failures
    )
    if failure.is_gone:
        _disable(delivery.channel, "The receiver answered 410 Gone.")
    elif failures >= retrying.FAILURES_UNTIL_DISABLED:
        _disable(delivery.channel, f"{failures} attempts in a row failed. The latest: {failure}")
    log.warning("notification_not_delivered", delivery_id=delivery.pk, attempts=delivery.attempts)
    live.ring(delivery.workspace_id, "notifications")


def _disable(channel: Channel, reason: str) -> None:
    Channel.objects.filter(pk=channel.pk).update(is_enabled=False, disabled_reason=reason[:200])
    record(
        by=for_system(channel.workspace), action="channel.disable", target=channel, detail={"reason": reason}
    )
