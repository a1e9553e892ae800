"""Copy what the admin logs of itself into the audit log, so that one log holds every act."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import structlog
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntryManager
from django.db.models import Model

from avyay_site.accounts.models import User, Workspace
from avyay_site.audit.models import AuditEntry

VERBS = {ADDITION: "add", CHANGE: "change", DELETION: "delete"}


def connect() -> None:
    """Have every entry of the admin's own log written to the audit log as well; called once.

    The admin writes its log in this one method, for single rows and, with bulk inserts that send no signal, for
    many. A manager of our own would change the admin's migrations.
    """
    original = LogEntryManager.log_actions

    def log_actions(
        self: Any, user_id: Any, queryset: Iterable[Model], action_flag: int, *args: Any, **kwargs: Any
    ) -> Any:
        rows = list(queryset)
        message = args[0] if args else kwargs.get("change_message", "")
        _record(user_id, rows, action_flag, message)
        return original(self, user_id, rows, action_flag, *args, **kwargs)

    LogEntryManager.log_actions = log_actions  # type: ignore[method-assign]


def _record(user_id: Any, rows: Iterable[Model], action_flag: int, message: Any) -> None:
    user = User.objects.filter(pk=user_id).first()
    request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))
    AuditEntry.objects.bulk_create(
        AuditEntry(
            workspace_id=_workspace_of(row, action_flag),
            actor=str(user or "unknown")[:254],
            user=user,
            action=f"admin.{VERBS.get(action_flag, 'act')}",
            target_type=row._meta.model_name or "",
            target_id=str(row.pk)[:60],
            target_name=str(row)[:200],
            detail=_detail(message),
            request_id=request_id,
        )
        for row in rows
    )


def _workspace_of(row: Model, action_flag: int) -> str | None:
    """Return whose log it belongs to; a deleted workspace takes its log along, so its end is kept outside."""
    if isinstance(row, Workspace):
        return None if action_flag == DELETION else row.pk
    return getattr(row, "workspace_id", None)


def _detail(message: Any) -> dict[str, Any]:
    """Return which fields were changed; the admin's message holds their labels and never their values."""
    if isinstance(message, str):
        try:
            message = json.loads(message) if message.startswith("[") else message
        except ValueError:
            return {"message": message}
    return {"changes": message} if isinstance(message, list) and message else {}
