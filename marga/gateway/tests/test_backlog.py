"""Background work is bounded, goes on after a failure, and ends with the process."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

from marga.gateway.backlog import AT_ONCE, MOST_WAITING, Backlog
from marga.gateway.tests.fleet import Lines


async def settle():
    for _ in range(5):
        await asyncio.sleep(0)


async def test_only_a_few_run_at_once_and_only_so_many_wait():
    backlog, gate = Backlog(Lines()), asyncio.Event()
    seen = SimpleNamespace(running=0, most=0, done=0)

    async def work():
        seen.running += 1
        seen.most = max(seen.most, seen.running)
        await gate.wait()
        seen.running -= 1
        seen.done += 1

    for _ in range(AT_ONCE):
        assert backlog.offer(work)
    await settle()
    taken = [backlog.offer(work) for _ in range(MOST_WAITING + 3)]
    gate.set()
    for _ in range(MOST_WAITING):
        await settle()

    assert taken == [True] * MOST_WAITING + [False] * 3
    assert (seen.most, seen.done) == (AT_ONCE, AT_ONCE + MOST_WAITING)
    await backlog.close()


async def test_a_failure_is_told_and_the_next_work_done():
    lines = Lines()
    backlog, done = Backlog(lines), []

    async def fails():
        raise ValueError("boom")

    async def works():
        done.append(1)

    for work in (fails, fails, fails, works):
        backlog.offer(work)
    for _ in range(4):
        await settle()

    assert (lines.names, done) == (["background_failed"] * 3, [1])
    await backlog.close()


async def test_closing_stops_what_runs_and_takes_nothing_more():
    backlog, ended = Backlog(Lines()), []

    async def endless():
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(1)

    for _ in range(AT_ONCE + 1):
        backlog.offer(endless)
    await settle()
    await backlog.close()

    assert len(ended) == AT_ONCE
    assert not backlog.offer(endless)
