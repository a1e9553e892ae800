"""Kept answers through a real gateway process: plain and streamed, restated, purged, and never across workspaces."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from avyay_site.keys.format import generate
from marga.gateway.tests.harness import PLAIN, Stage, http_answer, key_row, ordinary, question, stage, until

pytestmark = pytest.mark.processes

RULES = {"cache": "semantic", "cache_ttl_seconds": 600}


def asked(text: str = "How do I reset my router?", **changes: Any) -> dict[str, Any]:
    return question(messages=[{"role": "user", "content": text}], **changes)


async def put(s: Stage, **changes: Any) -> tuple[str, bytes]:
    """Send one request; return what it says about the cache, and the answer."""
    async with s.post(asked(**changes)) as answer:
        assert answer.status == 200
        return answer.headers["x-marga-cache"], await answer.read()


async def allow_caches(s: Stage, *others: dict[str, Any], **more: Any) -> None:
    s.web.change({**s.web.document, "keys": [key_row(s.key, rules=RULES), *others], "format": 2, **more})
    await s.fetched()


async def test_answers_are_kept_for_keys_that_opted_in_and_for_their_workspace_only(tmp_path):
    stranger = generate()
    async with stage(tmp_path) as s:
        assert (await put(s))[0] == "off"
        assert (await put(s))[0] == "off"
        await allow_caches(s, key_row(stranger, workspace_id="ws_2", rules=RULES))

        assert await put(s) == ("miss", PLAIN)
        assert await put(s) == ("exact", PLAIN)
        assert await put(s, text="hi, how do i reset my router? thanks!") == ("semantic", PLAIN)
        assert (await put(s, text="How do I reset my modem?"))[0] == "miss"
        streamed = await put(s, stream=True)
        async with s.post(asked(), key=stranger) as answer:
            theirs = answer.headers["x-marga-cache"]

        assert streamed[0] == "exact"
        assert "Grüße".encode() in streamed[1] or b"Gr\\u00fc\\u00dfe" in streamed[1]
        assert streamed[1].endswith(b"data: [DONE]\n\n")
        assert theirs == "miss"
        assert len(s.upstream.requests) == 5


async def test_a_streamed_answer_serves_plain_requests_and_refresh_asks_anew(tmp_path):
    async with stage(tmp_path) as s:
        await allow_caches(s)
        assert (await put(s, stream=True))[0] == "miss"

        kept, body = await put(s)
        async with s.post(asked(), headers={"x-marga-cache": "refresh"}) as answer:
            assert answer.headers["x-marga-cache"] == "miss"

        assert kept == "exact"
        assert json.loads(body)["choices"][0]["message"]["content"].startswith("wört0 wört1")
        assert len(s.upstream.requests) == 2


async def test_a_hit_costs_nothing_saves_its_price_and_can_be_purged_by_its_trace(tmp_path):
    async with stage(tmp_path) as s:
        await allow_caches(s)
        await put(s)
        await put(s)
        await until(lambda: len(s.web.records) == 2)
        first, second = s.web.records

        assert float(second["cost_usd"]) == 0
        assert second["trace"]["cache"] == "exact"
        assert float(second["trace"]["saved_usd"]) == float(first["cost_usd"]) > 0
        assert second["trace"]["cache_identity"] == first["trace"]["cache_identity"] != ""
        purge = {
            "workspace_id": "ws_1", "identity": second["trace"]["cache_identity"], "at": "2100-01-01T00:00:00+00:00",
        }  # fmt: skip
        await allow_caches(s, purges=[purge])

        assert (await put(s))[0] == "miss"


async def test_of_equal_calls_at_once_one_goes_and_the_others_get_its_answer(tmp_path):
    may_answer = asyncio.Event()

    async def slow(reader: Any, writer: Any, body: dict[str, Any]) -> None:
        await may_answer.wait()
        await ordinary(reader, writer, body)

    async with stage(tmp_path, slow) as s:
        await allow_caches(s)
        calls = [asyncio.create_task(put(s)) for _ in range(5)]
        await until(lambda: len(s.upstream.requests) == 1)
        other = asyncio.create_task(put(s, text="Something else?"))
        await until(lambda: len(s.upstream.requests) == 2)

        may_answer.set()
        found = sorted(await asyncio.gather(*calls))

        assert found == [*[("exact", PLAIN)] * 4, ("miss", PLAIN)]
        assert (await other)[0] == "miss"
        assert len(s.upstream.requests) == 2


async def test_when_the_first_of_equal_calls_fails_the_others_go_themselves(tmp_path):
    async def failing_once(reader: Any, writer: Any, body: dict[str, Any]) -> None:
        if len(s.upstream.requests) == 1:
            await until(lambda: len(calls) == 3)
            writer.write(http_answer(b'{"error": {"message": "no", "code": "bad"}}', "400 Bad Request"))
            return
        await ordinary(reader, writer, body)

    calls: list[asyncio.Task[int]] = []

    async def status(s: Stage) -> int:
        async with s.post(asked()) as answer:
            return int(answer.status)

    async with stage(tmp_path, failing_once) as s:
        await allow_caches(s)
        calls += [asyncio.create_task(status(s)) for _ in range(3)]

        assert sorted(await asyncio.gather(*calls)) == [200, 200, 400]
