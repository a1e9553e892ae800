"""Carries a stream: whole events only, in order, as they come; the end is never invented."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import orjson

from marga.gateway.call import SLOW_READER_SECONDS, Call
from marga.gateway.errors import Refusal
from marga.gateway.snapshot import Provider
from marga.gateway.upstream import FAILURES, Answer
from marga.protocols import chat, sse

HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
]
KEEP_ALIVE = b": keep-alive\n\n"
LEFTOVER_SECONDS = 0.2


class Stream:
    """The client's side of one stream."""

    def __init__(self, call: Call, secrets: tuple[bytes, ...] = ()) -> None:
        self._call = call
        self._secrets = secrets
        self._is_sending = False
        self._speaking: asyncio.Task[None] | None = None
        self._error_type = ""
        self.is_done = False

    def begin(self) -> None:
        """Allow keep-alive comments."""
        self._call.watch.break_silence(self._speak, self._call.core.settings.keep_alive_seconds)

    async def forward(self, events: list[bytes]) -> None:
        """Send events on; the one that says [DONE] ends the stream.

        Raises sse.MalformedStream for an event that is not the JSON of a chunk; those before it are sent first.
        """
        passed: list[bytes] = []
        try:
            for event in events:
                data = sse.data_of(event)
                if not data:
                    continue  # a comment or an id: clients choke on them, and they carry nothing
                if data == sse.DONE:
                    self.is_done = True
                    passed.append(event)
                    break
                if kept := self._passed(event, data):
                    passed.append(kept)
        finally:
            if self.is_done:
                await self.finish(b"".join(passed))
            elif passed:
                await self._send(b"".join(passed), more=True)

    async def finish(self, last: bytes) -> None:
        """Record the usage, then send the last bytes."""
        # A quick provider's whole answer may come in one piece: these bytes are then the first ones too.
        self._call.first_token()
        self._call.bytes_out += len(last)
        self._call.book(200, self._error_type)
        await self._send(last, more=False)

    def _passed(self, event: bytes, data: bytes) -> bytes | None:
        try:
            payload = orjson.loads(data)
        except orjson.JSONDecodeError as exc:
            raise sse.MalformedStream("an event is not JSON") from exc
        if not isinstance(payload, dict):
            raise sse.MalformedStream("an event is not a JSON object")
        self._call.meter.see(payload)
        if payload.get("error"):
            self._error_type = "upstream_error"
            for secret in self._secrets:
                event = event.replace(secret, b"***")
        elif not self._call.request.wants_usage and chat.is_usage_only(payload):
            return None
        return event

    async def _send(self, data: bytes, *, more: bool) -> None:
        call = self._call
        call.first_token()
        if self._speaking is not None:
            await self._speaking
        self._is_sending = True
        if more:
            call.bytes_out += len(data)
        if not call.started:
            await self._start()
        await call.send({"type": "http.response.body", "body": data, "more_body": more})
        self._is_sending = False
        call.watch.sent()

    async def _start(self) -> None:
        call = self._call
        call.started = True
        headers = [*HEADERS, *call.headers()]
        await call.send({"type": "http.response.start", "status": 200, "headers": headers})

    def _speak(self) -> None:
        if not self._is_sending and not self.is_done:
            self._speaking = self._call.core.loop.create_task(self._keep_alive())

    async def _keep_alive(self) -> None:
        try:
            if not self._call.started:
                await self._start()
            await self._call.send({"type": "http.response.body", "body": KEEP_ALIVE, "more_body": True})
        finally:
            self._speaking = None


async def relay(call: Call, response: Answer, provider: Provider) -> None:
    """Carry the provider's stream to the client.

    Raises Refusal when it is cut, malformed, or ends without saying so.
    """
    stream = Stream(call, (provider.api_key.encode(),) if provider.api_key else ())
    splitter = sse.EventSplitter()
    idle, watch, content = call.core.settings.idle_timeout_seconds, call.watch, response.content
    stream.begin()
    try:
        while not stream.is_done:
            watch.begin(idle if call.ttft_ms is not None else provider.timeout_seconds, "upstream_stalled")
            before = time.perf_counter()
            data = await content.readany()
            call.waited += time.perf_counter() - before
            events = splitter.feed(data) if data else splitter.finish()
            watch.begin(SLOW_READER_SECONDS, "slow_reader")
            if events:
                await stream.forward(events)
            if not data:
                break
    except sse.MalformedStream as exc:
        raise Refusal(502, "upstream_malformed", f"The provider's stream cannot be read: {exc}.") from exc
    except FAILURES as exc:
        raise _cut() from exc
    if not stream.is_done:
        # Some servers end without [DONE]; the client must not get one that was never sent.
        if splitter.held or not call.meter.saw_finish:
            raise _cut()
        await stream.finish(b"")
    await _read_leftover(content)


async def play(call: Call, events: Iterator[bytes]) -> None:
    """Send events that the gateway makes itself."""
    stream = Stream(call)
    for event in events:
        call.watch.begin(SLOW_READER_SECONDS, "slow_reader")
        await stream.forward([event])


def _cut() -> Refusal:
    return Refusal(502, "upstream_cut", "The provider broke off in the middle of its answer.")


async def _read_leftover(content: Any) -> None:
    """Read the end of the provider's body after [DONE], so that its connection can be used again."""
    if not content.at_eof():
        with suppress(*FAILURES):
            async with asyncio.timeout(LEFTOVER_SECONDS):
                await content.readany()
