"""A gateway process between the clients and the stub, told by a small web process which models there are."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp

from avyay_site.crypto import encrypt
from avyay_site.keys.format import generate
from benchmarks.clients.stub.server import SECRET, Stub, running_stub
from benchmarks.clients.target import Target
from marga.gateway.tests.harness import (
    ENCRYPTION_KEY,
    FakeWeb,
    Gateway,
    key_row,
    model_row,
    provider_row,
    snapshot,
)

PROTOCOLS = ("chat", "messages", "responses")
SERVED = {"chat": ["chat", "embeddings"], "messages": ["messages"], "responses": ["responses"]}
CAPABILITIES = ["tools", "vision", "json_schema", "thinking", "audio", "files"]


class Stage:
    """The stub, and a gateway in front of it that offers each of its models in each protocol."""

    def __init__(self, stub: Stub, folder: Path) -> None:
        self.stub = stub
        self.keys = {name: generate() for name in ("ordinary", "poor", "slow")}
        self.gateway = Gateway(folder, "", AVYAY_OUTBOUND_ALLOW="127.0.0.0/8")
        self.records: list[dict[str, Any]] = []

    def direct(self, protocol: str) -> Target:
        """Return the stub itself, as a client of the protocol reaches it."""
        return Target(
            url=self.stub.url,
            key=SECRET,
            model="stub-small",
            other_model="stub-large",
            embedding_model="stub-embed",
            stub_url=self.stub.url,
            protocol=protocol,
        )

    def through(self, upstream: str) -> Target:
        """Return the gateway, with models whose provider speaks the protocol."""
        return Target(
            url=self.gateway.url,
            key=self.keys["ordinary"],
            model=f"stub-small-{upstream}",
            other_model=f"stub-large-{upstream}",
            embedding_model="stub-embed",
            stub_url=self.stub.url,
            protocol=upstream,
            limited_model=f"stub-limited-{upstream}",
            broken_model=f"stub-broken-{upstream}",
            flaky_model=f"stub-flaky-{upstream}",
            poor_key=self.keys["poor"],
            slow_key=self.keys["slow"],
        )

    def document(self) -> dict[str, Any]:
        """Return the snapshot."""
        keys = [
            key_row(self.keys["ordinary"]),
            key_row(self.keys["poor"], monthly_budget_usd="1", spent_usd="1"),
            key_row(self.keys["slow"], requests_per_minute=1),
        ]
        models, providers = [_embedder()], []
        for protocol in PROTOCOLS:
            # stub-small is renamed on its way, stub-large is not.
            models.append(_model(f"stub-small-{protocol}", protocol, upstream_name="stub-small"))
            models.append(_model(f"stub-large-{protocol}", protocol))
            providers.append(_provider(self.stub.url, protocol, protocol))
            for fate in ("limited", "broken", "flaky"):
                name = f"{protocol}-{fate}"
                models.append(_model(f"stub-{fate}-{protocol}", name))
                providers.append(_provider(self.stub.url, protocol, name))
        return {**snapshot(keys, providers, models), "format": 2, "policies": [], "sampling": {}}


def _provider(url: str, protocol: str, name: str) -> dict[str, Any]:
    return provider_row(
        url if protocol == "messages" else f"{url}/v1",
        id=f"prv_{name}",
        name=f"stub-{name}",
        kind="anthropic" if protocol == "messages" else "openai",
        api_key=encrypt(SECRET, [ENCRYPTION_KEY]),
        protocols=SERVED[protocol],
        credentials=[],
        timeout_seconds=30.0,
    )


def _embedder() -> dict[str, Any]:
    return {**_model("stub-embed", "chat"), "capabilities": ["embeddings"]}


def _model(name: str, provider: str, *, upstream_name: str = "") -> dict[str, Any]:
    return model_row(
        name,
        provider_id=f"prv_{provider}",
        upstream_name=upstream_name or name,
        capabilities=CAPABILITIES,
        context_window=1_000_000,
        max_output_tokens=64_000,
    )


@contextlib.contextmanager
def running_stage(folder: Path) -> Iterator[Stage]:
    """Give a stage that is ready. folder: for the gateway's state."""
    with running_stub() as stub:
        stage = Stage(stub, folder)
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever)
        thread.start()
        closing = contextlib.AsyncExitStack()
        try:
            asyncio.run_coroutine_threadsafe(_open(stage, closing), loop).result(30)
            yield stage
        finally:
            asyncio.run_coroutine_threadsafe(closing.aclose(), loop).result(30)
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()


async def _open(stage: Stage, closing: contextlib.AsyncExitStack) -> None:
    web = await closing.enter_async_context(FakeWeb(stage.document()).serving())
    stage.records = web.records
    stage.gateway = Gateway(stage.gateway.var, web.url, AVYAY_OUTBOUND_ALLOW="127.0.0.0/8")
    await stage.gateway.start()
    closing.push_async_callback(stage.gateway.stop)
    async with aiohttp.ClientSession() as http:
        await stage.gateway.ready(http)
