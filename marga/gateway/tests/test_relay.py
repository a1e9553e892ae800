"""Whole calls through a real gateway process to a provider that the test scripts, byte by byte."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest

from marga.gateway.tests import harness
from marga.gateway.tests.harness import DONE, PLAIN, PROVIDER_KEY, STREAM, http_answer, question, stage, until
from marga.gateway.tests.hearing import events_in
from marga.protocols import sse

pytestmark = pytest.mark.processes


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
