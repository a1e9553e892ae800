"""Live bells: "something about this topic changed in this workspace"; no content crosses the socket.

The page that hears a bell fetches its fragment again through the ordinary, permission-checked view.
A bell that cannot be rung (Redis away) is dropped: pages poll as a fall-back.
"""

from __future__ import annotations

import asyncio
import re
import time

import structlog
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

log = structlog.get_logger(__name__)

PATIENCE_SECONDS = 1.0
RETRY_SECONDS = 5.0
MEMBERS = "members"
"""The topic at which sockets look again which workspaces their user belongs to."""

TOPIC = re.compile(r"[a-z][a-z0-9_.-]{0,79}")


def group(workspace_id: str) -> str:
    """Return the Channels group of a workspace; a socket joins groups by its session, never by its wish."""
    return f"ws.{workspace_id}"


def ring(workspace_id: str, topic: str) -> None:
    """Ring after commit; sockets pass on at most a few rings a second for a topic, and never lose the last.

    topic: lower-case words such as `usage`, `keys` or `scan-12`.
    """
    if not TOPIC.fullmatch(topic):
        raise ValueError(f"{topic!r} is not a topic: use lower-case letters, digits, '-', '_' and '.'.")
    transaction.on_commit(lambda: _send(workspace_id, topic), robust=True)


def _send(workspace_id: str, topic: str) -> None:
    # One bell finds out that Redis is away; those of the next seconds do not wait for it again.
    if time.monotonic() < _outage.ends_at:
        return
    try:
        async_to_sync(_group_send)(group(workspace_id), {"type": "bell", "topic": topic})
    except Exception as exc:  # noqa: BLE001 - a bell is a convenience; losing one must never fail the work
        _outage.ends_at = time.monotonic() + RETRY_SECONDS
        log.warning("bell_not_rung", topic=topic, error=type(exc).__name__)


async def _group_send(name: str, message: dict[str, str]) -> None:
    layer = get_channel_layer()
    if layer is not None:
        # A Redis that hangs must not hang the caller.
        await asyncio.wait_for(layer.group_send(name, message), PATIENCE_SECONDS)


class _Outage:
    ends_at = 0.0


_outage = _Outage()


def forget_outage() -> None:
    """Ring again at once; tests start from here."""
    _outage.ends_at = 0.0
