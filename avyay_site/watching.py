"""Notice that a part of the platform is down or behind, and tell those who asked to be told, once each time."""

from __future__ import annotations

from datetime import datetime

import httpx
import structlog
from django.conf import settings
from django.core.cache import cache

from avyay_site import health, metrics
from avyay_site.notifications.models import Channel
from avyay_site.notifications.queries import get_oldest_due_seconds
from avyay_site.notifications.services import notify

log = structlog.get_logger(__name__)

EVENT = "platform.degraded"
KNOWN = "watching.known"
MEMORY_SECONDS = 24 * 60 * 60
PATIENCE_SECONDS = 2.0
MOST_WAITING = 1000
LATEST_SECONDS = 300


def watch(*, now: datetime) -> dict[str, str]:
    """Look at each part, notify of what was well at the look before, and return what is wrong: part → sentence."""
    wrong = look(now=now)
    known: dict[str, str] = cache.get(KNOWN) or {}
    for part in sorted(wrong.keys() - known.keys()):
        log.warning("platform_degraded", part=part, trouble=wrong[part])
        _tell(part, wrong[part], now)
    cache.set(KNOWN, wrong, MEMORY_SECONDS)
    return wrong


def look(*, now: datetime) -> dict[str, str]:
    """Return what is wrong now."""
    wrong = {}
    if not _gateway_answers():
        wrong["gateway"] = "The gateway does not answer; model calls fail. See its log under AVYAY_VAR/logs."
    for queue, length in health.queue_lengths(metrics.QUEUES).items():
        if length > MOST_WAITING:
            wrong[f"queue {queue}"] = f"{length} tasks wait in the queue {queue}; start more workers."
    if get_oldest_due_seconds(now=now) > LATEST_SECONDS:
        wrong["notifications"] = "Notifications are due since more than five minutes; see the worker's log."
    return wrong


def _gateway_answers() -> bool:
    try:
        answer = httpx.get(
            f"{settings.GATEWAY_INTERNAL_URL}/healthz", timeout=PATIENCE_SECONDS, trust_env=False
        )
    except httpx.HTTPError:
        return False
    return answer.is_success


def _tell(part: str, trouble: str, now: datetime) -> None:
    asked = Channel.objects.filter(is_enabled=True, event_types__contains=[EVENT])
    for workspace_id in asked.order_by("workspace_id").values_list("workspace_id", flat=True).distinct():
        notify(
            workspace_id=workspace_id,
            event_type=EVENT,
            subject=f"Degraded: {part}",
            body=trouble,
            data={"part": part},
            now=now,
        )
