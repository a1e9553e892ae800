"""Calls as CSV, with why each went where it went. Read in pages, so that a month needs no more memory than a day."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

from asgiref.sync import sync_to_async

from avyay_site.accounts.access import Access
from avyay_site.cells import cell
from avyay_site.usage import export
from marga import requestlog
from marga.requestlog import Call, RequestFilter

TRACED = ("protocol", "policy", "tier", "task", "need", "doubt", "reason", "cache", "baseline_model")
TRACED_MONEY = ("baseline_usd", "saved_usd", "overhead_ms", "first_byte_ms")
COLUMNS = (*export.COLUMNS, *TRACED, *TRACED_MONEY)


def lines(access: Access, asked: RequestFilter) -> Iterator[bytes]:
    """Yield the head and then pages of calls, newest first; a call without a trace has empty cells for it."""
    yield _csv([COLUMNS])
    cursor, is_last = "", False
    while not is_last:
        page = requestlog.get_requests(access, asked, cursor=cursor, limit=requestlog.MOST_REQUESTS)
        if page.calls:
            yield _csv(_cells(call) for call in page.calls)
        cursor, is_last = page.cursor, not page.cursor


async def async_lines(access: Access, asked: RequestFilter) -> AsyncIterator[bytes]:
    """Yield the same under ASGI, where a synchronous iterator would be read whole before the first byte leaves."""
    pages = lines(access, asked)
    while page := await sync_to_async(lambda: next(pages, b""))():
        yield page


def _cells(call: Call) -> list[str]:
    own = [cell(getattr(call.record, name)) for name in export.COLUMNS]
    return [*own, *(cell(getattr(call.trace, name, None)) for name in (*TRACED, *TRACED_MONEY))]


def _csv(rows: Iterable[Any]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
