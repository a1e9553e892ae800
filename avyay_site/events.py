"""Facts between products: whoever makes one publishes it, `subscriptions.py` says who listens.

Handlers run in the publisher's process after its transaction has committed. A handler that fails is logged
and does not stop the others; what must not be lost belongs in a row, with a sweeper behind it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from django.db import transaction

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened in a workspace. Subclasses are frozen dataclasses of identifiers, not of rows."""

    workspace_id: str


E = TypeVar("E", bound=Event)
_handlers: dict[type[Event], list[Callable[[Any], None]]] = defaultdict(list)


def subscribe(event_type: type[E], handler: Callable[[E], None]) -> None:
    """Call handler with each event of this type; naming the same handler twice subscribes it once."""
    if handler not in _handlers[event_type]:
        _handlers[event_type].append(handler)


def publish(event: Event) -> None:
    """Hand the event to its handlers once the current transaction has committed (at once outside of one)."""
    transaction.on_commit(lambda: _deliver(event), robust=True)


def _deliver(event: Event) -> None:
    for handler in _handlers[type(event)]:
        try:
            handler(event)
        except Exception:
            log.exception(
                "event_handler_failed", event_type=type(event).__name__, handler=handler.__qualname__
            )
