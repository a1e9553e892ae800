"""Take usage in: records and their daily sums in one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from django.db import connection, transaction

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
    "reasoning_tokens",
    "cost_usd",
)
DayKey = tuple[str, date, str | None, str, str]


@dataclass(frozen=True, kw_only=True)
class UsageRecorded(events.Event):
    """New usage was stored. key_ids: the keys that were used."""

    key_ids: tuple[str, ...]
    records: int


@transaction.atomic
def record_usage(records: Sequence[UsageRecord]) -> int:
    """Store records that are not stored yet, add them to their days, touch their keys and watch their budgets.

    records: unsaved rows; a `request_id` that is known already is left out (a delivery may come twice).
    Returns the number of new records.
    """
    new = _insert_new(records)
    if not new:
        return 0
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
    return len(new)


def _insert_new(records: Sequence[UsageRecord]) -> list[UsageRecord]:
    unique = {record.request_id: record for record in records}
    # Two deliveries of the same batch may meet: the lock makes "which of these are new" a true answer.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('usage'))")
    known = set(UsageRecord.objects.filter(request_id__in=unique).values_list("request_id", flat=True))
    new = [record for key, record in unique.items() if key not in known]
    UsageRecord.objects.bulk_create(new)
    return new


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
    for key_id, used_at in sorted(latest.items()):
        ApiKey.objects.filter(pk=key_id).exclude(latest_used_at__gte=used_at).update(latest_used_at=used_at)
