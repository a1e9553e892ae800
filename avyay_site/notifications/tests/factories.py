"""Valid minimal channels and deliveries, made through the real services."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from avyay_site.accounts.access import Access
from avyay_site.notifications import services
from avyay_site.notifications.models import Channel, Delivery, Kind

SLACK = "https://hooks.slack.com/services/T000/B000/secretpath9xyz"
TARGETS = {Kind.EMAIL: "ops@example.org", Kind.WEBHOOK: "https://example.org/hook", Kind.SLACK: SLACK}


def channel(by: Access, kind: str = Kind.EMAIL, **changes: Any) -> Channel:
    """Create a channel that asks for revoked keys."""
    asked = {"name": "ops", "kind": kind, "target": TARGETS[Kind(kind)], "event_types": ["key.revoked"]}
    return services.create_channel(by=by, **(asked | changes)).channel


def delivery(to: Channel, **changes: Any) -> Delivery:
    """Create a waiting message."""
    row = {"workspace_id": to.workspace_id, "event_type": "key.revoked", "subject": "Key revoked"}
    moment = changes.pop("now", None) or timezone.now()
    made: Delivery = Delivery.objects.create(
        channel=to, created_at=moment, next_attempt_at=moment, **(row | changes)
    )
    return made
