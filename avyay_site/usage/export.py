"""Usage as CSV, page by page, so that a million rows need no more memory than a thousand."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.db.models import Q, QuerySet

from avyay_site.cells import cell
from avyay_site.usage.models import UsageRecord

PAGE = 1000
COLUMNS = (
    *(
        "request_id",
        "occurred_at",
        "key_id",
        "product",
        "action",
        "model_requested",
        "model_used",
        "provider",
    ),
    *("status", "error_type", "input_tokens", "output_tokens", "cached_input_tokens", "cache_write_tokens"),
    "reasoning_tokens",
    *("cost_usd", "is_estimated", "is_stream", "is_cancelled", "duration_ms", "ttft_ms"),
)


def lines(records: QuerySet[UsageRecord]) -> Iterator[bytes]:
    """Yield the head and then pages of rows, newest first."""
    yield _csv([COLUMNS])
    while rows := list(records.order_by("-occurred_at", "-pk")[:PAGE]):
        yield _csv([cell(getattr(row, column)) for column in COLUMNS] for row in rows)
        last = rows[-1]
        records = records.filter(
            Q(occurred_at__lte=last.occurred_at), Q(occurred_at__lt=last.occurred_at) | Q(pk__lt=last.pk)
        )


async def async_lines(records: QuerySet[UsageRecord]) -> AsyncIterator[bytes]:
    """Yield the same under ASGI, where a synchronous iterator would be read whole before the first byte leaves."""
    pages = lines(records)
    while page := await sync_to_async(lambda: next(pages, b""))():
        yield page


def _csv(rows: Any) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
