"""Usage over REST: records, sums by day, CSV."""

from __future__ import annotations

import asyncio
import csv
import io
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.test import AsyncClient, Client
from hypothesis import given
from hypothesis import strategies as st

from avyay_site import limits
from avyay_site.accounts.tests.factories import WorkspaceFactory
from avyay_site.cells import FORMULA_STARTS, cell
from avyay_site.keys.tests.factories import issue
from avyay_site.usage import export
from avyay_site.usage.models import UsageRecord
from avyay_site.usage.services import record_usage

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_limits(settings, redis_server):
    settings.REDIS_URL = redis_server
    limits.forget()


@pytest.fixture
def key():
    return issue(WorkspaceFactory.create())


@pytest.fixture
def caller(key):
    return Client(headers={"X-API-Key": key.secret})


@pytest.fixture
def use(key, now):
    """Record usage of the key: `use(model_used="a", hours_ago=3)`."""
    count = 0

    def record(*, hours_ago: float = 0, **changes):
        nonlocal count
        count += 1
        record_usage(
            [
                UsageRecord(
                    **{
                        "request_id": f"req_{count:04d}",
                        "workspace": key.key.workspace,
                        "key": key.key,
                        "occurred_at": now - timedelta(hours=hours_ago),
                        "product": "marga",
                        "action": "chat.completions",
                        "model_used": "small",
                        "input_tokens": 10,
                        "cost_usd": Decimal("0.0000000001"),
                        **changes,
                    }
                )
            ]
        )

    return record


def ids(answer) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["request_id"] for row in answer.json()["data"]]


def test_records_are_filtered_by_what_was_used_and_when(caller, use, now):
    use(model_used="small", hours_ago=3)
    use(model_used="large", hours_ago=2)
    use(model_used="large", hours_ago=1, status=502)

    assert ids(caller.get("/api/v1/usage")) == ["req_0003", "req_0002", "req_0001"]
    assert ids(caller.get("/api/v1/usage?model=large")) == ["req_0003", "req_0002"]
    assert ids(caller.get("/api/v1/usage?status=502")) == ["req_0003"]
    period = {"occurred_after": now - timedelta(hours=3), "occurred_before": now - timedelta(hours=1)}
    asked = {name: moment.isoformat() for name, moment in period.items()}
    assert ids(caller.get("/api/v1/usage", asked)) == ["req_0002", "req_0001"]


def test_money_is_exact(caller, use):
    use(cost_usd=Decimal("12345.0123456789"))

    assert caller.get("/api/v1/usage/req_0001").json()["cost_usd"] == "12345.0123456789"


def test_days_are_summed_all_together_and_by_model(caller, use):
    use(model_used="small", hours_ago=1)
    use(model_used="small", hours_ago=2, status=500)
    use(model_used="large", hours_ago=1)
    use(model_used="large", hours_ago=24)

    def rows(query: str) -> list[tuple[object, ...]]:
        answer = caller.get(f"/api/v1/usage/days{query}")
        assert answer.status_code == 200, answer.content
        body = answer.json()
        assert body["has_more"] is False
        return [(r["day_date"], r["group"], r["requests"], r["errors"], r["cost_usd"]) for r in body["data"]]

    assert rows("") == [
        ("2026-03-02", None, 3, 1, "0.0000000003"),
        ("2026-03-01", None, 1, 0, "0.0000000001"),
    ]
    assert rows("?group=model&day_from=2026-03-02") == [
        ("2026-03-02", "large", 1, 0, "0.0000000001"),
        ("2026-03-02", "small", 2, 1, "0.0000000002"),
    ]
    assert rows("?day_before=2026-03-02&model=large") == [("2026-03-01", None, 1, 0, "0.0000000001")]


def test_the_export_holds_every_record_over_several_pages(caller, use, monkeypatch):
    monkeypatch.setattr(export, "PAGE", 3)
    for number in range(8):
        use(hours_ago=number // 3)

    answer = caller.get("/api/v1/usage/export")

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    table = list(csv.DictReader(io.StringIO(answer.getvalue().decode())))
    assert len({row["request_id"] for row in table}) == len(table) == 8
    assert [row["occurred_at"] for row in table] == sorted(
        (row["occurred_at"] for row in table), reverse=True
    )


def test_the_export_obeys_the_filters_and_refuses_in_json(caller, use):
    use(model_used="small")
    use(model_used="large")

    table = caller.get("/api/v1/usage/export?model=large").getvalue().decode()

    assert "req_0002" in table
    assert "req_0001" not in table
    refused = caller.get("/api/v1/usage/export?colour=red", headers={"Accept": "text/csv"})
    assert (refused.status_code, refused["Content-Type"]) == (400, "application/problem+json")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_no_cell_of_the_export_is_a_formula(caller, use, text):
    use(model_used=text, model_requested=text, provider=text, error_type=text, product=text)

    table = list(csv.reader(io.StringIO(caller.get("/api/v1/usage/export").getvalue().decode(), newline="")))

    assert sum(cell == f"'{text}" for cell in table[1]) == 5
    assert not any(cell.startswith(FORMULA_STARTS) for row in table for cell in row)


@given(text=st.text(max_size=30))
def test_a_cell_is_never_a_formula_and_keeps_its_text(text):
    made = cell(text)

    assert not made.startswith(FORMULA_STARTS)
    assert made in (text, f"'{text}")


@pytest.mark.django_db(transaction=True)
def test_the_export_streams_under_asgi_too(key, use, monkeypatch):
    monkeypatch.setattr(export, "PAGE", 2)
    for number in range(5):
        use(hours_ago=number)

    async def read() -> bytes:
        answer: Any = await AsyncClient().get("/api/v1/usage/export", headers={"X-API-Key": key.secret})
        assert answer.status_code == 200, answer.content
        whole = b"".join([page async for page in answer.streaming_content])
        await sync_to_async(connections.close_all)()  # of the thread that read for us
        return whole

    assert asyncio.run(read()).count(b"\r\n") == 6
