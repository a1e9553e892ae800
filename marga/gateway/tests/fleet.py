"""Several workers in one test: each with its own leases, all with one Redis or none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from marga.gateway.lending import Lending
from marga.gateway.shared import Shared


class Lines:
    """Keeps the names of events instead of writing them."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def event(self, name: str, **fields: object) -> None:
        self.names.append(name)


@asynccontextmanager
async def fleet(
    url: str | None, workers: int, *, settling_seconds: float = 0
) -> AsyncIterator[list[Lending]]:
    """Give the lendings of so many workers."""
    prefix = f"marga-test-{uuid4().hex}:"
    shared = [Shared(url, Lines(), timeout_seconds=1.0) for _ in range(workers)]  # type: ignore[arg-type]
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
