from __future__ import annotations

import asyncio
import time

import pytest

from marga.gateway import shared as shared_module
from marga.gateway.shared import MOST_FAILURES
from marga.gateway.tests.fleet import connected
from marga.gateway.tests.harness import until
from marga.gateway.tests.slowstore import SlowStore


async def test_a_value_comes_back(redis_server):
    async with connected(redis_server) as (shared, _):
        await shared.call(lambda r: r.set("marga-test-shared", b"1", ex=5))

        assert await shared.call(lambda r: r.get("marga-test-shared")) == b"1"


async def test_without_redis_every_call_is_none_and_nothing_is_logged():
    async with connected(None) as (shared, lines):
        assert await shared.call(lambda r: r.get("x")) is None
        assert not shared.is_up
        assert lines.names == []


async def test_a_server_that_is_not_there_costs_no_call_anything(tmp_path):
    async with connected(f"unix://{tmp_path}/nobody.sock") as (shared, lines):
        assert await shared.call(lambda r: r.get("x")) is None
        assert lines.names == ["shared_state_down"]


async def test_a_server_that_hangs_is_left_alone_after_a_few_failures_and_said_once():
    store = SlowStore()
    async with store.serving(), connected(store.url, timeout_seconds=0.02) as (shared, lines):
        assert shared.is_up
        store.is_silent = True

        began = time.perf_counter()
        for _ in range(MOST_FAILURES + 200):
            assert await shared.call(lambda r: r.get("x")) is None

        # Each of the first few waits its time out; the two hundred after them wait for nothing.
        assert time.perf_counter() - began < MOST_FAILURES * 0.02 * 5 + 0.5
        assert not shared.is_up
        assert lines.names == ["shared_state_down"]


async def test_it_comes_back_by_itself(monkeypatch):
    monkeypatch.setattr(shared_module, "FIRST_PAUSE_SECONDS", 0.01)
    store = SlowStore()
    async with store.serving(), connected(store.url, timeout_seconds=0.02) as (shared, lines):
        store.is_silent = True
        for _ in range(MOST_FAILURES):
            await shared.call(lambda r: r.get("x"))
        store.is_silent = False

        await until(lambda: shared.is_up)

        assert lines.names == ["shared_state_down", "shared_state_up"]


async def test_an_answer_that_came_too_late_is_never_taken_for_the_next_one(redis_server):
    async with connected(redis_server, timeout_seconds=0.02) as (shared, _):
        await shared.call(lambda r: r.set("marga-test-late", b"right", ex=5))
        for _ in range(MOST_FAILURES - 1):
            assert await shared.call(lambda r: r.blpop(["marga-test-nothing"], 0.05)) is None

        assert await shared.call(lambda r: r.get("marga-test-late")) == b"right"


@pytest.mark.parametrize("steps", range(1, 7))
async def test_a_client_that_leaves_in_the_middle_leaves_nothing_behind(redis_server, steps):
    async with connected(redis_server, timeout_seconds=0.5) as (shared, _):
        await shared.call(lambda r: r.set("marga-test-left", b"right", ex=5))
        task = asyncio.create_task(shared.call(lambda r: r.blpop(["marga-test-nothing"], 0.3)))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        assert await shared.call(lambda r: r.get("marga-test-left")) == b"right"
        assert shared._in_use == 0
