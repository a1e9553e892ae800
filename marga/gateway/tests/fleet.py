"""Several workers in one test: each with its own leases, all with one Redis or none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from marga.gateway.lending import Lending
from marga.gateway.logs import Log
from marga.gateway.shared import Shared


class Lines(Log):
    """Keeps the names of events instead of writing them."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def event(self, name: str, *, level: str = "info", **fields: object) -> None:
        self.names.append(name)


@asynccontextmanager
async def fleet(
    url: str | None, workers: int, *, settling_seconds: float = 0
) -> AsyncIterator[list[Lending]]:
    """Give the lendings of so many workers."""
    prefix = f"marga-test-{uuid4().hex}:"
    shared = [Shared(url, Lines(), timeout_seconds=1.0) for _ in range(workers)]
    for one in shared:
        await one.start()
    try:
        yield [
            Lending(one, workers=workers, slot=slot, prefix=prefix, settling_seconds=settling_seconds)
            for slot, one in enumerate(shared)
        ]
    finally:
        for one in shared:
            await one.close()


@asynccontextmanager
async def running(lendings: list[Lending]) -> AsyncIterator[None]:
    """Have the workers exchange in the background, faster than in life."""

    async def beat(lending: Lending) -> None:
        while True:
            await asyncio.sleep(0.005)
            await lending.exchange()

    tasks = [asyncio.create_task(beat(lending)) for lending in lendings]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def connected(url: str | None, **options: float) -> AsyncIterator[tuple[Shared, Lines]]:
    """Give one client, and what it logged."""
    lines = Lines()
    shared = Shared(url, lines, **options)
    await shared.start()
    try:
        yield shared, lines
    finally:
        await shared.close()
