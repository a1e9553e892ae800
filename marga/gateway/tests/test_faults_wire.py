"""M-16, M-17, M-18, M-20: what must never cross: inner networks, second readings, credentials, prompts."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from marga.gateway.tests.careless import careless_stage
from marga.gateway.tests.harness import (
    PROVIDER_KEY,
    STREAM_HEAD,
    Stage,
    Upstream,
    http_answer,
    piece,
    question,
    stage,
    until,
)
from marga.gateway.tests.speaking import (
    PAIRS,
    PROTOCOLS,
    asking,
    events,
    model,
    number_in,
    polyglot,
    post,
    provider,
    says,
    words,
)

pytestmark = pytest.mark.processes
ORGANISATION = "org-AbCdEf123456"
SECRETS = (PROVIDER_KEY, ORGANISATION)
CANARY = "canary4711"
QUIET_SECONDS = 0.4


async def test_m16_an_address_in_a_prompt_is_never_asked(tmp_path):
    async with polyglot(tmp_path, says()) as s, Upstream(says()).serving() as canary:
        address = canary.base_url + "/image.png"
        forms = {
            "chat": [{"type": "image_url", "image_url": {"url": address}}],
            "messages": [{"type": "image", "source": {"type": "url", "url": address}}],
            "responses": [{"type": "input_image", "image_url": address}],
        }
        for spoken, asked in PAIRS:
            body = asking(asked, spoken, "", stream=False)
            turns = "input" if asked == "responses" else "messages"
            body[turns] = [{"role": "user", "content": forms[asked]}]
            async with post(s, asked, body) as answer:
                assert answer.status == 200, await answer.text()

        assert len(s.upstream.requests) == len(PAIRS)
        assert all(b"image.png" in body for _, body in s.upstream.requests)
        assert canary.requests == []
        assert canary.open_connections == 0


def smuggled(key: str) -> bytes:
    """Return a request that hides behind another one."""
    body = json.dumps(question(user="smuggled")).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
    return head.encode() + b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


TWO_READINGS = {
    "two lengths": b"Content-Length: 2\r\nContent-Length: 90\r\n",
    "two lengths in one": b"Content-Length: 2, 90\r\n",
    "a length below nought": b"Content-Length: -1\r\n",
    "a length with a plus": b"Content-Length: +2\r\n",
    "a length in hexadecimal": b"Content-Length: 0x2\r\n",
    "a length with a space inside": b"Content-Length: 2 0\r\n",
    "a length that is no number": b"Content-Length: two\r\n",
    "a length before a colon": b"Content-Length : 2\r\n",
    "a length beyond all numbers": b"Content-Length: 99999999999999999999999999\r\n",
    "chunked and then not": b"Transfer-Encoding: chunked, identity\r\n",
    "chunked with another word": b"Transfer-Encoding: xchunked\r\n",
    "chunked twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    "chunked by a tab": b"Transfer-Encoding:\tchunked, x\r\n",
    "chunked in quotes": b'Transfer-Encoding: "chunked"\r\n',
    "chunked before a colon": b"Transfer-Encoding : chunked\r\n",
    "a folded line": b"X-A: 1\r\n X-B: folded\r\nContent-Length: 2\r\n",
    "a line feed in a value": b"X-A: 1\nContent-Length: 90\r\nContent-Length: 2\r\n",
    "a carriage return in a value": b"X-A: 1\rContent-Length: 90\r\nContent-Length: 2\r\n",
    "a nought in a name": b"X\x00A: 1\r\nContent-Length: 2\r\n",
    "a space in a name": b"X A: 1\r\nContent-Length: 2\r\n",
    "no name": b": 1\r\nContent-Length: 2\r\n",
}


async def exchange(port: int, data: bytes) -> bytes:
    """Send bytes as they are; return all that comes until the peer hangs up or is quiet for a while."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = b""
    try:
        writer.write(data)
        while True:
            async with asyncio.timeout(QUIET_SECONDS if answer else 5.0):
                part = await reader.read(65_536)
            if not part:
                return answer
            answer += part
    except (ConnectionError, TimeoutError):
        return answer
    finally:
        writer.close()


async def check_one_reading(s: Stage, headers: bytes, body: bytes = b"{}") -> bytes:
    """Behind a request that can be read in two ways hides another; nobody may ever see it. Returns the answer."""
    head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %b\r\n%b\r\n"
    answer = await exchange(s.gateway.port, head % (s.key.encode(), headers) + body + smuggled(s.key))
    assert not any(b"smuggled" in seen for _, seen in s.upstream.requests)
    return answer


async def test_m17_a_request_with_two_readings_never_carries_another_one(tmp_path):
    async with stage(tmp_path) as s:
        for name, headers in TWO_READINGS.items():
            answer = await check_one_reading(s, headers)
            assert answer.startswith(b"HTTP/1.1 400") or answer == b"", (name, answer)
        assert s.upstream.requests == []

        # The control: with a framing that has one reading only, what follows is another request, and is seen.
        with pytest.raises(AssertionError):
            await check_one_reading(s, b"Content-Length: 2\r\n")


async def test_m17_a_length_beside_chunks_is_refused_or_the_last_of_its_connection(tmp_path):
    async with stage(tmp_path) as s:
        body = json.dumps(question()).encode()
        chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
        for headers in (
            b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        ):
            await check_one_reading(s, headers, chunked)


CARRIED = {
    "Cookie": "session=1",
    "Proxy-Authorization": "Basic eDp5",
    "X-Forwarded-For": "203.0.113.9",
    "Forwarded": "for=203.0.113.9",
    "Te": "trailers",
    "Keep-Alive": "timeout=5",
    "X-Api-Key": "sk-of-the-client",
    "OpenAI-Organization": "org-of-the-client",
    "X-Amz-Security-Token": "token",
    "Via": "1.1 somewhere",
    "Referer": "https://inner.example/secret",
}


def check_forwarded(requests: list[tuple[bytes, bytes]], key: str) -> None:
    """No credential, cookie or hop-by-hop header of a client reaches a provider."""
    for head, _ in requests:
        assert key.encode() not in head
        for name, value in CARRIED.items():
            assert value.encode() not in head, name
        for line in (
            b"\r\ncookie:",
            b"\r\nte:",
            b"\r\nkeep-alive:",
            b"\r\nproxy-",
            b"\r\ntransfer-encoding:",
        ):
            assert line not in head.lower()


async def test_m17_nothing_of_a_clients_headers_goes_on_and_a_models_name_ends_no_line(tmp_path):
    async with polyglot(tmp_path, says()) as s:
        for spoken, asked in PAIRS:
            more = {k: v for k, v in CARRIED.items() if k != "X-Api-Key" or asked == "messages"}
            async with post(s, asked, asking(asked, spoken, "Hello"), headers=more) as answer:
                assert answer.status == 200, await answer.text()
        for name in ("chat\r\nX-Evil: 1", "chat\r\n\r\nGET / HTTP/1.1", "chat\n", "chat\x00"):
            async with post(s, "chat", asking("chat", name, "Hello")) as answer:
                assert answer.status in (400, 404)
                assert "x-evil" not in {header.lower() for header in answer.headers}

        assert len(s.upstream.requests) == len(PAIRS)
        check_forwarded(s.upstream.requests, s.key)


async def test_m17_a_relay_that_forwards_headers_as_they_are_is_found_out():
    async with careless_stage(says()) as (s, _):
        async with post(s, "chat", asking("chat", "chat", "Hello"), headers=CARRIED) as answer:
            await answer.read()
        with pytest.raises(AssertionError):
            check_forwarded(s.upstream.requests, s.key)


LEAKS = ("400", "401", "404", "429", "500", "529", "inside 200", "first event", "later event", "text", "page")


async def leaks(reader: Any, writer: Any, body: dict[str, Any]) -> None:
    """Fail in the way that the prompt's number names, with our key and organisation everywhere."""
    way, protocol = LEAKS[number_in(body) % len(LEAKS)], body["model"]
    said = f"Bad key {PROVIDER_KEY} of {ORGANISATION} ({PROVIDER_KEY})"
    error = {"message": said, "type": PROVIDER_KEY, "code": None, "param": PROVIDER_KEY}
    whole = json.dumps({"type": "error", "error": error, "request_id": ORGANISATION}).encode()
    headers = {
        "x_request_id": PROVIDER_KEY,
        "openai_organization": ORGANISATION,
        "www_authenticate": PROVIDER_KEY,
        "retry_after": "1",
        "openai_version": PROVIDER_KEY,
        "anthropic_ratelimit_unified_status": PROVIDER_KEY,
    }
    if way in ("first event", "later event"):
        before = events(protocol, words(6))[: 6 if way == "later event" else 1]
        event = b"event: error\ndata: " + whole + b"\n\n"
        writer.write(STREAM_HEAD + b"".join(map(piece, [*before, event])) + b"0\r\n\r\n")
    elif way in ("text", "page"):
        kind = "text/plain" if way == "text" else "text/html"
        writer.write(http_answer(said.encode(), "502 X" if way == "text" else "200 OK", kind, **headers))
    else:
        status = "200 OK" if way == "inside 200" else f"{way} {PROVIDER_KEY}"
        writer.write(http_answer(whole, status, **headers))


CASES = [
    (*pair, number, stream) for pair in PAIRS for number in range(len(LEAKS)) for stream in (False, True)
]


async def check_no_secret(s: Stage, cases: Any, name_of: Any) -> int:
    """However a provider fails, its key and organisation reach nobody. Returns how many errors were told.

    name_of: the model for each case, since a provider that refused its key is not asked again.
    """
    told = 0
    for case in cases:
        _, asked, number, stream = case
        body = asking(asked, name_of(*case), f"Leak #{number}.", stream=stream)
        async with post(s, asked, body) as answer:
            seen = (await answer.read()).decode() + str(answer.headers) + str(answer.reason)
        for secret in SECRETS:
            assert secret not in seen, (case, LEAKS[number])
        told += "error" in seen
    return told


async def test_m18_a_providers_error_reaches_the_client_without_our_credential(tmp_path):
    def name_of(*case: Any) -> str:
        return "-".join(map(str, case))

    async with polyglot(tmp_path, leaks) as s:
        rows = [provider(case[0], s.upstream.base_url, name_of(*case)) for case in CASES]
        models = [model(case[0], name_of(*case), name=name_of(*case)) for case in CASES]
        s.web.change({**s.web.document, "providers": rows, "models": models})
        await s.fetched()

        told = await check_no_secret(s, CASES, name_of)

        assert told == len(CASES)
        asked_for = {
            json.loads(body)["model"] + str(number_in(json.loads(body))) for _, body in s.upstream.requests
        }
        assert len(asked_for) == len(PROTOCOLS) * len(LEAKS)
        assert len(s.upstream.requests) >= len(CASES)
        await until(lambda: len(s.web.records) == len(CASES))
        found = s.gateway.log.read_text() + json.dumps(s.web.records) + json.dumps(s.web.reports)
    assert not any(secret in found for secret in SECRETS)


async def test_m18_a_relay_that_hands_errors_on_is_found_out():
    async with careless_stage(leaks) as (s, _):
        with pytest.raises(AssertionError):
            await check_no_secret(s, CASES[:4], lambda spoken, *rest: spoken)


def everything_written(folder: Path) -> str:
    """Return all that a gateway left in its folder: log, spool, snapshot."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return "".join(path.read_bytes().decode("utf-8", "replace") for path in files)


async def talk(s: Stage, protocols: Any) -> None:
    """Say the canary in every place of a prompt: turns, system, tools, broken and refused requests."""
    for number, asked in enumerate(protocols):
        tool = {"name": "t", "description": CANARY, "input_schema": {"type": "object", "title": CANARY}}
        more: dict[str, Any] = (
            {"tools": [tool], "system": CANARY} if asked == "messages" else {"user": CANARY}
        )
        for stream in (False, True):
            for name in ("chat", "messages", "absent"):
                body = asking(asked, name, f"{CANARY} #{number}.", stream=stream, **more)
                async with post(s, asked, body) as answer:
                    await answer.read()
        broken: list[Any] = [
            {"model": "chat", "messages": CANARY, "input": 7},
            {"model": "chat", "n": CANARY},
        ]
        for body in broken:
            async with post(s, asked, body) as answer:
                await answer.read()


def check_unsaid(*texts: str) -> None:
    """Nothing of what was said, by whom or in answer, was written down."""
    for text in texts:
        assert CANARY not in text
        assert "wört" not in text
        assert PROVIDER_KEY not in text


async def test_m20_no_prompt_answer_or_key_is_written_down(tmp_path):
    async with polyglot(tmp_path, says()) as s:
        await talk(s, PROTOCOLS)
        await until(lambda: len(s.web.records) >= 12)
        left = everything_written(tmp_path)
        records = json.dumps(s.web.records, ensure_ascii=False)

        check_unsaid(left, records, s.gateway.log.read_text())
        assert s.key not in left + records

        # The control: what is meant to be in the log is found there.
        headers = {"X-Request-Id": CANARY}
        async with post(s, "chat", asking("chat", "chat", "Hello"), headers=headers) as answer:
            await answer.read()
        await until(lambda: CANARY in s.gateway.log.read_text())
        with pytest.raises(AssertionError):
            check_unsaid(everything_written(tmp_path))


async def test_m20_a_relay_that_logs_what_was_said_is_found_out():
    async with careless_stage(says()) as (s, relay):
        await talk(s, ["chat"])
        with pytest.raises(AssertionError):
            check_unsaid(relay.log)
