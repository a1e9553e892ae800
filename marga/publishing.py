"""Publish the gateway's snapshot: all keys, providers and models that it needs to answer without a database.

The gateway asks about once a second. One cheap query, the fingerprint, says whether anything changed since the
snapshot was built; only then are the rows read. The content hash is the ETag, so that every web process gives
the same answer for the same rows. Provider keys leave here as they are stored: encrypted. A workspace that can
call nothing gets the gateway's own sandbox, which needs no row.
"""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from avyay_site.keys.models import ApiKey
from avyay_site.usage.queries import get_month_spend
from marga.models import Model, Provider

FORMAT = 1

# Sums rather than maxima: of two transactions that commit in the other order than they began, both must show.
FINGERPRINT = """
SELECT
  (SELECT (count(*), count(revoked_at), sum(extract(epoch FROM updated_at)))::text FROM keys_apikey),
  (SELECT (count(*), sum(extract(epoch FROM updated_at)))::text FROM marga_provider),
  (SELECT (count(*), sum(extract(epoch FROM updated_at)))::text FROM marga_model),
  (SELECT sum(day.cost_usd)::text FROM usage_usageday AS day JOIN keys_apikey AS key ON key.id = day.key_id
    WHERE key.monthly_budget_usd IS NOT NULL AND day.day_date >= %s)
"""


@dataclass(frozen=True)
class Snapshot:
    """What the gateway is sent. etag: with its quotes, as HTTP wants it."""

    etag: str
    body: bytes


@dataclass(frozen=True)
class _Built:
    fingerprint: tuple[Any, ...]
    snapshot: Snapshot


_lock = threading.Lock()
_latest: _Built | None = None


def current_snapshot(etag: str | None, *, now: datetime) -> Snapshot | None:
    """Return the snapshot, or None when the asker's etag names it already.

    Raises django.db.OperationalError when the database is away: an answer always proves that it is up.
    """
    snapshot = _fresh(now)
    return None if etag == snapshot.etag else snapshot


def forget() -> None:
    """Drop the kept snapshot; for tests, whose database is rolled back under it."""
    global _latest
    _latest = None


def _fresh(now: datetime) -> Snapshot:
    global _latest
    with _lock:
        # Read before the rows: a change in between is seen again at the next question.
        fingerprint = _fingerprint(now)
        if _latest is None or _latest.fingerprint != fingerprint:
            _latest = _Built(fingerprint, _build(now))
        return _latest.snapshot


def _fingerprint(now: datetime) -> tuple[Any, ...]:
    month = now.date().replace(day=1)
    with connection.cursor() as cursor:
        cursor.execute(FINGERPRINT, [month])
        return (month, *(cursor.fetchone() or ()))


def _build(now: datetime) -> Snapshot:
    keys = _keys(now)
    models = _models()
    providers = _providers({model["provider_id"] for model in models})
    content = {"format": FORMAT, "baseline": None, "keys": keys, "providers": providers, "models": models}
    etag = hashlib.sha256(_dump(content)).hexdigest()[:32]
    return Snapshot(f'"{etag}"', _dump({**content, "built_at": now.isoformat()}))


def _dump(content: dict[str, Any]) -> bytes:
    return json.dumps(content, separators=(",", ":"), sort_keys=True).encode()


def _keys(now: datetime) -> list[dict[str, Any]]:
    rows = list(ApiKey.objects.active(now).order_by("id"))
    spent = _spent([row for row in rows if row.monthly_budget_usd is not None], now.date())
    return [
        {
            "id": row.pk,
            "digest": row.digest,
            "workspace_id": row.workspace_id,
            "name": row.name,
            "scopes": sorted(row.scopes),
            "bucket": row.bucket,
            "requests_per_minute": row.requests_per_minute,
            "tokens_per_minute": row.tokens_per_minute,
            "concurrency": row.concurrency,
            "monthly_budget_usd": _money(row.monthly_budget_usd),
            "expires_at": row.expires_at.isoformat() if row.expires_at else None,
            "spent_usd": _money(spent.get(row.pk, Decimal(0))),
        }
        for row in rows
    ]


def _spent(limited: list[ApiKey], today: date) -> dict[str, Decimal]:
    return get_month_spend([row.pk for row in limited], today=today) if limited else {}


def _models() -> list[dict[str, Any]]:
    return [
        {
            "id": row.pk,
            "name": row.name,
            "provider_id": row.provider_id,
            "upstream_name": row.upstream_name,
            "tier": row.tier,
            "context_window": row.context_window,
            "input_usd_per_mtok": _money(row.input_usd_per_mtok),
            "output_usd_per_mtok": _money(row.output_usd_per_mtok),
            "cached_input_usd_per_mtok": _money(row.cached_input_usd_per_mtok),
        }
        for row in Model.objects.enabled().order_by("id")
    ]


def _providers(ids: set[str]) -> list[dict[str, Any]]:
    return [
        {
            "id": row.pk,
            "name": row.name,
            "kind": row.kind,
            "base_url": row.base_url,
            "api_key": row.api_key.token or None,
            "workspace_id": row.workspace_id,
            "is_shared": row.is_shared,
            "is_trusted": row.is_trusted,
            "timeout_seconds": row.timeout_seconds,
        }
        for row in Provider.objects.filter(is_enabled=True, pk__in=ids).order_by("id")
    ]


def _money(value: Decimal | None) -> str | None:
    return None if value is None else format(value.normalize(), "f")
