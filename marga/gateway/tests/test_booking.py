"""What a usage record says of the call that it is for."""

from __future__ import annotations

import pytest

from marga.gateway.tests import harness
from marga.gateway.tests.harness import question, stage, until
from marga.traces import parse_trace

pytestmark = pytest.mark.processes


async def test_a_trace_names_the_prices_of_the_model_that_answered_and_none_for_a_kept_answer(tmp_path):
    models = [harness.model_row("m", price_id="price_1"), harness.model_row("other", price_id="price_2")]
    async with stage(tmp_path, changes={"format": 2, "models": models}) as s:
        rules = {"cache": "exact", "cache_ttl_seconds": 60}
        s.web.change({**s.web.document, "keys": [harness.key_row(s.key, rules=rules)]})
        await s.fetched()
        for _ in range(2):
            async with s.post() as answer:
                assert answer.status == 200
        await until(lambda: len(s.web.records) == 2)

    asked, kept = (record["trace"] for record in s.web.records)
    assert (asked["price_id"], asked["cache"]) == ("price_1", "")
    assert (kept.get("price_id", ""), kept["cache"]) == ("", "exact")


async def test_a_trace_of_a_request_with_many_strange_fields_can_be_read(tmp_path):
    strange = {f"field_{n}": 1 for n in range(100)}
    async with stage(tmp_path) as s:
        headers = {"Authorization": f"Bearer {s.key}"}
        body = {**question(), **strange, "max_tokens": 9}
        async with s.http.post(f"{s.gateway.url}/v1/messages", json=body, headers=headers) as answer:
            assert answer.status == 200
        await until(lambda: len(s.web.records) == 1)

    assert len(parse_trace(s.web.records[0]["trace"]).warnings) > 16
