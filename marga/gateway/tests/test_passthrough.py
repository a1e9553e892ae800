"""What is carried as it is: where it may go, and that it is counted like everything else."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from marga.gateway.tests import harness
from marga.gateway.tests.harness import Stage, Upstream, http_answer, stage, until

pytestmark = pytest.mark.processes

FAMILIES = ["chat", "images", "moderations", "files"]
SAID = b'{"data": [{"id": "file-of-somebody"}], "usage": {"input_tokens": 3, "output_tokens": 5}}'


async def says(reader: Any, writer: Any, body: dict[str, Any]) -> None:
    writer.write(http_answer(SAID))


@asynccontextmanager
async def two(tmp_path):
    """Stage a shared provider with the model `m`, and one of the caller's own workspace with the model `mine`."""
    async with Upstream(says).serving() as mine, stage(tmp_path, says) as s:
        document = s.web.document
        shared = {**document["providers"][0], "protocols": FAMILIES}
        private = harness.provider_row(
            mine.base_url,
            id="prv_2",
            name="mine",
            workspace_id="ws_1",
            is_shared=False,
            protocols=FAMILIES,
        )
        models = [*document["models"], harness.model_row("mine", provider_id="prv_2")]
        s.web.change({**document, "format": 2, "providers": [shared, private], "models": models})
        await s.fetched()
        yield s, mine


def post(s: Stage, path: str, body: dict[str, Any], **headers: str) -> Any:
    bearer = {"Authorization": f"Bearer {s.key}", "Content-Type": "application/json", **headers}
    return s.http.post(f"{s.gateway.url}{path}", data=json.dumps(body).encode(), headers=bearer)


@pytest.mark.parametrize("named", ["", "m", "stub/m", "mine"])
async def test_files_go_to_the_workspaces_own_provider_whatever_model_is_named(tmp_path, named):
    asked = {"model": named, "purpose": "batch"}
    async with two(tmp_path) as (s, mine), post(s, "/v1/files", asked) as answer:
        assert await answer.read() == SAID

    assert s.upstream.requests == []
    assert json.loads(mine.requests[0][1]) == asked


@pytest.mark.parametrize("named", ["", "m"])
async def test_files_of_a_shared_provider_are_nobodys(tmp_path, named):
    async with stage(tmp_path, says) as s:
        shared = {**s.web.document["providers"][0], "protocols": FAMILIES}
        s.web.change({**s.web.document, "format": 2, "providers": [shared]})
        await s.fetched()
        async with post(s, "/v1/files", {"model": named}) as answer:
            assert answer.status == 404
            assert (await answer.json())["error"]["code"] == "not_supported"

    assert s.upstream.requests == []


async def test_a_request_goes_to_the_provider_of_its_model_and_is_counted(tmp_path):
    async with two(tmp_path) as (s, mine):
        async with post(s, "/v1/moderations", {"model": "m", "input": "Hello"}) as answer:
            assert await answer.read() == SAID
        await until(lambda: len(s.web.records) == 1)

    record = s.web.records[0]
    assert (record["action"], record["model_used"], record["provider"]) == ("moderations", "m", "stub")
    assert (record["input_tokens"], record["output_tokens"], record["is_estimated"]) == (3, 5, False)
    assert mine.requests == []


@pytest.mark.parametrize(
    ("path", "status"), [("/v1/images/generations", 403), ("/v1/audio/speech", 403), ("/v1/moderations", 200)]
)
async def test_a_key_with_a_budget_has_to_name_what_costs_money(tmp_path, path, status):
    async with stage(tmp_path, says) as s:
        able = {**s.web.document["providers"][0], "protocols": [*FAMILIES, "audio"]}
        keys = [harness.key_row(s.key, monthly_budget_usd="5")]
        s.web.change({**s.web.document, "format": 2, "providers": [able], "keys": keys})
        await s.fetched()
        async with post(s, path, {"prompt": "a river", "input": "a river"}) as answer:
            assert answer.status == status


@pytest.mark.parametrize("ending", ["cut", "stalled"])
async def test_sound_that_breaks_off_is_not_ended_with_words(tmp_path, ending):
    sound = bytes(range(256)) * 16

    async def half(reader: Any, writer: Any, body: dict[str, Any]) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: audio/mpeg\r\ntransfer-encoding: chunked\r\n\r\n")
        writer.write(harness.piece(sound))
        await writer.drain()
        if ending == "stalled":
            await reader.read(1)
        writer.close()

    async with stage(tmp_path, half, MARGA_IDLE_TIMEOUT_SECONDS="1") as s:
        provider = {**s.web.document["providers"][0], "protocols": ["chat", "audio"]}
        s.web.change({**s.web.document, "format": 2, "providers": [provider]})
        await s.fetched()
        async with post(s, "/v1/audio/speech", {"model": "tts", "input": "Hi"}) as answer:
            assert await answer.content.readexactly(len(sound)) == sound
            with pytest.raises(aiohttp.ClientPayloadError):
                await answer.content.read()
        await until(lambda: len(s.web.records) == 1)
        assert s.web.records[0]["error_type"] == f"upstream_{ending}"
    assert '"event":"gateway_failed"' not in s.gateway.log.read_text()
