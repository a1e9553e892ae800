"""Carry a request out once, however often it is sent.

The claim is a row under a unique index, written in the same transaction as the act: both are there, or neither.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.db import connection

from avyay_site.accounts.access import Access
from avyay_site.idempotency.models import KeptAnswer

LIFETIME = timedelta(hours=24)
PRUNED_AT_ONCE = 50


class StillRunning(Exception):
    """The same request is being carried out at this moment."""


class OtherRequest(Exception):
    """The idempotency key was used before, for another address or body."""


def claim(*, by: Access, idempotency_key: str, fingerprint: str, now: datetime) -> tuple[KeptAnswer, bool]:
    """Return the kept answer and True, or a fresh row to keep one in and False. Call it inside a transaction.

    Raises StillRunning, OtherRequest.
    """
    asker = by.key.pk if by.key else by.user.pk if by.user else "system"
    # Held until the transaction ends. A second request is told to come back instead of waiting on the unique
    # index with a database connection in its hand.
    if not _try_lock(f"{by.workspace_id} {asker} {idempotency_key}"):
        raise StillRunning("The same request is still running; ask again in a moment.")
    _prune(now)
    same = KeptAnswer.objects.visible_to(by).filter(asker=asker, idempotency_key=idempotency_key)
    same.filter(created_at__lte=now - LIFETIME).delete()
    if found := same.first():
        if found.fingerprint != fingerprint:
            raise OtherRequest("This Idempotency-Key was used for another address or body; make a new one.")
        return found, True
    fresh: KeptAnswer = KeptAnswer.objects.create(
        workspace=by.workspace,
        asker=asker,
        idempotency_key=idempotency_key,
        fingerprint=fingerprint,
        created_at=now,
    )
    return fresh, False


def keep(answer: KeptAnswer, *, status: int, headers: dict[str, str], body: str) -> None:
    """Keep what was answered."""
    answer.status, answer.headers, answer.body = status, headers, body
    answer.save(update_fields=["status", "headers", "body"])


def _try_lock(name: str) -> bool:
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        return bool(cursor.fetchone()[0])


def _prune(now: datetime) -> None:
    """Drop a few answers that are too old: each new request pays for its predecessors, and nothing piles up."""
    old = KeptAnswer.objects.filter(created_at__lte=now - LIFETIME).order_by("created_at")
    ids = old.select_for_update(skip_locked=True).values_list("pk", flat=True)[:PRUNED_AT_ONCE]
    KeptAnswer.objects.filter(pk__in=list(ids)).delete()
