"""M-11, M-12, M-13: a killed gateway, an absent web process, no Redis."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections import Counter
from typing import Any

import aiohttp
import pytest

from avyay_site.keys.format import generate
from marga.gateway.tests.harness import Stage, until
from marga.gateway.tests.speaking import PAIRS, asking, polyglot, post, says
from marga.gateway.tests.test_limits import key
from marga.gateway.tests.test_workers import admitted, enter, workers

KNOWN, UNKNOWN = 180, 40


async def answered(s: Stage, most: int) -> set[str]:
    """Call in all pairs until a gateway is killed; return the ids of the answers that arrived whole."""
    found: set[str] = set()

    async def caller(spoken: str, asked: str) -> None:
        for number in range(most):
            try:
                body = asking(asked, spoken, f"{number}", stream=bool(number % 2))
                async with post(s, asked, body) as answer:
                    await answer.read()
                    assert answer.status == 200
                    found.add(answer.headers["x-marga-request-id"])
            except aiohttp.ClientError:
                return

    async def killer() -> None:
        await until(lambda: len(found) >= 60, seconds=15)
        s.gateway.kill()

    await asyncio.gather(killer(), *(caller(*pair) for pair in PAIRS))
    return found


async def restart(s: Stage) -> None:
    await s.gateway._process.wait()
    await s.gateway.start()
    await s.gateway.ready(s.http)


async def check_recorded(s: Stage, ids: set[str], *, seconds: float = 8.0) -> None:
    """Every answer that arrived is on record, once."""
    await until(lambda: ids <= {record["request_id"] for record in s.web.records}, seconds=seconds)
    every = Counter(record["request_id"] for record in s.web.records)
    assert set(every.values()) == {1}


@pytest.mark.processes
async def test_m11_a_killed_gateway_loses_no_answer_of_any_protocol(tmp_path):
    async with polyglot(tmp_path, says()) as s:
        s.web.usage_status = 503
        ids = await answered(s, 500)
        await restart(s)
        s.web.usage_status = 200
        await check_recorded(s, ids)

        # The control: the same kill, and the spool is gone as well.
        s.web.usage_status = 503
        ids = await answered(s, 500)
        shutil.rmtree(tmp_path / "spool")
        await restart(s)
        s.web.usage_status = 200
        with pytest.raises(AssertionError, match="did not happen"):
            await check_recorded(s, ids, seconds=1.0)


async def check_without_web(s: Stage) -> None:
    """Known keys are served, unknown ones are neither let in nor told that they are wrong."""

    async def ask(number: int, text: str) -> int:
        spoken, asked = PAIRS[number % len(PAIRS)]
        async with post(s, asked, asking(asked, spoken, f"{number}"), key=text) as answer:
            await answer.read()
            return int(answer.status)

    known = Counter(await asyncio.gather(*(ask(number, s.key) for number in range(KNOWN))))
    before = len(s.upstream.requests)
    unknown = Counter(await asyncio.gather(*(ask(number, generate()) for number in range(UNKNOWN))))
    assert known == {200: KNOWN}
    assert unknown == {503: UNKNOWN}
    assert len(s.upstream.requests) == before


async def without_web(s: Stage) -> None:
    """Start again with the web process away, a minute after it was last heard of."""
    await s.gateway.stop()
    s.web.status = s.web.usage_status = 503
    copy = s.gateway.var / "gateway" / "snapshot.json"
    os.utime(copy, (time.time() - 60,) * 2)
    await s.gateway.start()
    await s.gateway.ready(s.http, "/healthz")


@pytest.mark.processes
@pytest.mark.parametrize("grace", [900, 0])
async def test_m12_without_web_known_keys_are_served_and_unknown_ones_neither_pass_nor_are_wrong(
    tmp_path, grace
):
    async with polyglot(tmp_path, says(), MARGA_GRACE_SECONDS=str(grace)) as s:
        s.web.status = s.web.usage_status = 503
        await until(lambda: "snapshot_link_down" in s.gateway.log.read_text())
        if grace:
            await check_without_web(s)
        else:  # the control: without the time of grace the known ones fail
            await without_web(s)
            with pytest.raises(AssertionError):
                await check_without_web(s)


async def check_limit_kept(limits: list[Any], limit: int) -> None:
    """All workers together, asked as hard as can be without Redis, pass a limit by a tenth at most."""
    k = key(requests_per_minute=limit)
    results = [await enter(one, k) for _ in range(limit) for one in limits]
    assert 0.5 * limit <= len(admitted(results)) <= 1.1 * limit


async def test_m13_without_redis_the_workers_keep_to_their_parts():
    async with workers(None, 4, is_beating=False) as limits:
        await check_limit_kept(limits, 100)


async def test_m13_workers_that_each_allow_the_whole_limit_are_found_out():
    async with workers(None, 1, is_beating=False) as one, workers(None, 1, is_beating=False) as other:
        with pytest.raises(AssertionError):
            await check_limit_kept([*one, *other], 100)
