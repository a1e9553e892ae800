"""Take in usage from the gateway: what is right is stored, what is wrong is named, nothing is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from decimal import Decimal

import structlog
from django.db import transaction

from avyay_site.accounts.models import Workspace
from avyay_site.keys.models import ApiKey
from avyay_site.usage.models import UsageRecord
from avyay_site.usage.queries import get_month_spend
from avyay_site.usage.services import record_usage
from marga import contents, tracing
from marga.records import Record, parse_record
from marga.strict import WrongField

log = structlog.get_logger(__name__)

STORED = tuple(field.name for field in fields(Record) if not field.name.startswith(("trace", "content")))
"""Fields of a record that are columns of the usage."""
MOST_RECORDS = 1000


@dataclass(frozen=True)
class Rejected:
    """A record that can never be stored. index: its place in the delivery."""

    index: int
    request_id: str
    reason: str


@dataclass(frozen=True)
class Taken:
    """What became of a delivery. spent_usd: this month's spend of the keys in it that have a budget."""

    inserted: int
    duplicate: int
    rejected: tuple[Rejected, ...]
    spent_usd: dict[str, Decimal]


def take_usage(values: Sequence[object], *, now: datetime) -> Taken:
    """Store the records of a delivery; when this returns they are committed.

    A record of a key that is gone is stored without the key; one of a workspace that is gone is rejected.
    """
    parsed, rejected = _parse(values)
    kept, strays = _settle_owners(parsed)
    for record in kept:
        if record.trace_problem:
            log.error("trace_refused", usage_request_id=record.request_id, reason=record.trace_problem)
        if record.content_problem:
            log.error("content_refused", usage_request_id=record.request_id, reason=record.content_problem)
    with transaction.atomic():
        new = record_usage([_row(record) for record in kept])
        new_ids = {row.request_id for row in new}
        tracing.store(kept, new_ids=new_ids)
        contents.store(kept, new_ids=new_ids)
    return Taken(
        inserted=len(new),
        duplicate=len(kept) - len(new),
        rejected=tuple(sorted([*rejected, *strays], key=lambda one: one.index)),
        spent_usd=_spent({record.key_id for record in kept if record.key_id}, now),
    )


def _parse(values: Sequence[object]) -> tuple[dict[int, Record], list[Rejected]]:
    parsed: dict[int, Record] = {}
    rejected = []
    for index, value in enumerate(values):
        try:
            parsed[index] = parse_record(value)
        except WrongField as exc:
            found = value.get("request_id") if isinstance(value, dict) else None
            rejected.append(Rejected(index, found[:64] if isinstance(found, str) else "", str(exc)))
    return parsed, rejected


def _settle_owners(parsed: dict[int, Record]) -> tuple[list[Record], list[Rejected]]:
    """Return the records whose workspace exists, without keys that do not, and the others as rejected."""
    workspaces = set(
        Workspace.objects.filter(pk__in={record.workspace_id for record in parsed.values()}).values_list(
            "pk", flat=True
        )
    )
    owners = dict(
        ApiKey.objects.filter(
            pk__in={record.key_id for record in parsed.values() if record.key_id}
        ).values_list("pk", "workspace_id")
    )
    kept, strays = [], []
    for index, record in parsed.items():
        if record.workspace_id not in workspaces:
            strays.append(Rejected(index, record.request_id, "The workspace does not exist any more."))
        elif record.key_id is None or owners.get(record.key_id) == record.workspace_id:
            kept.append(record)
        else:
            kept.append(replace(record, key_id=None))
    return kept, strays


def _row(record: Record) -> UsageRecord:
    return UsageRecord(**{name: getattr(record, name) for name in STORED})


def _spent(key_ids: set[str], now: datetime) -> dict[str, Decimal]:
    limited = ApiKey.objects.filter(pk__in=key_ids, monthly_budget_usd__isnull=False).values_list(
        "pk", flat=True
    )
    return get_month_spend(list(limited), today=now.date())
