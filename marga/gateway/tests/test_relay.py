"""Calls through a real gateway process to a provider that the test scripts, byte by byte."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import openai
import pytest

from benchmarks.common import resident_mb
from marga.gateway.tests import harness
from marga.gateway.tests.harness import (
    DONE,
    PLAIN,
    PROVIDER_KEY,
    STREAM,
    STREAM_HEAD,
    http_answer,
    ordinary,
    piece,
    question,
    stage,
    until,
)
from marga.protocols import sse

pytestmark = pytest.mark.processes


def events_in(body: bytes) -> list[bytes]:
    splitter = sse.EventSplitter()
    events = splitter.feed(body)
    assert splitter.held == b"", "a broken event was passed on"
    return events


def code_of(event: bytes) -> str:
    return str(json.loads(sse.data_of(event) or b"")["error"]["code"])


async def test_an_ordinary_day(tmp_path):
    async with stage(tmp_path) as s:
        async with s.post(headers={"Cookie": "a=b", "X-Request-Id": "client-id-1"}) as answer:
            assert await answer.read() == PLAIN
            assert answer.headers["x-request-id"] == "client-id-1"
            assert answer.headers["x-marga-model"] == "m"
            assert answer.headers["x-marga-provider"] == "stub"
            assert float(answer.headers["x-marga-cost-usd"]) == 0.0025
            assert float(answer.headers["x-marga-overhead-ms"]) < 1000
        head, sent = s.upstream.requests[0]
        assert sent == json.dumps(question()).encode()
        assert b"cookie" not in head.lower()
        assert s.key.encode() not in head
        assert f"Bearer {PROVIDER_KEY}".encode() in head

        async with s.post(question(model="renamed", stream=True)) as answer:
            assert await answer.read() == b"".join([*STREAM[:-1], DONE])
            assert answer.headers["content-type"].startswith("text/event-stream")
        assert json.loads(s.upstream.requests[1][1]) == {
            **question(model="real-name", stream=True),
            "stream_options": {"include_usage": True},
        }

        async with s.post(question(stream=True, stream_options={"include_usage": True})) as answer:
            assert await answer.read() == b"".join([*STREAM, DONE])

        await until(lambda: len(s.web.records) == 3)
        for record in s.web.records:
            assert (record["input_tokens"], record["output_tokens"]) == (1000, 50)
            assert (record["cached_input_tokens"], record["reasoning_tokens"]) == (400, 7)
            assert record["cost_usd"] == "0.00250000"
            assert (record["status"], record["is_estimated"], record["is_cancelled"]) == (200, False, False)
        assert [record["is_stream"] for record in s.web.records] == [False, True, True]
        assert [record["model_used"] for record in s.web.records] == ["m", "renamed", "m"]


async def test_small_pages_and_names(tmp_path):
    async with stage(tmp_path) as s:
        url, auth = s.gateway.url, {"x-api-key": s.key}
        async with s.http.get(f"{url}/v1/models", headers=auth) as answer:
            assert [row["id"] for row in (await answer.json())["data"]] == [
                "m",
                "renamed",
                "auto",
                "auto:cheap",
                "auto:best",
            ]
        async with s.http.get(f"{url}/v1/models/renamed", headers=auth) as answer:
            assert (await answer.json())["owned_by"] == "stub"
        async with s.http.get(f"{url}/v1/models/absent", headers=auth) as answer:
            assert answer.status == 404
        async with s.http.get(f"{url}/v1/models") as answer:
            assert answer.status == 401
        for model in ("auto", "stub/m"):
            async with s.post(question(model=model)) as answer:
                assert answer.status == 200
        async with s.post(question(model="absent")) as answer:
            assert answer.status == 404
            assert (await answer.json())["error"]["code"] == "model_not_found"
        async with s.http.get(f"{url}/v1/chat/completions") as answer:
            assert (answer.status, answer.headers["allow"]) == (405, "POST")
        async with s.http.get(f"{url}/nowhere") as answer:
            assert answer.status == 404
            assert (await answer.json())["error"]["code"] == "unknown_path"
        async with s.http.get(f"{url}/metrics") as answer:
            text = await answer.text()
            assert (
                'avyay_gateway_requests_total{route="/v1/chat/completions",provider="stub",code="200"} 2'
                in text
            )
        async with s.http.get(f"{url}/metrics", headers={"X-Forwarded-For": "203.0.113.9"}) as answer:
            assert answer.status == 403


async def test_the_sandbox_answers_when_a_workspace_has_no_model(tmp_path):
    async with stage(tmp_path, changes={"providers": [], "models": []}) as s:
        async with s.post(question(model="auto")) as answer:
            said = (await answer.json())["choices"][0]["message"]["content"]
        async with s.post(question(model="auto", stream=True)) as answer:
            events = events_in(await answer.read())

        deltas = [json.loads(sse.data_of(event) or b"")["choices"][0]["delta"] for event in events[:-1]]
        assert "".join(delta.get("content", "") for delta in deltas) == said
        assert "OPENAI_API_KEY" in said
        await until(lambda: len(s.web.records) == 2)
        assert s.web.records[0]["output_tokens"] == s.web.records[1]["output_tokens"] > 0


async def test_the_official_client_needs_only_its_two_variables(tmp_path, monkeypatch):
    async with stage(tmp_path) as s:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{s.gateway.url}/v1")
        monkeypatch.setenv("OPENAI_API_KEY", s.key)

        async with openai.AsyncOpenAI() as client:
            messages: Any = [{"role": "user", "content": "Hello"}]
            plain = await client.chat.completions.create(model="m", messages=messages)
            stream = await client.chat.completions.create(model="m", messages=messages, stream=True)
            words = [chunk.choices[0].delta.content or "" async for chunk in stream]
            listed = [model.id async for model in client.models.list()]
            with pytest.raises(openai.NotFoundError, match="There is no model"):
                await client.chat.completions.create(model="absent", messages=messages)

        assert plain.choices[0].message.content == "Grüße"
        assert "".join(words).startswith("wört0 wört1")
        assert listed[:3] == ["m", "renamed", "auto"]


async def test_a_stream_cut_at_every_byte_stays_valid_to_its_end(tmp_path):
    whole = b"".join(piece(event) for event in [*STREAM, DONE]) + b"0\r\n\r\n"
    events = [*STREAM[:-1], DONE]

    async def cut(reader, writer, body):
        writer.write(STREAM_HEAD + whole[: body["seed"]])
        await writer.drain()
        writer.close()

    async with stage(tmp_path, cut) as s:

        async def one(offset):
            async with s.post(question(stream=True, seed=offset)) as answer:
                return answer.status, await answer.read()

        for begin in range(0, len(whole), 32):
            offsets = range(begin, min(begin + 32, len(whole)))
            for offset, (status, body) in zip(offsets, await asyncio.gather(*map(one, offsets)), strict=True):
                if status == 502:
                    assert json.loads(body)["error"]["code"] == "upstream_cut", offset
                    continue
                found = events_in(body)
                if found[-1] == DONE:
                    assert DONE in whole[:offset], offset
                    assert found == events
                else:
                    assert code_of(found[-1]) == "upstream_cut", offset
                    assert found[:-1] == events[: len(found) - 1], offset
        await until(lambda: len(s.web.records) == len(whole))
    assert b"Traceback" not in s.gateway.log.read_bytes()


async def test_slices_of_any_size_make_no_difference(tmp_path):
    whole = b"".join([*STREAM, DONE])

    async def sliced(reader, writer, body):
        writer.write(STREAM_HEAD)
        for begin in range(0, len(whole), body["seed"]):
            writer.write(piece(whole[begin : begin + body["seed"]]))
            await writer.drain()
        writer.write(b"0\r\n\r\n")

    async with stage(tmp_path, sliced) as s:
        for size in (1, 2, 7, 100, 1000):
            async with s.post(question(stream=True, seed=size)) as answer:
                assert await answer.read() == b"".join([*STREAM[:-1], DONE])


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"data: {not json}\n\n", "upstream_malformed"),
        (b"data: [1]\n\n", "upstream_malformed"),
        (b"data: {}\n\n" + b"x" * (2 << 20), "upstream_malformed"),
        (STREAM[1], "upstream_cut"),
    ],
)
async def test_a_stream_that_makes_no_sense_ends_with_an_error(tmp_path, sent, code):
    async def senseless(reader, writer, body):
        writer.write(STREAM_HEAD + piece(STREAM[1]))
        writer.write(piece(sent) + b"0\r\n\r\n")

    async with stage(tmp_path, senseless) as s, s.post(question(stream=True)) as answer:
        events = events_in(await answer.read())

    assert code_of(events[-1]) == code
    assert DONE not in events


async def test_a_stream_without_done_ends_without_done(tmp_path):
    async def unsaid(reader, writer, body):
        writer.write(STREAM_HEAD + b"".join(map(piece, STREAM)) + b"0\r\n\r\n")

    async with stage(tmp_path, unsaid) as s, s.post(question(stream=True)) as answer:
        assert await answer.read() == b"".join(STREAM[:-1])


async def test_errors_of_the_provider_reach_the_client_without_its_credential(tmp_path):
    leak = f"no such thing for {PROVIDER_KEY} of org-AbCdEf123456"

    async def failing(reader, writer, body):
        status = body["seed"]
        error = json.dumps({"error": {"message": leak, "type": "t", "param": None, "code": "c"}}).encode()
        text = b"<html>oops</html>" if status == 599 else error
        writer.write(
            http_answer(text, f"{503 if status == 599 else status} X", retry_after="7", x_secret=PROVIDER_KEY)
        )

    async with stage(tmp_path, failing) as s:
        async with s.post(question(seed=599)) as answer:
            assert (answer.status, (await answer.json())["error"]["code"]) == (503, "upstream_error")
        for status in (400, 404, 500, 529, 429):
            async with s.post(question(seed=status)) as answer:
                text = await answer.text()
                assert answer.status == status
                assert json.loads(text)["error"]["code"] == "c"
                assert answer.headers["retry-after"] == "7"
                assert PROVIDER_KEY not in text + str(answer.headers)
                assert "org-AbCdEf" not in text
        async with s.post() as answer:
            assert (answer.status, (await answer.json())["error"]["code"]) == (429, "upstream_rate_limited")
            assert 1 <= int(answer.headers["retry-after"]) <= 7
        await until(lambda: len(s.web.records) == 7)
        assert {record["error_type"] for record in s.web.records} == {
            "upstream_error",
            "upstream_rate_limited",
        }
    assert PROVIDER_KEY not in s.gateway.log.read_text()


async def test_a_credential_that_is_refused_is_the_operators_matter(tmp_path):
    async def refusing(reader, writer, body):
        writer.write(http_answer(b'{"error": {"message": "no"}}', "401 Unauthorized"))

    async with stage(tmp_path, refusing) as s:
        for code in ("upstream_credentials", "upstream_credentials_exhausted"):
            async with s.post(question(stream=True)) as answer:
                assert (answer.status, (await answer.json())["error"]["code"]) == (502, code)
        assert len(s.upstream.requests) == 1


async def test_a_page_instead_of_an_answer_is_a_bad_gateway(tmp_path):
    async def page(reader, writer, body):
        writer.write(http_answer(b"<html>Welcome</html>", kind="text/html"))

    async with stage(tmp_path, page) as s:
        for stream in (False, True):
            async with s.post(question(stream=stream)) as answer:
                assert (answer.status, (await answer.json())["error"]["code"]) == (
                    502,
                    "upstream_invalid_answer",
                )


async def test_a_provider_that_is_not_there_is_a_bad_gateway(tmp_path):
    port = harness.free_port()
    providers = [harness.provider_row(f"http://127.0.0.1:{port}/v1")]
    async with stage(tmp_path, changes={"providers": providers}) as s, s.post() as answer:
        assert (answer.status, (await answer.json())["error"]["code"]) == (502, "upstream_unreachable")


async def test_a_provider_that_says_nothing_or_stops_is_given_up(tmp_path):
    async def silent(reader, writer, body):
        if body["stream"]:
            writer.write(STREAM_HEAD + b"".join(map(piece, STREAM[:5])))
        await asyncio.sleep(20)

    def providers(base_url):
        return [harness.provider_row(base_url, timeout_seconds=1.0)]

    async with stage(tmp_path, silent, MARGA_IDLE_TIMEOUT_SECONDS="1") as s:
        s.web.change({**s.web.document, "providers": providers(s.upstream.base_url)})
        await until(lambda: s.gateway.log.read_text().count("snapshot_in_use") == 2)

        async with s.post(question(stream=False)) as answer:
            assert (answer.status, (await answer.json())["error"]["code"]) == (504, "upstream_timeout")
        async with s.post(question(stream=True)) as answer:
            events = events_in(await answer.read())

        assert events[:-1] == STREAM[:5]
        assert code_of(events[-1]) == "upstream_stalled"
        await until(lambda: len(s.web.records) == 2)
        assert s.web.records[1]["is_estimated"]
        assert s.web.records[1]["output_tokens"] > 0


async def test_a_long_silence_is_filled_with_comments(tmp_path):
    async def slow(reader, writer, body):
        writer.write(STREAM_HEAD)
        await writer.drain()
        await asyncio.sleep(1.5)
        writer.write(b"".join(map(piece, [*STREAM, DONE])) + b"0\r\n\r\n")

    async with (
        stage(tmp_path, slow, MARGA_KEEP_ALIVE_SECONDS="1") as s,
        s.post(question(stream=True)) as answer,
    ):
        assert await answer.read() == b": keep-alive\n\n" + b"".join([*STREAM[:-1], DONE])


async def test_a_client_that_leaves_closes_the_way_to_the_provider_and_pays_for_what_came(tmp_path):
    async def endless(reader, writer, body):
        if body.get("stream"):
            writer.write(STREAM_HEAD + b"".join(map(piece, STREAM[:6])))
            await writer.drain()
        await reader.read(1)  # returns when the gateway hangs up
        writer.close()

    async with stage(tmp_path, endless) as s:

        async def leave(number):
            async with aiohttp.ClientSession() as http:
                body = json.dumps(question(stream=number % 3 != 0)).encode()
                call = http.post(
                    f"{s.gateway.url}/v1/chat/completions",
                    data=body,
                    headers={"Authorization": f"Bearer {s.key}"},
                    timeout=aiohttp.ClientTimeout(total=0.01 * (number % 40) + 0.4),
                )
                with pytest.raises(TimeoutError):
                    async with call as answer:
                        await answer.read()

        await asyncio.gather(*map(leave, range(120)))

        await until(lambda: s.upstream.open_connections == 0, seconds=1.5)
        await until(lambda: len(s.web.records) >= len(s.upstream.requests))
        assert len(s.web.records) <= 120
        assert all(record["is_cancelled"] and record["status"] == 499 for record in s.web.records)
        assert sum(record["output_tokens"] > 0 for record in s.web.records) >= 40
        s.upstream.script = ordinary
        async with s.post() as answer:
            assert answer.status == 200
        async with s.http.get(f"{s.gateway.url}/metrics") as answer:
            assert "avyay_gateway_upstream_open 0" in await answer.text()


async def test_a_reader_that_stands_still_holds_the_provider_back(tmp_path):
    sent = 0

    async def flood(reader, writer, body):
        nonlocal sent
        event = b"data: " + json.dumps({"choices": [{"delta": {"content": "x" * 60_000}}]}).encode() + b"\n\n"
        writer.write(STREAM_HEAD)
        while sent < 256 << 20:
            writer.write(piece(event))
            await writer.drain()
            sent += len(event)

    async with stage(tmp_path, flood) as s:
        before = resident_mb(s.gateway._process.pid)
        async with s.post(question(stream=True)) as answer:
            await answer.content.readany()
            level = -1
            while level != sent:  # until nothing moved for a while
                level = sent
                await asyncio.sleep(0.5)
            grown = resident_mb(s.gateway._process.pid) - before
            answer.close()

    # What is not in memory sits in socket buffers, which the system bounds.
    assert sent < 32 << 20
    assert grown < 12


async def test_calls_that_last_leave_no_task_behind(tmp_path):
    async def slow(reader, writer, body):
        await asyncio.sleep(0.1)
        await ordinary(reader, writer, body)

    async def tasks():
        async with s.http.get(f"{s.gateway.url}/metrics") as answer:
            return int((await answer.text()).split("\navyay_gateway_tasks ")[1].split()[0])

    async def call(number):
        async with s.post(question(stream=bool(number % 2))) as answer:
            await answer.read()

    async with stage(tmp_path, slow) as s:
        before = await tasks()
        for _ in range(3):
            await asyncio.gather(*map(call, range(40)))

        assert await tasks() <= before + 3


async def test_nothing_that_was_said_is_in_the_log(tmp_path):
    async with stage(tmp_path) as s:
        canary = "canary-4711-prompt"
        async with s.post(question(messages=[{"role": "user", "content": canary}])) as answer:
            assert answer.status == 200
        await until(lambda: len(s.web.records) == 1)
    log = s.gateway.log.read_text()

    assert canary not in log
    assert s.key not in log
    assert "Grüße" not in log
    assert '"event":"gateway_request"' in log
