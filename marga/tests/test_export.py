from __future__ import annotations

import asyncio
import csv
import datetime as dt
import io
from typing import cast

import pytest

from avyay_site.accounts import access
from avyay_site.accounts.access import Access
from avyay_site.accounts.tests.factories import WorkspaceFactory
from avyay_site.keys.tests.factories import issue
from marga import export, requestlog
from marga.requestlog import RequestFilter
from marga.tests.traffic import take

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)


def rows(lines):
    return list(csv.DictReader(io.StringIO(b"".join(lines).decode())))


@pytest.mark.django_db
def test_every_page_of_calls_is_written_once_with_its_trace(monkeypatch):
    monkeypatch.setattr(requestlog, "MOST_REQUESTS", 2)
    key = issue(WorkspaceFactory.create(), now=NOON).key
    asker = access.for_system(key.workspace)
    names = [take(key, f"n{number}", at=NOON + dt.timedelta(seconds=number)) for number in range(5)]
    take(issue(WorkspaceFactory.create(), now=NOON).key, "elsewhere", at=NOON)

    found = rows(export.lines(asker, RequestFilter()))

    assert [row["request_id"] for row in found] == names[::-1]
    assert {row["reason"] for row in found} == {"need<frontier"}
    assert rows(export.lines(asker, RequestFilter(tier="local"))) == []


@pytest.mark.django_db
def test_a_name_from_outside_is_no_formula():
    key = issue(WorkspaceFactory.create(), now=NOON).key
    take(key, "evil", at=NOON, model_used="=HYPERLINK(1)", traced={"task": "@SUM", "reason": "-1+1"})

    [row] = rows(export.lines(access.for_system(key.workspace), RequestFilter()))

    assert (row["model_used"], row["task"], row["reason"]) == ("'=HYPERLINK(1)", "'@SUM", "'-1+1")


def test_the_async_lines_are_the_same(monkeypatch):
    monkeypatch.setattr(export, "lines", lambda access, asked: iter([b"head", b"rows"]))

    async def collect():
        return [page async for page in export.async_lines(cast(Access, None), RequestFilter())]

    assert asyncio.run(collect()) == [b"head", b"rows"]
