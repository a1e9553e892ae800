"""Clients that leave or stand still, through a real gateway process."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import pytest

from benchmarks.common import resident_mb
from marga.gateway.tests.harness import STREAM, STREAM_HEAD, ordinary, piece, question, stage, until

pytestmark = pytest.mark.processes


async def test_a_client_that_leaves_closes_the_way_to_the_provider_and_pays_for_what_came(tmp_path):
    async def endless(reader, writer, body):
        if body.get("stream"):
            writer.write(STREAM_HEAD + b"".join(map(piece, STREAM[:6])))
            await writer.drain()
        await reader.read(1)  # returns when the gateway hangs up
        writer.close()

    async with stage(tmp_path, endless) as s:

        async def leave(number):
            async with aiohttp.ClientSession() as http:
                body = json.dumps(question(stream=number % 3 != 0)).encode()
                call = http.post(
                    f"{s.gateway.url}/v1/chat/completions",
                    data=body,
                    headers={"Authorization": f"Bearer {s.key}"},
                    timeout=aiohttp.ClientTimeout(total=0.01 * (number % 40) + 0.4),
                )
                with pytest.raises(TimeoutError):
                    async with call as answer:
                        await answer.read()

        await asyncio.gather(*map(leave, range(120)))

        await until(lambda: s.upstream.open_connections == 0, seconds=1.5)
        await until(lambda: len(s.web.records) >= len(s.upstream.requests))
        assert len(s.web.records) <= 120
        assert all(record["is_cancelled"] and record["status"] == 499 for record in s.web.records)
        assert sum(record["output_tokens"] > 0 for record in s.web.records) >= 40
        s.upstream.script = ordinary
        async with s.post() as answer:
            assert answer.status == 200
        async with s.http.get(f"{s.gateway.url}/metrics") as answer:
            assert "avyay_gateway_upstream_open 0" in await answer.text()


async def test_a_reader_that_stands_still_holds_the_provider_back(tmp_path):
    sent = 0

    async def flood(reader, writer, body):
        nonlocal sent
        event = b"data: " + json.dumps({"choices": [{"delta": {"content": "x" * 60_000}}]}).encode() + b"\n\n"
        writer.write(STREAM_HEAD)
        while sent < 256 << 20:
            writer.write(piece(event))
            await writer.drain()
            sent += len(event)

    async with stage(tmp_path, flood) as s:
        before = resident_mb(s.gateway._process.pid)
        async with s.post(question(stream=True)) as answer:
            await answer.content.readany()
            level = -1
            while level != sent:  # until nothing moved for a while
                level = sent
                await asyncio.sleep(0.5)
            grown = resident_mb(s.gateway._process.pid) - before
            answer.close()

    # What is not in memory sits in socket buffers, which the system bounds.
    assert sent < 32 << 20
    assert grown < 12


async def test_calls_that_last_leave_no_task_behind(tmp_path):
    async def slow(reader, writer, body):
        await asyncio.sleep(0.1)
        await ordinary(reader, writer, body)

    async def tasks():
        async with s.http.get(f"{s.gateway.url}/metrics") as answer:
            return int((await answer.text()).split("\navyay_gateway_tasks ")[1].split()[0])

    async def call(number):
        async with s.post(question(stream=bool(number % 2))) as answer:
            await answer.read()

    async with stage(tmp_path, slow) as s:
        before = await tasks()
        for _ in range(3):
            await asyncio.gather(*map(call, range(40)))

        assert await tasks() <= before + 3
