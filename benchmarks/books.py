"""A provider in three protocols that counts for itself what it bills: every answer, also those that nobody heard out.

It runs in the process that asks, so that both sides can be compared. A prompt holds `call N` and a word for what is to
happen. One piece of a stream is one token; the prompt's tokens are counted in words, as no estimate of ours does.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from benchmarks import speaking
from benchmarks.framing import END, EVENT_STREAM, Framing, piece, whole
from marga.pricing import Usage

CALL = re.compile(rb"call (\d+) (\w+)")
TOKEN = re.compile(rb"\w+|[^\w\s\"{}:]")
MOST_WORDS = 60
PACE_SECONDS = 0.002
AT_ONCE = 4
"""Pieces of a stream that go out together where nobody leaves."""
REFUSALS = {
    "flaky": ("503 Service Unavailable", "server_error", "The model is warming up.", ()),
    "limited": ("429 Too Many Requests", "rate_limit_error", "Too fast.", ("retry-after-ms: 20",)),
    "wrong": ("400 Bad Request", "invalid_request_error", "This prompt cannot be answered.", ()),
}
PASSING = frozenset({"flaky", "limited"})
"""Refused once, answered when asked again."""


@dataclass
class Books:
    """What was billed, by the number of the call: model and usage of each answer.

    asked: requests that came, answered or not; keeps: whether anything is written down.
    """

    billed: defaultdict[int, list[tuple[str, Usage]]] = field(default_factory=lambda: defaultdict(list))
    refused: set[int] = field(default_factory=set)
    asked: int = 0
    keeps: bool = True

    def bill(self, number: int, model: str, usage: Usage) -> None:
        """Write down what one answer used."""
        if self.keeps:
            self.billed[number].append((model, usage))


def usage_of(number: int, protocol: str, body: bytes, written: int) -> Usage:
    """Return what a whole answer of written pieces used."""
    chance = random.Random(number)  # noqa: S311 (made-up figures)
    read = len(TOKEN.findall(body))
    cached = chance.randrange(read) if chance.random() < 0.3 else 0
    stored = chance.randrange(read - cached) if protocol == "messages" and chance.random() < 0.2 else 0
    reasoned = chance.randrange(40) if protocol != "messages" and chance.random() < 0.3 else 0
    return Usage(read, written + reasoned, cached, reasoned, stored)


def words_of(number: int) -> list[str]:
    """Return the pieces of the answer to a call; the same each time."""
    chance = random.Random(number)  # noqa: S311 (made-up text)
    return speaking.prose(chance, chance.randrange(8, MOST_WORDS))


class Counting(Framing):
    """One connection to the provider."""

    def __init__(self, books: Books) -> None:
        super().__init__()
        self._books = books

    def asked(self, head: bytes, body: bytes) -> None:
        self._books.asked += 1
        found = CALL.findall(body)
        if not found:
            self.transport.write(whole(b"{}", "404 Not Found"))
            return
        number, word = int(found[-1][0]), found[-1][1].decode()
        if self._refuses(number, word):
            self._refuse(word)
            return
        protocol, payload = speaking.protocol_at(head), json.loads(body)
        words = words_of(number)
        usage = usage_of(number, protocol, body, len(words))
        answer = speaking.Answer(payload["model"], words, usage, bool(payload.get("tools")), word != "silent")
        if payload.get("stream"):
            options = payload.get("stream_options") or {}
            events = speaking.events(protocol, answer, wants_usage=bool(options.get("include_usage")))
            pause = PACE_SECONDS if word == "leaving" else 0
            self.work(asyncio.create_task(self._stream(number, answer, events, pause)))
        else:
            self._books.bill(number, answer.model, usage)
            self.transport.write(whole(json.dumps(speaking.whole_answer(protocol, answer)).encode()))

    def _refuses(self, number: int, word: str) -> bool:
        """Tell whether this try is refused; remembering which ones were is left out where nothing is kept."""
        if word not in PASSING:
            return word in REFUSALS
        if not self._books.keeps:
            return random.random() < 0.5  # noqa: S311
        is_first = number not in self._books.refused
        self._books.refused.add(number)
        return is_first

    def _refuse(self, word: str) -> None:
        status, kind, message, lines = REFUSALS[word]
        body = {"type": "error", "error": {"type": kind, "message": message, "code": kind}}
        self.transport.write(whole(json.dumps(body).encode(), status, *lines))

    async def _stream(
        self,
        number: int,
        answer: speaking.Answer,
        events: Iterator[tuple[bool, bytes]],
        pause_seconds: float,
    ) -> None:
        """Write piece by piece; where the reader leaves, what was written until then is billed."""
        written, is_whole = 0, False
        self.transport.write(EVENT_STREAM)
        try:
            for place, (is_token, event) in enumerate(events):
                self.transport.write(piece(event))
                written += is_token
                await self.drained()
                if pause_seconds or place % AT_ONCE == 0:
                    await asyncio.sleep(pause_seconds)
            self.transport.write(END)
            is_whole = True
        finally:
            cut = answer.usage._replace(output_tokens=written, reasoning_tokens=0)
            self._books.bill(number, answer.model, answer.usage if is_whole else cut)


@asynccontextmanager
async def keeping(books: Books, port: int) -> AsyncIterator[None]:
    """Serve on a port of loopback."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Counting(books), "127.0.0.1", port, backlog=4096)
    try:
        yield
    finally:
        server.close()
