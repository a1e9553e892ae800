"""Publish the gateway's snapshot: all keys, providers, models and policies that it needs to answer without a database.

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
from datetime import datetime
from typing import Any

from django.db import connection

from marga import manifest

# Sums rather than maxima: of two transactions that commit in the other order than they began, both must show.
FINGERPRINT = """
SELECT
  (SELECT (count(*), count(revoked_at), sum(extract(epoch FROM updated_at)))::text FROM keys_apikey),
  (SELECT (count(*), sum(extract(epoch FROM updated_at)))::text FROM marga_provider),
  (SELECT (count(*), sum(extract(epoch FROM updated_at)))::text FROM marga_model),
  (SELECT (count(*), sum(extract(epoch FROM updated_at)))::text FROM marga_credential),
  (SELECT (count(*), sum(extract(epoch FROM updated_at)))::text FROM marga_policy),
  (SELECT (count(*), sum(extract(epoch FROM updated_at)))::text FROM marga_keyrules),
  (SELECT (count(*), sum(extract(epoch FROM updated_at)))::text FROM marga_defaults),
  (SELECT count(*) FROM marga_priceversion),
  (SELECT (count(*), sum(extract(epoch FROM updated_at)))::text FROM marga_needshift),
  (SELECT (count(*), sum(extract(epoch FROM purged_at)))::text FROM marga_cachepurge),
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
    content = manifest.content(now)
    etag = hashlib.sha256(_dump(content)).hexdigest()[:32]
    return Snapshot(f'"{etag}"', _dump({**content, "built_at": now.isoformat()}))


def _dump(content: dict[str, Any]) -> bytes:
    return json.dumps(content, separators=(",", ":"), sort_keys=True).encode()
