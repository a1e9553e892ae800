"""Write the audit log."""

from __future__ import annotations

from collections.abc import Mapping

import structlog
from django.db.models import Model

from avyay_site.accounts.access import Access
from avyay_site.audit.models import AuditEntry


def record(
    *, by: Access, action: str, target: Model, detail: Mapping[str, object] | None = None
) -> AuditEntry:
    """Add an entry in the current transaction, so that the act and its record stand or fall together.

    action: `noun.verb`, such as `key.revoke`. detail: JSON values; never secrets.
    """
    entry: AuditEntry = AuditEntry.objects.create(
        workspace=by.workspace,
        actor=by.actor,
        user=by.user,
        key_id=by.key.pk if by.key else "",
        action=action,
        target_type=target._meta.model_name or "",
        target_id=str(target.pk),
        target_name=str(target)[:200],
        detail=dict(detail or {}),
        request_id=str(structlog.contextvars.get_contextvars().get("request_id", "")),
    )
    return entry
