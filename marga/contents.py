"""What calls asked and were answered, where a key's rules have it kept: store it, find it, and forget it in time."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

from avyay_site.accounts.access import Access
from avyay_site.fields import Secret
from marga.models import RequestContent
from marga.records import Content, Record

BATCH, BATCHES_MOST = 500, 200
"""What one run forgets at most; the next one goes on."""


def store(records: Iterable[Record], *, new_ids: Collection[str]) -> None:
    """Store what came with new records, sealed as it came; in the transaction of the records."""
    rows = {
        record.request_id: _row(record, record.content)
        for record in records
        if record.content is not None and record.request_id in new_ids
    }
    if rows:
        RequestContent.objects.bulk_create(rows.values(), ignore_conflicts=True)


def _row(record: Record, content: Content) -> RequestContent:
    sealed = {name: Secret(token) for name, token in content._asdict().items()}
    return RequestContent(
        workspace_id=record.workspace_id,
        request_id=record.request_id,
        expires_at=record.occurred_at + timedelta(days=settings.MARGA_CONTENT_DAYS),
        **sealed,
    )


def get_content(access: Access, request_id: str, *, now: datetime) -> RequestContent | None:
    """Return what is kept of one call of the workspace; None when nothing is, or not any more."""
    kept: RequestContent | None = RequestContent.objects.filter(
        workspace_id=access.workspace_id, request_id=request_id, expires_at__gt=now
    ).first()
    return kept


def forget_old(*, now: datetime) -> int:
    """Delete what has expired, oldest first, and return how many; rows are never loaded."""
    table = RequestContent._meta.db_table
    # Batches of their own transactions, as for traces.
    statement = (
        f"DELETE FROM {table} WHERE id = ANY (ARRAY("  # noqa: S608 - the name is the model's
        f"SELECT id FROM {table} WHERE expires_at <= %s ORDER BY expires_at LIMIT %s))"
    )
    gone = 0
    for _ in range(BATCHES_MOST):
        with connection.cursor() as cursor:
            cursor.execute(statement, [now, BATCH])
            gone += cursor.rowcount
            if cursor.rowcount < BATCH:
                break
    return gone
