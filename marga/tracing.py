"""Store why calls went where they went, and what that saved; and forget the single traces after a while."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection

from marga import shadowing
from marga.models import CachePurge, RequestTrace, SavingsDay
from marga.models.policies import LONGEST_TTL_SECONDS
from marga.records import Record

TRACE_COLUMNS = {
    "request_id": "text",
    "occurred_at": "timestamptz",
    "workspace_id": "text",
    "protocol": "text",
    "policy": "text",
    "tier": "text",
    "task": "text",
    "need": "float8",
    "doubt": "float8",
    "reason": "text",
    "explain": "text",
    "cache": "text",
    "cache_identity": "text",
    "attempts": "text",
    "baseline_model": "text",
    "baseline_usd": "numeric",
    "saved_usd": "numeric",
    "overhead_ms": "float8",
    "first_byte_ms": "integer",
    "input_tokens_estimated": "bigint",
    "capabilities": "text",
    "session": "text",
    "warnings": "text",
    "bucket": "text",
    "price_id": "text",
}
"""The columns as they are inserted, one array each, as for the usage records; JSON goes as text and is cast."""
JSON = frozenset({"attempts", "capabilities", "warnings"})
OF_RECORD = frozenset({"request_id", "occurred_at", "workspace_id"})
EXTRA_ACTION = "shadow"
"""Of calls that nobody asked for: they cost, and no baseline would have made them."""
SUMMED = ("requests", "cached", "cost_usd", "baseline_usd", "saved_usd", "cache_saved_usd")
BATCH, BATCHES_MOST = 1000, 200
"""What one run forgets at most; the next one goes on."""
NOTHING = Decimal(0)

DayKey = tuple[str, date, str | None, str, str]


def store(records: Iterable[Record], *, new_ids: Collection[str]) -> None:
    """Store the traces of new records and add what they saved to their days; in the transaction of the records."""
    new = list({one.request_id: one for one in records if one.request_id in new_ids}.values())
    if not new:
        return
    traced = [record for record in new if record.trace is not None]
    if traced:
        _insert(traced)
        shadowing.store(traced)
    _add_to_days(new)


def _insert(records: Collection[Record]) -> None:
    columns = ", ".join(TRACE_COLUMNS)
    picked = ", ".join(f"{name}::jsonb" if name in JSON else name for name in TRACE_COLUMNS)
    arrays = ", ".join(f"%s::{kind}[]" for kind in TRACE_COLUMNS.values())
    statement = (
        f"INSERT INTO {RequestTrace._meta.db_table} ({columns}) "  # noqa: S608 - names from this module
        f"SELECT {picked} FROM unnest({arrays}) AS given ({columns}) ON CONFLICT (request_id) DO NOTHING"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [[_value(record, name) for record in records] for name in TRACE_COLUMNS])


def _value(record: Record, name: str) -> Any:
    found = getattr(record if name in OF_RECORD else record.trace, name)
    return json.dumps(found) if name in JSON else found


def _add_to_days(records: Iterable[Record]) -> None:
    sums: dict[DayKey, dict[str, Any]] = defaultdict(lambda: dict.fromkeys(SUMMED, 0))
    for record in records:
        trace = record.trace
        is_extra = record.action == EXTRA_ACTION
        tier = trace.tier if trace else ""
        day = record.occurred_at.astimezone(UTC).date()
        total = sums[record.workspace_id, day, record.key_id, record.model_used, tier]
        baseline, saved = (trace.baseline_usd, trace.saved_usd) if trace else _without_trace(record)
        total["requests"] += not is_extra
        total["cost_usd"] += record.cost_usd
        total["baseline_usd"] += baseline
        total["saved_usd"] += saved
        if trace and trace.cache:
            total["cached"] += 1
            total["cache_saved_usd"] += saved
    _upsert_days(sums)


def _without_trace(record: Record) -> tuple[Decimal, Decimal]:
    """Return baseline and saving of a record that does not say: nothing saved, and extra calls are pure cost."""
    is_extra = record.action == EXTRA_ACTION
    return (NOTHING, -record.cost_usd) if is_extra else (record.cost_usd, NOTHING)


def _upsert_days(sums: dict[DayKey, dict[str, Any]]) -> None:
    columns = ("workspace_id", "day_date", "key_id", "model", "tier", *SUMMED)
    table = SavingsDay._meta.db_table
    added = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in SUMMED)
    statement = (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))}) "  # noqa: S608
        f"ON CONFLICT (workspace_id, day_date, key_id, model, tier) DO UPDATE SET {added}"
    )
    # Sorted, so that two writers take row locks in the same order.
    rows = sorted(sums.items(), key=lambda item: tuple(str(part) for part in item[0]))
    with connection.cursor() as cursor:
        cursor.executemany(statement, [(*day, *(total[name] for name in SUMMED)) for day, total in rows])


def forget_old(*, now: datetime) -> int:
    """Delete traces older than MARGA_TRACE_DAYS, oldest first, and return how many; rows are never loaded."""
    before = now - timedelta(days=settings.MARGA_TRACE_DAYS)
    table = RequestTrace._meta.db_table
    # Batches of their own transactions: a long delete would hold back vacuum and whoever writes.
    statement = (
        f"DELETE FROM {table} WHERE id = ANY (ARRAY("  # noqa: S608 - the name is the model's
        f"SELECT id FROM {table} WHERE occurred_at < %s ORDER BY occurred_at LIMIT %s))"
    )
    gone = 0
    for _ in range(BATCHES_MOST):
        with connection.cursor() as cursor:
            cursor.execute(statement, [before, BATCH])
            gone += cursor.rowcount
            if cursor.rowcount < BATCH:
                break
    CachePurge.objects.filter(purged_at__lt=now - timedelta(seconds=LONGEST_TTL_SECONDS)).delete()
    return gone
