"""Calls as the gateway sends them, for tests of what reads them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from avyay_site.keys.models import ApiKey
from marga import receiving
from marga.tests.test_records import sample
from marga.tests.test_traces import trace


def take(
    key: ApiKey, name: str, *, at: dt.datetime, traced: dict[str, Any] | None = None, **changes: Any
) -> str:
    """Take in one routed call and return its id."""
    request_id = f"req_{name}_{key.workspace_id[-8:]}"
    record = sample(
        request_id=request_id,
        workspace_id=key.workspace_id,
        key_id=key.pk,
        occurred_at=at.isoformat(),
        trace=trace(**(traced or {})),
    )
    assert not receiving.take_usage([record | changes], now=at).rejected
    return request_id
