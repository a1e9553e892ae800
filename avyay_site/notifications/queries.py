"""Reads of notifications."""

from __future__ import annotations

from datetime import datetime

from avyay_site.notifications.models import Channel, Delivery


def get_due_channel_ids(*, now: datetime, most: int = 500) -> list[str]:
    """Return the channels that may send now and have something to send, longest waiting first."""
    due = (
        Delivery.objects.due(now)
        .filter(channel__in=Channel.objects.ready(now))
        .order_by("next_attempt_at")
        .values_list("channel_id", flat=True)[: most * 4]
    )
    return list(dict.fromkeys(due))[:most]


def get_oldest_due_seconds(*, now: datetime) -> float:
    """Return for how long the oldest due message of a channel that is on has waited; 0 when none does."""
    waiting = Delivery.objects.due(now).filter(channel__is_enabled=True).order_by("next_attempt_at")
    oldest: datetime | None = waiting.values_list("next_attempt_at", flat=True).first()
    return (now - oldest).total_seconds() if oldest else 0.0
