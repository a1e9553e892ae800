"""Live bells: "something about this topic changed in this workspace"; no content crosses the socket.

The page that hears a bell fetches its fragment again through the ordinary, permission-checked view.
A bell that cannot be rung (Redis away) is dropped: pages poll as a fall-back.
"""

from __future__ import annotations

import asyncio
import re

import structlog
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

log = structlog.get_logger(__name__)

PATIENCE_SECONDS = 1.0
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
    try:
        async_to_sync(_group_send)(group(workspace_id), {"type": "bell", "topic": topic})
    except Exception as exc:  # noqa: BLE001 - a bell is a convenience; losing one must never fail the work
        log.warning("bell_not_rung", topic=topic, error=type(exc).__name__)


async def _group_send(name: str, message: dict[str, str]) -> None:
    layer = get_channel_layer()
    if layer is not None:
        # A Redis that hangs must not hang the caller.
        await asyncio.wait_for(layer.group_send(name, message), PATIENCE_SECONDS)
