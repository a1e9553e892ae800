"""Take usage in: records and their daily sums in one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from avyay_site import events, live
from avyay_site.keys.models import ApiKey
from avyay_site.usage import budgets
from avyay_site.usage.models import UsageDay, UsageRecord

SUMMED = (
    "requests",
    "errors",
    "input_tokens",
    "output_tokens",
    "cached_input_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "cost_usd",
)
STORED = {
    "request_id": "text",
    "occurred_at": "timestamptz",
    "workspace_id": "text",
    "key_id": "text",
    "product": "text",
    "action": "text",
    "model_requested": "text",
    "model_used": "text",
    "provider": "text",
    "status": "smallint",
    "error_type": "text",
    "is_estimated": "boolean",
    "is_stream": "boolean",
    "is_cancelled": "boolean",
    "duration_ms": "integer",
    "ttft_ms": "integer",
    "input_tokens": "bigint",
    "output_tokens": "bigint",
    "cached_input_tokens": "bigint",
    "cache_write_tokens": "bigint",
    "reasoning_tokens": "bigint",
    "cost_usd": "numeric",
    "created_at": "timestamptz",
}
"""The columns of a record as they are inserted, with their types: one array each, which costs a third of bulk_create."""
DayKey = tuple[str, date, str | None, str, str]


@dataclass(frozen=True, kw_only=True)
class UsageRecorded(events.Event):
    """New usage was stored. key_ids: the keys that were used."""

    key_ids: tuple[str, ...]
    records: int


@transaction.atomic
def record_usage(records: Sequence[UsageRecord]) -> list[UsageRecord]:
    """Store records that are not stored yet, add them to their days, touch their keys and watch their budgets.

    records: unsaved rows; a `request_id` that is known already is left out (a delivery may come twice).
    Returns the new ones.
    """
    new = _insert_new(records)
    if not new:
        return []
    _add_to_days(new)
    _touch_keys(new)
    budgets.announce_crossings(
        {record.key_id for record in new if record.key_id},
        today=max(record.occurred_at for record in new).astimezone(UTC).date(),
    )
    for workspace_id in sorted({record.workspace_id for record in new}):
        mine = [record for record in new if record.workspace_id == workspace_id]
        key_ids = tuple(sorted({record.key_id for record in mine if record.key_id}))
        events.publish(UsageRecorded(workspace_id=workspace_id, key_ids=key_ids, records=len(mine)))
        live.ring(workspace_id, "usage")
    return new


def _insert_new(records: Sequence[UsageRecord]) -> list[UsageRecord]:
    unique = {record.request_id: record for record in records}
    # One delivery at a time: of two that meet, the second must see the first's sums before it looks at budgets.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('usage'))")
        added = _insert(cursor, unique.values())
    return [unique[request_id] for request_id in added]


def _insert(cursor: CursorWrapper, records: Collection[UsageRecord]) -> list[str]:
    """Insert what is not there yet and return the request ids of what was."""
    columns = ", ".join(STORED)
    arrays = ", ".join(f"%s::{kind}[]" for kind in STORED.values())
    created_at = timezone.now()
    for record in records:
        record.created_at = created_at
    cursor.execute(
        f"INSERT INTO {UsageRecord._meta.db_table} ({columns}) SELECT * FROM unnest({arrays}) "  # noqa: S608
        "ON CONFLICT (request_id) DO NOTHING RETURNING request_id",
        [[getattr(record, name) for record in records] for name in STORED],
    )
    return [row[0] for row in cursor.fetchall()]


def _add_to_days(records: Iterable[UsageRecord]) -> None:
    sums: dict[DayKey, dict[str, int | Decimal]] = defaultdict(lambda: dict.fromkeys(SUMMED, 0))
    for record in records:
        day: DayKey = (
            record.workspace_id,
            record.occurred_at.astimezone(UTC).date(),
            record.key_id,
            record.product,
            record.model_used,
        )
        total = sums[day]
        total["requests"] += 1
        total["errors"] += record.status >= 400
        for name in SUMMED[2:]:
            total[name] += getattr(record, name)
    _upsert_days(sums)


def _upsert_days(sums: dict[DayKey, dict[str, int | Decimal]]) -> None:
    columns = ("workspace_id", "day_date", "key_id", "product", "model", *SUMMED)
    table = UsageDay._meta.db_table
    added = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in SUMMED)
    placeholders = ", ".join(["%s"] * len(columns))
    statement = (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({placeholders}) "  # noqa: S608 - names from the model
        f"ON CONFLICT (workspace_id, day_date, key_id, product, model) DO UPDATE SET {added}"
    )
    # Sorted, so that two writers take row locks in the same order.
    rows = sorted(sums.items(), key=lambda item: tuple(str(part) for part in item[0]))
    with connection.cursor() as cursor:
        cursor.executemany(statement, [(*day, *(total[name] for name in SUMMED)) for day, total in rows])


def _touch_keys(records: Iterable[UsageRecord]) -> None:
    latest: dict[str, datetime] = {}
    for record in records:
        if record.key_id:
            latest[record.key_id] = max(record.occurred_at, latest.get(record.key_id, record.occurred_at))
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {ApiKey._meta.db_table} AS key SET latest_used_at = used.at "  # noqa: S608
            "FROM unnest(%s::text[], %s::timestamptz[]) AS used (id, at) "
            "WHERE key.id = used.id AND (key.latest_used_at IS NULL OR key.latest_used_at < used.at)",
            [list(latest), list(latest.values())],
        )
