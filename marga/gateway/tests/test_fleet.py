"""Real worker processes behind one port, with a real Redis, and with one that nobody can reach."""

from __future__ import annotations

import asyncio
from collections import Counter

import aiohttp
import pytest

from marga.gateway.tests.harness import key_row, question, stage, until

pytestmark = pytest.mark.processes
LIMIT = 24
WORKERS = 2


async def statuses(it, count):
    """Ask over a fresh connection each, so that every worker gets its part; return how often each status came."""

    async def ask():
        async with (
            aiohttp.ClientSession() as http,
            http.post(
                f"{it.gateway.url}/v1/chat/completions",
                json=question(),
                headers={"Authorization": f"Bearer {it.key}"},
            ) as response,
        ):
            await response.read()
            return response.status

    found: Counter[int] = Counter()
    for _ in range(0, count, 8):
        found.update(await asyncio.gather(*(ask() for _ in range(8))))
    return found


async def limited(it, **limits):
    """Set limits on the key, and wait until both workers know."""

    def in_use():
        return it.gateway.log.read_text().count('"snapshot_in_use"')

    await until(lambda: in_use() >= WORKERS)
    before = in_use()
    it.web.change({**it.web.document, "keys": [key_row(it.key, **limits)]})
    await until(lambda: in_use() >= before + WORKERS)


async def test_workers_share_a_limit_exactly_through_redis(tmp_path, redis_server):
    async with stage(tmp_path, MARGA_WORKERS=str(WORKERS), REDIS_URL=redis_server) as it:
        await limited(it, requests_per_minute=LIMIT)

        found = await statuses(it, 2 * LIMIT)

    assert found == {200: LIMIT, 429: LIMIT}


async def test_workers_without_redis_never_exceed_a_limit_and_never_hang(tmp_path):
    async with stage(tmp_path, MARGA_WORKERS=str(WORKERS), REDIS_URL=f"unix://{tmp_path}/nobody.sock") as it:
        await limited(it, requests_per_minute=LIMIT)

        async with asyncio.timeout(10):
            found = await statuses(it, 2 * LIMIT)

    assert LIMIT // 2 <= found[200] <= LIMIT
    assert found[200] + found[429] == 2 * LIMIT
    log = it.gateway.log.read_text()
    assert log.count("shared_state_down") <= 2  # one line from each worker
