"""A real gateway process between a web process and a provider that the test plays."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from cryptography.fernet import Fernet

from avyay_site.crypto import encrypt, internal_token
from avyay_site.keys.format import digest, generate
from marga.gateway.command import gateway_command

ENCRYPTION_KEY = Fernet.generate_key().decode()
PEPPER = "pepper-of-the-tests"
PROVIDER_KEY = "sk-upstream-secret-1234567890"
ROOT = Path(__file__).resolve().parents[3]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def key_row(text: str, **changes: Any) -> dict[str, Any]:
    row = {
        "id": "key_" + digest(text, PEPPER)[:12],
        "digest": digest(text, PEPPER),
        "workspace_id": "ws_1",
        "name": "test",
        "scopes": ["marga:call"],
        "bucket": "people",
        "requests_per_minute": None,
        "tokens_per_minute": None,
        "concurrency": None,
        "monthly_budget_usd": None,
        "expires_at": None,
        "spent_usd": "0",
    }
    return {**row, **changes}


def provider_row(base_url: str, **changes: Any) -> dict[str, Any]:
    row = {
        "id": "prv_1",
        "name": "stub",
        "kind": "openai",
        "base_url": base_url,
        "api_key": encrypt(PROVIDER_KEY, [ENCRYPTION_KEY]),
        "workspace_id": None,
        "is_shared": True,
        "is_trusted": True,
        "timeout_seconds": 5.0,
    }
    return {**row, **changes}


def model_row(name: str, **changes: Any) -> dict[str, Any]:
    row = {
        "id": f"mdl_{name}",
        "name": name,
        "provider_id": "prv_1",
        "upstream_name": name,
        "tier": "mid",
        "context_window": None,
        "input_usd_per_mtok": "2.5",
        "output_usd_per_mtok": "10",
        "cached_input_usd_per_mtok": "1.25",
    }
    return {**row, **changes}


def snapshot(
    keys: list[dict[str, Any]], providers: list[dict[str, Any]], models: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "format": 1,
        "built_at": "2026-11-01T10:00:00+00:00",
        "baseline": None,
        "keys": keys,
        "providers": providers,
        "models": models,
    }


class FakeWeb:
    """The control link's other end. status: what it answers to everything, when not 200."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.version = 1
        self.status = 200
        self.usage_status = 200
        self.refuse_record: Callable[[dict[str, Any]], bool] = lambda record: False
        self.wrong_model = ""
        self.confirmed: set[int] = set()
        self.records: list[dict[str, Any]] = []
        self.reports: list[dict[str, Any]] = []
        self.url = ""

    def change(self, document: dict[str, Any]) -> None:
        self.document = document
        self.version += 1

    async def snapshot(self, request: web.Request) -> web.Response:
        self._check(request)
        etag = f'"{self.version}"'
        if request.headers.get("If-None-Match") == etag:
            self.confirmed.add(self.version)
            return web.Response(status=304)
        return web.json_response(self.document, headers={"ETag": etag})

    async def usage(self, request: web.Request) -> web.Response:
        self._check(request)
        if self.usage_status != 200:
            return web.Response(status=self.usage_status)
        records = (await request.json())["records"]
        assert len(records) <= 1000
        if any(self.refuse_record(record) for record in records):
            return web.Response(status=400, text="a record is not acceptable")
        known = {record["request_id"] for record in self.records}
        wrong = [i for i, record in enumerate(records) if record["model_requested"] == self.wrong_model]
        fresh = [
            record for i, record in enumerate(records) if record["request_id"] not in known and i not in wrong
        ]
        self.records += fresh
        answer = {
            "inserted": len(fresh),
            "duplicate": len(records) - len(fresh) - len(wrong),
            "rejected": [
                {"index": i, "request_id": records[i]["request_id"], "reason": "wrong"} for i in wrong
            ],
            "spent_usd": {},
        }
        return web.json_response(answer)

    async def report(self, request: web.Request) -> web.Response:
        self._check(request)
        self.reports.append(await request.json())
        return web.json_response({})

    def _check(self, request: web.Request) -> None:
        if self.status != 200:
            raise web.HTTPServiceUnavailable
        assert request.headers["Authorization"] == f"Bearer {internal_token([ENCRYPTION_KEY])}"

    @asynccontextmanager
    async def serving(self, port: int = 0) -> AsyncIterator[FakeWeb]:
        application = web.Application(client_max_size=64 << 20)
        application.router.add_get("/internal/gateway/snapshot", self.snapshot)
        application.router.add_post("/internal/gateway/usage", self.usage)
        application.router.add_post("/internal/gateway/report", self.report)
        runner = web.AppRunner(application, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await runner.cleanup()


Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter, dict[str, Any]], Awaitable[None]]


class Upstream:
    """A provider on a raw socket: the script decides every byte. Requests are kept, head and body."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.requests: list[tuple[bytes, bytes]] = []
        self.open_connections = 0
        self.base_url = ""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open_connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    int(line.split(b":")[1])
                    for line in head.lower().split(b"\r\n")
                    if line.startswith(b"content-length")
                )
                body = await reader.readexactly(length)
                self.requests.append((head, body))
                await self.script(reader, writer, json.loads(body))
                await writer.drain()
                if writer.is_closing():
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.open_connections -= 1
            writer.close()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Upstream]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        try:
            yield self
        finally:
            server.close()


USAGE = {
    "prompt_tokens": 1000,
    "completion_tokens": 50,
    "total_tokens": 1050,
    "prompt_tokens_details": {"cached_tokens": 400},
    "completion_tokens_details": {"reasoning_tokens": 7},
}
PLAIN = json.dumps(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1700000000,
        "model": "m",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": "Grüße"}, "finish_reason": "stop"}
        ],
        "usage": USAGE,
    },
    indent=1,
).encode()


def chunk(delta: dict[str, Any] | None, finish: str | None = None, **more: Any) -> bytes:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1700000000,
        "model": "m",
        "choices": choices,
        **more,
    }
    return b"data: " + json.dumps(body, ensure_ascii=False).encode() + b"\n\n"


WORDS = [chunk({"content": f"wört{n} "}) for n in range(12)]
USAGE_CHUNK = chunk(None, usage=USAGE)
STREAM = [chunk({"role": "assistant", "content": ""}), *WORDS, chunk({}, "stop"), USAGE_CHUNK]
DONE = b"data: [DONE]\n\n"


def http_answer(body: bytes, status: str = "200 OK", kind: str = "application/json", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"content-type: {kind}", f"content-length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def piece(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


async def ordinary(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body: dict[str, Any]) -> None:
    """Answer as OpenAI does."""
    if not body.get("stream"):
        writer.write(http_answer(PLAIN))
        return
    writer.write(STREAM_HEAD)
    wants_usage = (body.get("stream_options") or {}).get("include_usage")
    for event in [*STREAM[: None if wants_usage else -1], DONE]:
        writer.write(piece(event))
        await writer.drain()
    writer.write(b"0\r\n\r\n")


class Gateway:
    """One gateway process."""

    def __init__(self, var: Path, web_url: str, **variables: str) -> None:
        self.var = var
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._variables = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("AVYAY_", "MARGA_"))},
            "AVYAY_VAR": str(var),
            "AVYAY_INTERNAL_URL": web_url,
            "AVYAY_ENCRYPTION_KEYS": ENCRYPTION_KEY,
            "AVYAY_KEY_PEPPER": PEPPER,
            "SECRET_KEY": "not-used-here",
            **variables,
        }
        self._process: asyncio.subprocess.Process
        self.log = var / "gateway.log"

    async def start(self) -> None:
        self.var.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *gateway_command(
                    host="127.0.0.1", port=self.port, workers=int(self._variables.get("MARGA_WORKERS", "1"))
                ),
                env=self._variables,
                cwd=ROOT,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    async def ready(self, http: aiohttp.ClientSession, path: str = "/readyz") -> None:
        for _ in range(400):
            with suppress(aiohttp.ClientError):
                async with http.get(f"{self.url}{path}") as response:
                    if response.status == 200:
                        return
            await asyncio.sleep(0.025)
        raise AssertionError(self.log.read_text())

    def kill(self) -> None:
        """End every process of the gateway at once, as a power cut would."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    async def stop(self) -> None:
        with suppress(ProcessLookupError):
            self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), 10)
        finally:
            self.kill()


async def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait for something that another process does; fail when it does not."""
    for _ in range(int(seconds / 0.02)):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("what was waited for did not happen")


class Stage:
    """Everything one test needs."""

    def __init__(self, upstream: Upstream, fake_web: FakeWeb, gateway: Gateway, http: Any, key: str) -> None:
        self.upstream = upstream
        self.web = fake_web
        self.gateway = gateway
        self.http: aiohttp.ClientSession = http
        self.key = key

    async def fetched(self) -> None:
        """Wait until the gateway uses the latest snapshot."""
        await until(lambda: self.web.version in self.web.confirmed)

    def post(self, body: Any = None, *, key: str | None = None, headers: dict[str, str] | None = None) -> Any:
        text = self.key if key is None else key
        content = body if isinstance(body, bytes) else json.dumps(body or question()).encode()
        return self.http.post(
            f"{self.gateway.url}/v1/chat/completions",
            data=content,
            headers={
                "Authorization": f"Bearer {text}",
                "Content-Type": "application/json",
                **(headers or {}),
            },
        )


def question(**changes: Any) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": "Hello, how are you?"}], **changes}


@asynccontextmanager
async def stage(
    var: Path, script: Script = ordinary, *, changes: dict[str, Any] | None = None, **variables: str
) -> AsyncIterator[Stage]:
    """Set up provider, web process and gateway, with one key and the models `m` and `renamed`."""
    key = generate()
    async with Upstream(script).serving() as upstream:
        document = snapshot(
            [key_row(key)],
            [provider_row(upstream.base_url)],
            [model_row("m"), model_row("renamed", upstream_name="real-name")],
        )
        async with FakeWeb({**document, **(changes or {})}).serving() as fake_web:
            gateway = Gateway(var, fake_web.url, **variables)
            await gateway.start()
            async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as http:
                try:
                    await gateway.ready(http)
                    yield Stage(upstream, fake_web, gateway, http, key)
                finally:
                    await gateway.stop()
