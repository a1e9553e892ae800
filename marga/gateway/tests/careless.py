"""A relay without any of the gateway's defences: the positive control of the fault tests.

A check is worth something only if it can fail: each one that the gateway passes must be red against this relay. It
forwards headers as they are, hands bytes on as they come, tries again whatever happened, goes on with another provider in
the middle of a stream, reads ahead without bound, goes on reading when its client left, and logs what was said.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from types import SimpleNamespace
from typing import Any

import aiohttp
from aiohttp import web

from marga.gateway.tests.harness import PROVIDER_KEY, Script, Stage, Upstream


class Careless:
    """Relays to the first of its upstreams, and to the next when anything goes wrong."""

    def __init__(self, *upstreams: Upstream) -> None:
        self.upstreams = upstreams
        self.url = ""
        self.log = ""
        self._http: aiohttp.ClientSession

    async def _relay(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.log += body.decode() + str(request.headers)
        answer = web.StreamResponse()
        for upstream in self.upstreams:
            try:
                await self._try(upstream.base_url, request, answer, body)
            except aiohttp.ClientError:
                continue
            break
        return answer

    async def _try(self, base: str, request: web.Request, answer: web.StreamResponse, body: bytes) -> None:
        headers = {**request.headers, "X-Api-Key": PROVIDER_KEY}
        url = base.removesuffix("/v1") + request.path
        async with self._http.post(url, data=body, headers=headers) as upstream:
            self.log += str(upstream.headers)
            if not answer.prepared:
                answer.set_status(upstream.status)
                answer.headers.update({k: v for k, v in upstream.headers.items() if k.startswith("X-")})
                answer.content_type = upstream.content_type
                await answer.prepare(request)
            waiting: asyncio.Queue[bytes] = asyncio.Queue()
            handing_on = asyncio.create_task(self._hand_on(answer, waiting))
            try:
                async for data in upstream.content.iter_any():
                    self.log += data.decode("utf-8", "replace")[:2_000]
                    waiting.put_nowait(data)
            finally:
                waiting.put_nowait(b"")
                await handing_on

    @staticmethod
    async def _hand_on(answer: web.StreamResponse, waiting: asyncio.Queue[bytes]) -> None:
        with suppress(ConnectionError):  # when nobody listens any more, it reads on all the same
            while data := await waiting.get():
                await answer.write(data)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Careless]:
        """Serve on a free port."""
        application = web.Application(client_max_size=64 << 20)
        application.router.add_post("/{path:.*}", self._relay)
        runner = web.AppRunner(application, shutdown_timeout=0.1, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with aiohttp.ClientSession() as self._http:
            try:
                yield self
            finally:
                await runner.cleanup()


@asynccontextmanager
async def careless_stage(first: Script, *others: Script) -> AsyncIterator[tuple[Stage, Careless]]:
    """Stage the careless relay as if it were the gateway, before providers that behave as told."""
    upstreams = [Upstream(script) for script in (first, *others)]
    async with AsyncExitStack() as stack:
        for upstream in upstreams:
            await stack.enter_async_context(upstream.serving())
        relay = await stack.enter_async_context(Careless(*upstreams).serving())
        http = await stack.enter_async_context(aiohttp.ClientSession())
        gateway: Any = SimpleNamespace(url=relay.url)
        nobody: Any = None
        yield Stage(upstreams[0], nobody, gateway, http, "avy_live_whatever"), relay
