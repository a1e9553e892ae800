"""Clients that leave, and tasks that are cancelled twice: what fault tests and benchmarks share."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from random import Random
from typing import Any

import aiohttp
import orjson

from avyay_site.addresses import Allowance
from marga.gateway.providers import Endpoint, parse_provider
from marga.gateway.tests.harness import STREAM_HEAD, Stage, piece, provider_row
from marga.gateway.tests.speaking import PATHS, asking, events, words
from marga.gateway.upstream import FAILURES, Answer, Upstream

SPREAD_SECONDS = 0.3


async def endless(reader: Any, writer: Any, body: dict[str, Any]) -> None:
    """Begin to answer, and then wait until the caller hangs up."""
    if body.get("stream"):
        writer.write(STREAM_HEAD + b"".join(map(piece, events(body["model"], words(6))[:6])))
        await writer.drain()
    await reader.read(1)
    writer.close()


async def leave(s: Stage, spoken: str, asked: str, random: Random) -> None:
    """Ask, and hang up at a random moment: before the answer, in it, or while it is told."""
    body = asking(asked, spoken, "Hello", stream=random.random() < 0.7)
    timeout = aiohttp.ClientTimeout(total=random.uniform(0.001, SPREAD_SECONDS))
    async with aiohttp.ClientSession(timeout=timeout) as http:
        try:
            headers = {"Authorization": f"Bearer {s.key}"}
            async with http.post(s.gateway.url + PATHS[asked], json=body, headers=headers) as answer:
                await answer.read()
        except (TimeoutError, aiohttp.ClientError):
            return


class Pool:
    """The gateway's connections to one provider, in this process. most: connections at once."""

    def __init__(self, base_url: str, most: int) -> None:
        self.upstream = Upstream(max_connections=most, allowance=Allowance())
        row = {**provider_row(base_url), "api_key": None, "protocols": ["chat"]}
        self._provider = parse_provider(row, [])
        self._endpoint: Endpoint = self._provider.endpoint("chat", self._provider.credentials[0])

    async def call(self, body: dict[str, Any], kept: list[Answer] | None = None) -> None:
        """Ask and read to the end; what is in kept is never closed (the control)."""
        answer = await self.upstream.send(self._endpoint, orjson.dumps(body))
        if kept is not None:
            kept.append(answer)
            await _read(answer)
            return
        try:
            await _read(answer)
        finally:
            answer.close()

    @property
    def in_use(self) -> int:
        """Return how many calls hold a place."""
        return self.upstream._trusted.busy


async def _read(answer: Answer) -> None:
    while await answer.readany():
        pass


async def cancel_twice(
    pool: Pool, rounds: int, random: Random, *, at_once: int, kept: list[Answer] | None = None
) -> None:
    """Cancel calls of an endless provider at a random step, and again while they clean up."""

    async def one() -> None:
        body = {"model": "chat", "stream": random.random() < 0.7}
        task = asyncio.create_task(pool.call(body, kept))
        await asyncio.sleep(random.choice((0, 0, 0.001, 0.003, 0.01)))
        for _ in range(2):
            task.cancel()
            for _ in range(random.randrange(3)):
                await asyncio.sleep(0)
        with suppress(asyncio.CancelledError, *FAILURES):
            await task

    for _ in range(rounds // at_once):
        await asyncio.gather(*(one() for _ in range(at_once)))
