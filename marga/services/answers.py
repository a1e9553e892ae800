"""Say what an answer was worth, and have kept answers forgotten."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from avyay_site import live
from avyay_site.accounts.access import Access
from avyay_site.accounts.models import Role
from avyay_site.usage.models import UsageRecord
from marga.models import CachePurge, Feedback, RequestTrace
from marga.services import changing
from marga.services.changing import UnableToChange

MOST_PURGES = 100
"""Purges of single answers that a workspace may have waiting; one more purges everything, which is safe."""


@transaction.atomic
def give_feedback(
    *, by: Access, request: UsageRecord, rating: int, comment: str = "", now: datetime
) -> Feedback:
    """Note what the asker thought of an answer; a second time it replaces the first.

    rating: 1 or -1. Raises UnableToChange, NotAllowed.
    """
    by.require_role(Role.MEMBER)
    trace = RequestTrace.objects.filter(request_id=request.request_id, workspace_id=by.workspace_id).first()
    feedback: Feedback = Feedback.objects.update_or_create(
        workspace_id=by.workspace_id,
        request_id=request.request_id,
        actor=by.actor,
        defaults={
            "rating": rating,
            "comment": comment,
            "user": by.user,
            "model": request.model_used,
            "tier": trace.tier if trace else "",
            "task": trace.task if trace else "",
            "created_at": now,
        },
    )[0]
    live.ring(by.workspace_id, "gateway")
    return feedback


@transaction.atomic
def purge_cache(*, by: Access, request_id: str = "", now: datetime) -> CachePurge:
    """Have the workspace's kept answers forgotten, all or the one that a request left or was given.

    The gateway hears it with its next snapshot. Raises UnableToChange, NotAllowed.
    """
    by.require_role(Role.MEMBER)
    identity = _identity(by, request_id) if request_id else ""
    waiting = CachePurge.objects.visible_to(by)
    if not identity or waiting.count() >= MOST_PURGES:
        identity = ""
        waiting.delete()
    purge: CachePurge = CachePurge.objects.create(workspace=by.workspace, identity=identity, purged_at=now)
    changing.announce(by, purge, "cache.purge", request_id=request_id)
    return purge


def _identity(by: Access, request_id: str) -> str:
    trace = RequestTrace.objects.filter(request_id=request_id, workspace_id=by.workspace_id).first()
    if trace is None or not trace.cache_identity:
        raise UnableToChange("This request left no answer in the cache; purge everything, or nothing.")
    identity: str = trace.cache_identity
    return identity
