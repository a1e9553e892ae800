"""The whole way over loopback sockets, on the loop of the tests and on the gateway's own."""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager

import pytest
import uvloop

from avyay_site.addresses import Allowance
from marga.gateway.guard import NotReachable
from marga.gateway.providers import Endpoint, parse_provider
from marga.gateway.tests.harness import until
from marga.gateway.upstream import Broken, Unreachable, Upstream, pool
from marga.gateway.upstream.heads import head_of, origin_of
from marga.gateway.upstream.tests.wire import HEAD, JSON, PLAIN, content_of

MOST = 4
STREAM = HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"3\r\nabc\r\n"
END = b"0\r\n\r\n"


@pytest.fixture(params=[asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def run(request):
    return request.param


class Provider:
    """Answers by what the body says: slow, hang and stream wait for the gate, close ends the connection."""

    def __init__(self):
        self.seen = []
        self.open = 0
        self.most_open = 0
        self.port = 0
        self.gate = asyncio.Event()

    async def serve(self, reader, writer):
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
                body = await reader.readexactly(length)
                self.seen.append((head, body))
                if not await self.answer(body, reader, writer):
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.open -= 1
            writer.close()

    async def answer(self, body, reader, writer):
        if body == b"close":
            writer.write(PLAIN.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            return False
        if body == b"stream":
            writer.write(STREAM)
        if body in (b"slow", b"stream", b"hang") and not await self.may_go_on(reader):
            return False
        writer.write(END if body == b"stream" else PLAIN)
        return True

    async def may_go_on(self, reader):
        """Wait for the gate to open; tell whether the gateway is still there."""
        leaving, opening = asyncio.create_task(reader.read(1)), asyncio.create_task(self.gate.wait())
        await asyncio.wait([leaving, opening], return_when=asyncio.FIRST_COMPLETED)
        opening.cancel()
        is_there = leaving.cancel()
        await asyncio.wait([leaving, opening])
        return is_there

    def endpoint(self, *, is_trusted=True, method="POST", url=None):
        row = {
            "id": "p",
            "name": "p",
            "kind": "openai",
            "base_url": url or f"http://127.0.0.1:{self.port}/v1",
            "is_trusted": is_trusted,
        }
        provider = parse_provider(row, [])
        found = provider.endpoint("chat", provider.credentials[0])
        return Endpoint(provider, found.url, found.headers, method)


@asynccontextmanager
async def stage(most=MOST, allowance=Allowance()):  # noqa: B008 - immutable
    provider = Provider()
    server = await asyncio.start_server(provider.serve, "127.0.0.1", 0)
    provider.port = server.sockets[0].getsockname()[1]
    upstream = Upstream(max_connections=most, allowance=allowance)
    try:
        yield provider, upstream
    finally:
        await upstream.close()
        provider.gate.set()
        server.close()
        await until(lambda: provider.open == 0)


def test_a_call_reaches_the_provider_as_it_should_and_its_connection_serves_the_next(run):
    async def play():
        async with stage() as (provider, upstream):
            endpoint = provider.endpoint()
            for _ in range(3):
                answer = await upstream.send(endpoint, b"x" * 200_000, b"openai-beta: a\r\n")
                assert (answer.status, await content_of(answer)) == (200, JSON)
                answer.close()
            assert provider.open == upstream.open_connections == 1
            head, body = provider.seen[-1]
            assert len(body) == 200_000
            lines = head.decode().split("\r\n")
            assert lines[0] == "POST /v1/chat/completions HTTP/1.1"
            assert lines[1] == f"Host: 127.0.0.1:{provider.port}"
            assert {"openai-beta: a", "Content-Length: 200000", "Accept-Encoding: identity"} <= {*lines}

    run(play())


def test_the_connection_used_last_is_used_next_and_others_are_closed_after_a_while(run, monkeypatch):
    async def play():
        async with stage() as (provider, upstream):
            endpoint = provider.endpoint()
            slow = [asyncio.create_task(upstream.send(endpoint, b"slow")) for _ in range(3)]
            await until(lambda: len(provider.seen) == 3)
            provider.gate.set()
            for answer in await asyncio.gather(*slow):
                assert await content_of(answer) == JSON
            kept = upstream._trusted
            (idle,) = kept._idle.values()
            latest = idle[-1]
            await upstream.send(endpoint, b"")
            assert idle[-1] is latest
            assert latest.calls == 2

            kept._sweep()
            assert upstream.open_connections == 3
            monkeypatch.setattr(pool, "IDLE_SECONDS", -1.0)
            kept._sweep()
            assert upstream.open_connections == 0 == kept.busy
            await until(lambda: provider.open == 0)

    run(play())


def test_a_connection_that_the_provider_closed_is_not_used_again(run):
    async def play():
        async with stage() as (provider, upstream):
            endpoint = provider.endpoint()
            for _ in range(3):
                assert await content_of(await upstream.send(endpoint, b"close")) == JSON
                assert upstream.open_connections == 0
            await until(lambda: provider.open == 0)

    run(play())


def test_more_calls_than_connections_wait_in_line(run):
    async def play():
        async with stage() as (provider, upstream):
            endpoint = provider.endpoint()
            calls = [asyncio.create_task(upstream.send(endpoint, b"slow")) for _ in range(3 * MOST)]
            await until(lambda: len(provider.seen) == MOST)
            calls[MOST].cancel()
            provider.gate.set()
            answers = await asyncio.gather(*calls, return_exceptions=True)
            assert sum(isinstance(answer, asyncio.CancelledError) for answer in answers) == 1
            assert len(provider.seen) == 3 * MOST - 1
            assert provider.most_open == MOST
            assert upstream._trusted.busy == 0

    run(play())


def test_a_call_to_another_provider_takes_the_room_of_a_connection_that_rests(run):
    async def play():
        async with stage() as (two, _), stage(most=1) as (one, upstream):
            for _ in range(3):
                for provider in (one, two):
                    assert await content_of(await upstream.send(provider.endpoint(), b"")) == JSON
                    assert upstream.open_connections == 1

    run(play())


def test_closing_an_answer_in_its_middle_closes_the_connection_at_once(run):
    async def play():
        async with stage() as (provider, upstream):
            answer = await upstream.send(provider.endpoint(), b"stream")
            assert await answer.content.readany() == b"abc"
            assert upstream._trusted.busy == 1
            answer.close()
            answer.close()
            assert upstream.open_connections == 0 == upstream._trusted.busy
            await until(lambda: provider.open == 0)

    run(play())


def test_hundreds_of_calls_cancelled_at_random_leave_nothing_behind(run):
    """Each is cancelled after some turns of the loop: in line, while connecting, waiting, reading, and twice."""

    async def call(upstream, endpoint, body):
        answer = await upstream.send(endpoint, body)
        try:
            while await answer.content.readany():
                pass
        finally:
            answer.close()

    async def play():
        chance = random.Random(7)  # noqa: S311 - a fixed course of events
        async with stage() as (provider, upstream):
            endpoint = provider.endpoint()
            running = set()
            for _ in range(600):
                body = chance.choice([b"", b"", b"hang", b"stream", b"close"])
                task = asyncio.create_task(call(upstream, endpoint, body))
                running.add(task)
                for _ in range(chance.randrange(12)):
                    await asyncio.sleep(0)
                if len(running) > 2 * MOST:
                    victim = running.pop()
                    victim.cancel()
                    if chance.random() < 0.5:
                        await asyncio.sleep(0)
                        victim.cancel()
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

            assert upstream._trusted.busy == 0
            assert upstream._trusted._places.waiting == 0
            await until(lambda: provider.open == upstream.open_connections)
            assert await content_of(await upstream.send(endpoint, b"")) == JSON
            await upstream.close()
            await until(lambda: provider.open == 0)
            assert len(asyncio.all_tasks()) == 1

    run(play())


def test_a_members_provider_is_checked_and_shares_no_connection_with_an_operators(run):
    async def play():
        async with stage() as (provider, upstream):
            assert await content_of(await upstream.send(provider.endpoint(), b"")) == JSON
            with pytest.raises(NotReachable):
                await upstream.send(provider.endpoint(is_trusted=False), b"")
            assert len(provider.seen) == 1
            assert upstream._checked.busy == 0
        async with stage(allowance=Allowance.parse(["127.0.0.0/8"])) as (provider, upstream):
            for is_trusted in (True, False):
                await content_of(await upstream.send(provider.endpoint(is_trusted=is_trusted), b""))
            assert provider.open == 2

    run(play())


def test_a_provider_that_is_not_there_is_unreachable_and_takes_no_place(run):
    async def play():
        async with stage(most=1) as (provider, upstream):
            gone = provider.endpoint(url="http://127.0.0.1:1/v1")
            for _ in range(3):
                with pytest.raises(ConnectionRefusedError):
                    await upstream.send(gone, b"")
            assert await content_of(await upstream.send(provider.endpoint(), b"")) == JSON

    run(play())


def test_calls_that_are_on_or_in_line_when_the_gateway_closes_fail(run):
    async def play():
        async with stage(most=1) as (provider, upstream):
            endpoint = provider.endpoint()
            calls = [asyncio.create_task(upstream.send(endpoint, b"hang")) for _ in range(2)]
            await until(lambda: len(provider.seen) == 1)
            await upstream.close()
            one, two = await asyncio.gather(*calls, return_exceptions=True)
            assert isinstance(one, Broken)
            assert isinstance(two, Unreachable)
            with pytest.raises(Unreachable):
                await upstream.send(endpoint, b"")

    run(play())


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example/v1\r\nx: y",
        "http://a.example/v1 HTTP/1.1",
        "ftp://a.example/v1",
        "/v1",
        "http://a.example/\x7f",
    ],
)
def test_an_address_that_would_write_more_than_one_line_is_refused(run, url):
    async def play():
        async with stage() as (provider, upstream):
            with pytest.raises(Unreachable):
                await upstream.send(provider.endpoint(url=url), b"")
            assert provider.seen == []

    run(play())


@pytest.mark.parametrize(
    ("url", "host", "origin"),
    [
        ("https://a.example/v1", b"a.example", ("a.example", 443, True)),
        ("http://a.example:80/v1", b"a.example", ("a.example", 80, False)),
        ("http://[::1]:8080/v1", b"[::1]:8080", ("::1", 8080, False)),
    ],
)
def test_the_host_is_written_as_servers_expect_it(url, host, origin):
    endpoint = Provider.endpoint(Provider(), url=url)

    assert b"\r\nHost: %b\r\n" % host in head_of(endpoint)
    assert origin_of(endpoint.url) == origin


def test_a_name_and_a_password_in_the_address_are_sent_as_such():
    endpoint = Provider.endpoint(Provider(), url="http://me:secret@a.example/v1")

    assert b"\r\nAuthorization: Basic bWU6c2VjcmV0\r\n" in head_of(endpoint)
