"""Usage survives kills and an absent web process; known keys are served without it; changes arrive quickly."""

from __future__ import annotations

import asyncio
import json
import os
import time
from functools import partial

import aiohttp
import pytest

from avyay_site.keys.format import generate
from marga.gateway.tests.harness import Gateway, key_row, model_row, question, stage, until

pytestmark = pytest.mark.processes


def has_at_least(found: set[str], count: int) -> bool:
    return len(found) >= count


async def load(s, gateway, answered: set[str], stop: asyncio.Event) -> None:
    """Call again and again; keep the id of every answer that arrived whole."""
    stream = False
    while not stop.is_set():
        stream = not stream
        try:
            async with s.http.post(
                f"{gateway.url}/v1/chat/completions",
                data=json.dumps(question(stream=stream)),
                headers={"Authorization": f"Bearer {s.key}"},
            ) as answer:
                await answer.read()
                if answer.status == 200:
                    answered.add(answer.headers["x-marga-request-id"])
        except aiohttp.ClientError:
            await asyncio.sleep(0.02)


async def test_a_killed_gateway_loses_no_answered_call_and_counts_none_twice(tmp_path):
    async with stage(tmp_path) as s:
        answered: set[str] = set()
        for round_number in range(4):
            s.web.usage_status = 503 if round_number % 2 else 200
            stop = asyncio.Event()
            callers = [asyncio.create_task(load(s, s.gateway, answered, stop)) for _ in range(16)]
            enough = len(answered) + 150
            await until(partial(has_at_least, answered, enough), seconds=15)
            s.gateway.kill()
            stop.set()
            await asyncio.gather(*callers)
            await s.gateway._process.wait()
            await s.gateway.start()
            await s.gateway.ready(s.http)
        s.web.usage_status = 200

        await until(lambda: answered <= {record["request_id"] for record in s.web.records}, seconds=10)

        ids = [record["request_id"] for record in s.web.records]
        assert len(ids) == len(set(ids))
        assert len(answered) > 600
    assert not list((tmp_path / "spool" / "usage").glob("w-*"))


async def test_usage_waits_while_web_is_away_and_a_wrong_record_is_set_aside(tmp_path):
    async with stage(tmp_path) as s:
        s.web.usage_status = 503
        for model in ("m", "renamed", "m"):
            async with s.post(question(model=model)) as answer:
                assert answer.status == 200
        async with s.http.get(f"{s.gateway.url}/readyz") as answer:
            assert (await answer.json())["spool_pending"] == 3
        s.web.refuse_record = lambda record: record["model_used"] == "renamed"
        s.web.usage_status = 200

        await until(lambda: len(s.web.records) == 2, seconds=10)

        rejected = list((tmp_path / "spool" / "usage" / "rejected").glob("*.jsonl"))
        assert json.loads(rejected[0].read_text())["model_used"] == "renamed"
        async with s.http.get(f"{s.gateway.url}/metrics") as answer:
            text = await answer.text()
        assert "avyay_gateway_usage_rejected_total 1" in text
        assert "avyay_gateway_spool_pending 0" in text


async def test_a_full_spool_stops_calls_before_they_cost_anything(tmp_path):
    async with stage(tmp_path, MARGA_SPOOL_MB="1") as s:
        s.web.usage_status = 503
        waiting = tmp_path / "spool" / "usage" / "w-0-dead"
        waiting.mkdir()
        (waiting / "owner.lock").touch()
        (waiting / "00000001.jsonl").write_bytes(b'{"request_id":"x"}\n' * 60_000)
        s.gateway.kill()
        await s.gateway._process.wait()
        await s.gateway.start()
        await s.gateway.ready(s.http)
        before = len(s.upstream.requests)

        async with s.post() as answer:
            assert (answer.status, (await answer.json())["error"]["code"]) == (503, "usage_spool_full")

        assert len(s.upstream.requests) == before


async def test_a_start_without_web_serves_known_keys_and_says_503_to_others(tmp_path):
    async with stage(tmp_path) as s:
        await s.gateway.stop()
        s.web.status = 503
        copy = tmp_path / "gateway" / "snapshot.json"
        assert copy.stat().st_mode & 0o077 == 0
        for age, status in ((60, 200), (3600, 503)):
            os.utime(copy, (time.time() - age,) * 2)
            gateway = Gateway(tmp_path, s.web.url)
            await gateway.start()
            await gateway.ready(s.http, "/healthz")
            s.gateway = gateway

            async with s.post() as answer:
                assert answer.status == status
            async with s.post(key=generate()) as answer:
                assert answer.status == 503
                assert "retry-after" in answer.headers
            async with s.http.get(f"{gateway.url}/readyz") as answer:
                assert answer.status == status
                assert (await answer.json())["status"] == ("degraded" if status == 200 else "stale")
            await gateway.stop()


async def test_a_change_is_in_use_within_two_seconds(tmp_path):
    async with stage(tmp_path) as s:
        new = generate()
        s.web.change(
            {
                **s.web.document,
                "keys": [*s.web.document["keys"], key_row(new)],
                "models": [*s.web.document["models"], model_row("added")],
            }
        )
        changed_at = time.monotonic()
        status = 0
        while status != 200:
            assert time.monotonic() - changed_at < 2
            async with s.post(question(model="added")) as answer:
                status = answer.status
        async with s.post(key=new) as answer:
            assert answer.status == 200

        s.web.change({**s.web.document, "keys": [key_row(new)]})

        changed_at = time.monotonic()
        while status != 401:
            assert time.monotonic() - changed_at < 2
            async with s.post() as answer:
                status = answer.status


async def test_limits_scope_and_expiry_of_a_key(tmp_path):
    async with stage(tmp_path) as s:
        keys = {name: generate() for name in ("rate", "scope", "expired", "budget", "tokens")}
        rows = [
            key_row(keys["rate"], requests_per_minute=2),
            key_row(keys["scope"], scopes=["usage:read"]),
            key_row(keys["expired"], expires_at="2020-01-01T00:00:00Z"),
            key_row(keys["budget"], monthly_budget_usd="1", spent_usd="1"),
            key_row(keys["tokens"], tokens_per_minute=500),
        ]
        s.web.change({**s.web.document, "keys": rows})
        await until(lambda: s.gateway.log.read_text().count("snapshot_in_use") == 2)
        answers = {}
        for name, times in (("rate", 3), ("scope", 1), ("expired", 1), ("budget", 1), ("tokens", 2)):
            for _ in range(times):
                async with s.post(key=keys[name]) as answer:
                    answers[name] = (answer.status, answer.headers, await answer.json())

        statuses = {name: status for name, (status, _, _) in answers.items()}
        assert statuses == {"rate": 429, "scope": 403, "expired": 401, "budget": 402, "tokens": 429}
        assert int(answers["rate"][1]["retry-after"]) > 0
        assert answers["rate"][1]["x-ratelimit-remaining-requests"] == "0"
        assert answers["budget"][1]["x-should-retry"] == "false"
        assert answers["tokens"][2]["error"]["code"] == "tokens_per_minute_exceeded"
        assert len(s.upstream.requests) == 3
