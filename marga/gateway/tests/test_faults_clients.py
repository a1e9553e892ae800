"""M-06, M-07: clients that leave at any moment, calls that are cancelled twice, readers that stand still."""

from __future__ import annotations

import asyncio
import json
import socket
from random import Random
from typing import Any

import pytest

from benchmarks.common import resident_mb
from marga.gateway.tests.careless import careless_stage
from marga.gateway.tests.harness import STREAM_HEAD, Stage, Upstream, chunk, piece, until
from marga.gateway.tests.leaving import Pool, cancel_twice, endless, leave
from marga.gateway.tests.speaking import PAIRS, PATHS, asking, events, polyglot, post, says, words
from marga.gateway.upstream import Answer

pytestmark = pytest.mark.processes
CONNECTIONS = 40
WHOLE = 48 << 20
NEAR_CLIENT = 1 << 16


async def check_all_closed(s: Stage, pairs: list[tuple[str, str]], rounds: int) -> None:
    """Soon after the clients left nothing is open to the provider any more."""
    random = Random(6)  # noqa: S311 - moments, not secrets
    for _ in range(rounds):
        await asyncio.gather(*(leave(s, spoken, asked, random) for spoken, asked in pairs))
    await until(lambda: s.upstream.open_connections == 0, seconds=1.5)


async def test_m06_clients_that_leave_at_any_moment_leave_nothing_open_in_every_pair(tmp_path):
    async with polyglot(tmp_path, endless, MARGA_UPSTREAM_CONNECTIONS=str(CONNECTIONS)) as s:
        await check_all_closed(s, PAIRS * 4, 4)

        asked = len(s.upstream.requests)
        assert asked > CONNECTIONS  # a leak of each would have used up the pool
        await until(lambda: len(s.web.records) >= asked - len(PAIRS))
        assert {record["status"] for record in s.web.records} == {499}
        assert sum(record["output_tokens"] > 1 for record in s.web.records) > 10
        s.upstream.script = says()
        answers = [post(s, asked, asking(asked, spoken, "Well?")) for spoken, asked in PAIRS * 6]
        for answer in await asyncio.gather(*answers):
            assert answer.status == 200
            answer.close()
        await until(lambda: s.upstream.open_connections <= CONNECTIONS)
    assert "Traceback" not in s.gateway.log.read_text()


async def test_m06_a_relay_that_reads_on_when_its_client_left_is_found_out():
    async with careless_stage(endless) as (s, _):
        with pytest.raises(AssertionError, match="did not happen"):
            await check_all_closed(s, [("chat", "chat")] * 10, 1)


async def check_pool_whole(pool: Pool, upstream: Upstream, kept: list[Answer] | None = None) -> None:
    """After many calls that were cancelled twice every connection is back, and as many calls as ever can be made."""
    await cancel_twice(pool, 400, Random(66), at_once=4, kept=kept)  # noqa: S311 - moments, not secrets
    assert pool.in_use == 0
    await until(lambda: upstream.open_connections == 0)
    upstream.script = says()
    async with asyncio.timeout(5):
        await asyncio.gather(*(pool.call({"model": "chat"}) for _ in range(20)))


async def test_m06_a_call_that_is_cancelled_twice_gives_its_connection_back():
    async with Upstream(endless).serving() as upstream:
        pool = Pool(upstream.base_url, most=4)
        await check_pool_whole(pool, upstream)
        await pool.upstream.close()


async def test_m06_a_pool_whose_answers_are_not_closed_is_found_out():
    async with Upstream(endless).serving() as upstream:
        pool, kept = Pool(upstream.base_url, most=10_000), list[Answer]()
        with pytest.raises(AssertionError):
            await check_pool_whole(pool, upstream, kept=kept)
        for answer in kept:
            answer.close()
        await pool.upstream.close()


class Flood:
    """Sends a long stream as fast as it is taken. sent: bytes over all streams."""

    def __init__(self) -> None:
        self.sent = 0

    async def __call__(self, reader: Any, writer: Any, body: dict[str, Any]) -> None:
        event, protocol = chunk({"content": "x" * 60_000}), body["model"]
        if protocol != "chat":
            event = events(protocol, ["x" * 60_000])[{"messages": 2, "responses": 3}[protocol]]
        writer.write(STREAM_HEAD + b"".join(map(piece, events(protocol, words(1))[:3])))
        for _ in range(WHOLE // len(event)):
            writer.write(piece(event))
            await writer.drain()
            self.sent += len(event)


def stand_still(s: Stage, spoken: str, asked: str) -> socket.socket:
    """Ask for a stream, and never read it."""
    body = json.dumps(asking(asked, spoken, "Flood")).encode()
    host, port = s.gateway.url.removeprefix("http://").split(":")
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, NEAR_CLIENT)
    one.connect((host, int(port)))
    head = f"POST {PATHS[asked]} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {s.key}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    one.sendall(head.encode() + body)
    one.setblocking(False)
    return one


async def check_held_back(s: Stage, flood: Flood, pairs: Any) -> None:
    """For readers that stand still a provider is held back; what moved on sits in the system's socket buffers."""
    readers = [stand_still(s, *pair) for pair in pairs]
    try:
        await until(lambda: flood.sent > 0)
        level = -1
        while level != flood.sent:  # until nothing moved for a while
            level = flood.sent
            await asyncio.sleep(0.4)
        assert flood.sent < len(readers) * WHOLE // 3
    finally:
        for one in readers:
            one.close()


async def test_m07_readers_that_stand_still_hold_the_provider_back_in_every_pair(tmp_path):
    flood = Flood()
    async with polyglot(tmp_path, says()) as s:
        for spoken, asked in PAIRS:  # what each pair needs once, it has now
            async with post(s, asked, asking(asked, spoken, "Hello")) as answer:
                await answer.read()
        s.upstream.script = flood
        before = resident_mb(s.gateway._process.pid)

        await check_held_back(s, flood, PAIRS)

        # Events of 60 kB: some forty of them wait for each reader, most in the server's own buffer.
        assert resident_mb(s.gateway._process.pid) - before < len(PAIRS) + 12
        await until(lambda: s.upstream.open_connections == 0)


async def test_m07_a_relay_that_reads_ahead_is_found_out():
    flood = Flood()
    async with careless_stage(flood) as (s, _):
        with pytest.raises(AssertionError):
            await check_held_back(s, flood, [("chat", "chat")])
