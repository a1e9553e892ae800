"""Streams that no honest provider sends, and the gateway's reader of them, without a network.

Half of the inputs are whole streams with a few bytes changed, so that they get far before they fail.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from types import SimpleNamespace
from typing import Any

from marga.gateway.accounts import Credential
from marga.gateway.errors import Refusal
from marga.gateway.metering import Meter
from marga.gateway.streaming import Passage
from marga.gateway.surfaces import WIRES
from marga.gateway.tests.speaking import PAIRS, PROTOCOLS, asking, events, words
from marga.gateway.trying import TryFailed
from marga.protocols import sse

ALLOWED = (sse.MalformedStream, Refusal, TryFailed)
"""What a stream may end in."""

SCRAPS = (
    b"\n", b"\r", b"\r\n", b"\n\n", b"\r\r", b"\xef\xbb\xbf", b":", b": ping\n\n", b"data", b"data:", b"data: ",
    b"data: [DONE]\n\n", b"data: {}\n\n", b"data: []\n\n", b"data: null\n\n", b"data: {\"choices\":[{}]}\n\n",
    b"event: error\ndata: {\"type\":\"error\"}\n\n", b"id: 1\n", b"retry: x\n", b"\x00", b"\xff", b"\xc3", b"{", b"[" * 200,
    b"1e999", b"-0", b'"', b"\\ud800", b"null", b"true", b"{\"error\":1}", b"<html>", b"data: {\"type\":\"message_stop\"}\n\n",
    b"data: " + b'{"a":' * 300 + b"1" + b"}" * 300 + b"\n\n",
)  # fmt: skip


class Inputs:
    """Makes inputs from a seed; input number n is always the same."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - inputs, not secrets
        self._whole = {p: b"".join(events(p, words(3))) for p in PROTOCOLS}

    def next(self, spoken: str) -> bytes:
        """Return the bytes of one stream."""
        random = self._random
        if random.random() < 0.3:
            return b"".join(random.choice(SCRAPS) for _ in range(random.randrange(1, 12)))
        data = bytearray(self._whole[spoken])
        for _ in range(random.randrange(1, 6)):
            at = random.randrange(len(data))
            match random.randrange(5):
                case 0:
                    data[at] = random.randrange(256)
                case 1:
                    data[at:at] = random.choice(SCRAPS)
                case 2:
                    del data[at : at + random.randrange(1, 40)]
                case 3:
                    data = data[:at] or data
                case _:
                    data[at:at] = data[random.randrange(len(data)) :][:200]
            data = data or bytearray(b"\n")
        return bytes(data)

    def pieces(self, data: bytes) -> list[bytes]:
        """Cut data as a network might."""
        random, found, begin = self._random, [], 0
        while begin < len(data):
            size = random.choice((1, 2, 5, 50, 4_096))
            found.append(data[begin : begin + size])
            begin += size
        return found


def passage(spoken: str, asked: str) -> Passage:
    """Return the reader of one stream, as the relay makes it; it also collects the answer for a cache."""
    body = asking(asked, spoken, "Hello")
    request = SimpleNamespace(protocol=asked, payload=body, is_stream=True, wants_usage=True)
    call: Any = SimpleNamespace(
        request=request, meter=Meter(WIRES[spoken]), plan=object(), is_committed=False, place=("", 0)
    )
    attempt: Any = SimpleNamespace(protocol=spoken, credential=Credential("c", "sk-secret"))
    return Passage(call, attempt)


def read(pieces: list[bytes], reader: Passage, splitter: Any) -> None:
    """Read one stream to its end as the relay's pump does; what a client would get is read as well."""
    got = b""
    for piece in pieces:
        if reader.is_done:
            break
        found = splitter.feed(piece)
        if found:
            got += reader.take(found)
            reader._call.is_committed = bool(got)
        assert len(splitter.held) <= sse.LONGEST_EVENT
    if not reader.is_done and (last := splitter.finish()):
        got += reader.take(last)
    check = sse.EventSplitter()
    for event in check.feed(got):
        sse.data_of(event)
    assert not check.held, "a broken event was passed on"


def fuzz(count: int, seed: int, make_splitter: Callable[[], Any] = sse.EventSplitter) -> int:
    """Read so many streams, turn by turn in every pair; return how many were refused by name.

    Raises what is none of ALLOWED.
    """
    inputs, refused = Inputs(seed), 0
    for number in range(count):
        spoken, asked = PAIRS[number % len(PAIRS)]
        pieces = inputs.pieces(inputs.next(spoken))
        try:
            read(pieces, passage(spoken, asked), make_splitter())
        except ALLOWED:
            refused += 1
    return refused
