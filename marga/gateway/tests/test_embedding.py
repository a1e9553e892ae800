"""Which model makes embeddings: one that can, and none of another kind in its place."""

from __future__ import annotations

import pytest

from marga.gateway.tests.harness import model_row, stage

pytestmark = pytest.mark.processes

MODELS = [
    model_row("talks", capabilities=["tools"], input_usd_per_mtok="0", output_usd_per_mtok="0"),
    model_row("dear", capabilities=["embeddings"], input_usd_per_mtok="9"),
    model_row("cheap", capabilities=["embeddings"], input_usd_per_mtok="0.01"),
]


async def decided(s, model):
    headers = {"Authorization": f"Bearer {s.key}", "x-marga-dry-run": "true"}
    url = f"{s.gateway.url}/v1/embeddings"
    async with s.http.post(url, json={"model": model, "input": "Hello"}, headers=headers) as answer:
        return answer.status, await answer.json()


async def test_embeddings_come_from_a_model_that_makes_them_and_from_no_second_one(tmp_path):
    async with stage(tmp_path) as s:
        s.web.change({**s.web.document, "models": MODELS})
        await s.fetched()

        status, found = await decided(s, "auto")
        assert (status, found["decision"]["model"], found["decision"]["order"]) == (200, "cheap", ["cheap"])

        status, found = await decided(s, "talks")
        assert (status, found["error"]["code"]) == (400, "capability_missing")
