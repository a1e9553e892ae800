"""Wrong keys, hostile headers and bodies that are too much."""

from __future__ import annotations

import asyncio
import time

import pytest

from avyay_site.keys.format import generate
from benchmarks.common import resident_mb
from marga.gateway.tests.harness import question, stage

pytestmark = pytest.mark.processes

HOSTILE = [
    "' OR 1=1 --",
    "'; DROP TABLE keys; --",
    "1 UNION SELECT digest FROM keys_key",
    "%00",
    "../../etc/passwd",
    "${jndi:ldap://x}",
    "{{7*7}}",
    "<script>",
    "avy_live_" + "a" * 36,
    "avy_live_" + "é" * 36,
    "x" * 257,
    "y" * 5000,
    "",
    " ",
    "Bearer Bearer",
    "\u202eabc",
]


async def raw(port: int, data: bytes, wait: float = 5.0) -> bytes:
    """Send bytes as they are; return what comes back until the first answer is there or the peer hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(data)
        async with asyncio.timeout(wait):
            return await reader.read(65_536)
    except ConnectionError:
        return b""
    finally:
        writer.close()


def request(headers: bytes, body: bytes = b"{}") -> bytes:
    return b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n%b\r\n%b" % (headers, body)


async def test_every_wrong_key_gets_the_same_answer_and_guessing_is_slowed_down(tmp_path):
    async with stage(tmp_path) as s:
        wrong = [generate() for _ in range(25)]
        answers = []
        for key in ["", "no-key", "avy_live_" + "A" * 36, *wrong]:
            async with s.post(key=key) as answer:
                text = (await answer.text()).replace(answer.headers["x-marga-request-id"], "ID")
                answers.append((answer.status, text))

        refused = answers[:23]
        assert {status for status, _ in refused} == {401}
        assert len({text for _, text in refused}) == 1
        assert {status for status, _ in answers[23:]} == {429}
        async with s.post() as answer:
            assert answer.status == 200
        async with s.post(key="avy_live_" + "A" * 36) as answer:
            assert answer.status == 401


async def test_hostile_text_in_headers_and_names_never_breaks_anything(tmp_path):
    async with stage(tmp_path) as s:
        for text in HOSTILE:
            value = text.encode()
            for header in (b"Authorization: Bearer ", b"X-API-Key: ", b"Authorization: ", b"X-Request-Id: "):
                head = header + value + b"\r\nContent-Length: 2\r\n"
                answer = await raw(s.gateway.port, request(head))
                assert answer.startswith((b"HTTP/1.1 401", b"HTTP/1.1 400")), (text, answer)
            async with s.post(question(model=text)) as reply:
                assert reply.status in (400, 404)
                assert "\r" not in str(reply.headers)
        async with s.post() as reply:
            assert reply.status == 200
    assert b"Traceback" not in s.gateway.log.read_bytes()


async def test_bodies_that_are_too_much_are_refused_at_once_and_cost_no_memory(tmp_path):
    async with stage(tmp_path, MARGA_MAX_BODY_MB="1", MARGA_BODY_TIMEOUT_SECONDS="1") as s:
        port, key = s.gateway.port, s.key.encode()
        auth = b"Authorization: Bearer " + key + b"\r\n"
        before = resident_mb(s.gateway._process.pid)
        began = time.monotonic()

        announced = await raw(port, request(auth + b"Content-Length: 1000000000\r\n"))
        assert announced.startswith(b"HTTP/1.1 413")
        chunked = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
        unannounced = await raw(port, request(auth + b"Transfer-Encoding: chunked\r\n", chunked * 2))
        assert unannounced.startswith(b"HTTP/1.1 413") or unannounced == b""
        for deep in (b"[" * 100_000, b'{"a":' * 100_000):
            async with s.post(deep) as answer:
                assert answer.status == 400
        packed = auth + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n"
        assert (await raw(port, request(packed))).startswith(b"HTTP/1.1 415")
        many = b"".join(b"X-%d: 1\r\n" % n for n in range(10_000))
        assert (await raw(port, request(many))).startswith((b"HTTP/1.1 431", b"HTTP/1.1 400"))
        assert time.monotonic() - began < 5

        slow = await raw(port, request(auth + b"Content-Length: 100\r\n", b"{"))
        assert slow.startswith(b"HTTP/1.1 408")
        assert resident_mb(s.gateway._process.pid) - before < 20
        async with s.post() as answer:
            assert answer.status == 200


@pytest.mark.parametrize(
    "headers",
    [
        b"Content-Length: 2\r\nContent-Length: 30\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: +2\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"X-A: 1\r\n X-B: folded\r\nContent-Length: 2\r\n",
        b"X-A : 1\r\nContent-Length: 2\r\n",
    ],
)
async def test_a_request_that_can_be_read_in_two_ways_is_not_passed_on(tmp_path_factory, headers):
    async with stage(tmp_path_factory.mktemp("var")) as s:
        auth = b"Authorization: Bearer " + s.key.encode() + b"\r\n"
        hidden = request(auth + b"Content-Length: 2\r\n")

        answer = await raw(s.gateway.port, request(auth + headers, b"{}" + hidden))

        assert answer.startswith(b"HTTP/1.1 400"), answer
        assert s.upstream.requests == []
