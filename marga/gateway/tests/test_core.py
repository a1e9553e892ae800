from __future__ import annotations

import asyncio

from marga.gateway import core as core_module
from marga.gateway.core import Core
from marga.gateway.tests.fleet import Lines
from marga.gateway.tests.harness import until


async def test_work_beside_the_requests_that_fails_is_said_and_begun_again(monkeypatch):
    monkeypatch.setattr(core_module, "RESTART_SECONDS", 0.0)
    core = object.__new__(Core)
    lines = Lines()
    core.loop, core.log = asyncio.get_running_loop(), lines
    core._housekeeping, core._is_closing = set(), False
    runs: list[int] = []

    async def work():
        runs.append(len(runs))
        if len(runs) == 1:
            raise ValueError("a bug")

    core._keep_running(work)

    await until(lambda: len(runs) == 2)
    await asyncio.sleep(0)
    assert lines.names == ["housekeeping_failed"]
    assert core._housekeeping == set()
