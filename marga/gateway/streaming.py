"""Carries a stream: whole events only, in order, as they come; the end is never invented.

Until the first real output nothing goes to the client, so an error inside a 200 can still be answered by another
deployment; after it, one stream is one model's.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Any

import orjson

from marga.gateway import keeping
from marga.gateway.call import SLOW_READER_SECONDS, Attempt, Call
from marga.gateway.errors import Refusal
from marga.gateway.refused import scrubbed
from marga.gateway.surfaces import WIRES
from marga.gateway.trying import TryFailed, cut
from marga.gateway.upstream import FAILURES, Answer
from marga.protocols import chat, failures, responses, sse
from marga.protocols.answering import AnswerCollector, StreamTranslator
from marga.protocols.reading import text

HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
]
KEEP_ALIVE = b": keep-alive\n\n"
LEFTOVER_SECONDS = 0.2
PIECE_BYTES = 8 << 10
MOST_HELD_EVENTS = 64
MOST_HELD_BYTES = 256 << 10


class Client:
    """The client's side of one stream."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._is_sending = False
        self._speaking: asyncio.Task[None] | None = None
        self._is_done = False

    def begin(self) -> None:
        """Allow keep-alive comments."""
        self._call.watch.break_silence(self._speak, self._call.core.settings.keep_alive_seconds)

    async def send(self, data: bytes, *, more: bool = True) -> None:
        """Send whole events on, in one piece."""
        call = self._call
        call.first_token()
        if self._speaking is not None:
            await self._speaking
        self._is_sending = True
        self._is_done = not more
        call.is_committed = True
        call.bytes_out += len(data)
        if call.content is not None and more:
            call.content.sent(data)
        if not call.started:
            await self._start()
        # The server holds a few pieces for a reader that stands still: small ones keep that small.
        while len(data) > PIECE_BYTES:
            await call.send({"type": "http.response.body", "body": data[:PIECE_BYTES], "more_body": True})
            data = data[PIECE_BYTES:]
        await call.send({"type": "http.response.body", "body": data, "more_body": more})
        self._is_sending = False
        call.watch.sent()

    async def finish(self, last: bytes, error_type: str = "") -> None:
        """Record the usage, then send the last bytes."""
        # A quick provider's whole answer may come in one piece: these bytes are then the first ones too.
        self._call.first_token()
        if self._call.content is not None:
            self._call.content.sent(last)
        self._call.book(200, error_type)
        await self.send(last, more=False)

    async def _start(self) -> None:
        call = self._call
        call.started = True
        headers = [*HEADERS, *call.headers()]
        await call.send({"type": "http.response.start", "status": 200, "headers": headers})

    def _speak(self) -> None:
        if not self._is_sending and not self._is_done:
            self._speaking = self._call.core.loop.create_task(self._keep_alive())

    async def _keep_alive(self) -> None:
        try:
            if not self._call.started:
                await self._start()
            await self._call.send({"type": "http.response.body", "body": KEEP_ALIVE, "more_body": True})
        finally:
            self._speaking = None


class Passage:
    """Turns a provider's events into the client's, and holds back those that carry no output yet."""

    def __init__(self, call: Call, attempt: Attempt) -> None:
        request = call.request
        self._call = call
        self._credential = attempt.credential
        self._wire = wire = WIRES[attempt.protocol]
        self._is_chat = wire is chat
        self._translator: StreamTranslator | None = None
        if attempt.protocol != request.protocol:
            self._translator = StreamTranslator(
                attempt.protocol, request.protocol, request=request.payload, created=int(time.time())
            )
        is_wanted = call.plan is not None or call.is_sampled or call.content is not None
        self._collector = AnswerCollector(attempt.protocol) if is_wanted else None
        self._held: list[bytes] = []
        self._held_bytes = 0
        self.is_done = False
        self.error_type = ""
        self.before_fault = b""
        """What came before a fault in the same piece, and is the client's."""

    def take(self, events: list[bytes]) -> bytes:
        """Return what the client gets for some events.

        Raises TryFailed for an error before any output; sse.MalformedStream, Refusal.
        """
        out: list[bytes] = []
        try:
            for event in events:
                data = sse.data_of(event)
                if not data:
                    continue  # a comment or an id: clients choke on them, and they carry nothing
                if data == sse.DONE:
                    self.is_done = True
                    out += [event] if self._translator is None else self._translator.end(is_done=True)
                    break
                self._one(event, data, out)
                if self.is_done:
                    break
        except (sse.MalformedStream, Refusal):
            self.before_fault = b"".join(self._released(out))
            raise
        return b"".join(self._released(out))

    def end(self) -> bytes:
        """Return the client's end of a stream that the provider ended without a word."""
        last = self._translator.end() if self._translator is not None else []
        return b"".join([*self._held, *last])

    def whole(self) -> dict[str, Any] | None:
        """Return the whole answer in the provider's protocol, None when it is incomplete or nobody wants it."""
        return self._collector.answer() if self._collector is not None else None

    def _one(self, event: bytes, data: bytes, out: list[bytes]) -> None:
        try:
            payload = orjson.loads(data)
        except orjson.JSONDecodeError as exc:
            raise sse.MalformedStream("an event is not JSON") from exc
        if not isinstance(payload, dict):
            raise sse.MalformedStream("an event is not a JSON object")
        call, wire = self._call, self._wire
        if call.meter is not None:
            call.meter.see(payload)
        if error := wire.error_of(payload):
            self._meet(error)
            event = scrubbed(event, self._credential)
        if self._collector is not None:
            self._collector.feed(payload)
        self.is_done = wire.ends_stream(payload)
        if self._translator is not None:
            made = self._translator.feed(payload)
            if self.is_done:
                made += self._translator.end()
            call.place = self._translator.place
        elif self._is_chat and not call.request.wants_usage and chat.is_usage_only(payload):
            return
        else:
            made = [event]
            if wire is responses:
                call.place = responses.place_of(payload, call.place)
        if call.is_committed or out or not wire.is_startup(payload) or self.is_done:
            out += made
        else:
            self._hold(made)

    def _meet(self, error: dict[str, Any]) -> None:
        """Deal with an error event: fail over before any output, tell it after."""
        message = text(error.get("message")) or "The provider reported an error."
        clean = scrubbed(message.encode("utf-8", "replace"), self._credential).decode("utf-8", "replace")
        # A client of responses waits only for what it is told is a rate limit; all else is the provider's own affair.
        status = 429 if failures.read_error(error).status == 429 else 502
        refusal = Refusal(status, "upstream_error", clean)
        if not self._call.is_committed:
            raise TryFailed("server", refusal)
        if self._translator is not None:
            raise refusal
        self.error_type = "upstream_error"

    def _hold(self, made: list[bytes]) -> None:
        self._held += made
        self._held_bytes += sum(map(len, made))

    def _released(self, out: list[bytes]) -> list[bytes]:
        """Return out with what was held before it; nothing while all of it may still be held."""
        if not out and len(self._held) <= MOST_HELD_EVENTS and self._held_bytes <= MOST_HELD_BYTES:
            return []
        found, self._held = [*self._held, *out], []
        return found


async def relay(call: Call, attempt: Attempt, response: Answer) -> None:
    """Carry the provider's stream to the client.

    Raises TryFailed before any output went out; Refusal when it is cut, malformed, or ends without saying so.
    """
    client, passage = Client(call), Passage(call, attempt)
    client.begin()
    try:
        await _pump(call, attempt, response, client, passage)
    except sse.MalformedStream as exc:
        if passage.before_fault:
            await client.send(passage.before_fault)
        said = f"The provider's stream cannot be read: {exc}."
        raise _broken(call, "answer", Refusal(502, "upstream_malformed", said)) from exc
    except Refusal:
        if passage.before_fault:
            await client.send(passage.before_fault)
        raise
    except FAILURES as exc:
        raise _broken(call, "answer", cut()) from exc
    await _read_leftover(response.content)


async def _pump(call: Call, attempt: Attempt, response: Answer, client: Client, passage: Passage) -> None:
    splitter = sse.EventSplitter()
    timeout, idle = attempt.deployment.provider.timeout_seconds, call.core.settings.idle_timeout_seconds
    watch, content = call.watch, response.content
    while not passage.is_done:
        if call.is_committed:
            watch.begin(idle, "upstream_stalled")
        else:
            watch.begin(timeout, "upstream_timeout")
        before = time.perf_counter()
        data = await content.readany()
        call.waited += time.perf_counter() - before
        is_over = not data
        events = splitter.finish() if is_over else splitter.feed(data)
        watch.begin(SLOW_READER_SECONDS, "slow_reader")
        found = passage.take(events) if events else b""
        # A reader that stands still holds us here for long: let go of what is copied already.
        del data, events
        if passage.is_done:
            answer = passage.whole()
            if call.is_sampled and answer is not None:
                call.whole = (attempt.protocol, answer)
            await keeping.keep_stream(call, attempt, answer)
            await client.finish(found, passage.error_type)
        elif found:
            sending = client.send(found)
            del found
            await sending
        if is_over:
            break
    if passage.is_done:
        return
    # Some servers end without [DONE]; the client must not get one that was never sent.
    if splitter.held or call.meter is None or not call.meter.saw_finish:
        raise _broken(call, "answer", cut())
    await client.finish(passage.end())


async def play(call: Call, events: list[bytes]) -> None:
    """Send a whole answer as a stream."""
    client = Client(call)
    call.watch.begin(SLOW_READER_SECONDS, "slow_reader")
    await client.finish(b"".join(events))


def _broken(call: Call, kind: str, refusal: Refusal) -> Exception:
    """Return what to raise for a stream that broke: another try is possible while nothing was shown."""
    return refusal if call.is_committed else TryFailed(kind, refusal)


async def _read_leftover(content: Any) -> None:
    """Read the end of the provider's body after its last event, so that its connection can be used again."""
    if not content.at_eof():
        with suppress(*FAILURES):
            async with asyncio.timeout(LEFTOVER_SECONDS):
                await content.readany()
