"""Streams from a chat provider to clients of the other protocols: their ends, whole, cut and wordless."""

from __future__ import annotations

import json
from typing import Any

import anthropic
import openai
import pytest

from marga.gateway.tests.harness import DONE, STREAM, STREAM_HEAD, Stage, ordinary, piece, stage

pytestmark = pytest.mark.processes

SAID = "".join(f"wört{n} " for n in range(12))


async def cut(reader: Any, writer: Any, body: dict[str, Any]) -> None:
    writer.write(STREAM_HEAD + b"".join(map(piece, STREAM[:4])))
    await writer.drain()
    writer.close()


async def wordless(reader: Any, writer: Any, body: dict[str, Any]) -> None:
    """End with [DONE] and no reason, as some servers do."""
    writer.write(STREAM_HEAD + b"".join(map(piece, [*STREAM[:-2], DONE])) + b"0\r\n\r\n")


def openai_client(s: Stage) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=f"{s.gateway.url}/v1", api_key=s.key, max_retries=0)


def anthropic_client(s: Stage) -> anthropic.AsyncAnthropic:
    return anthropic.AsyncAnthropic(base_url=s.gateway.url, api_key=s.key, max_retries=0)


async def response_events(s: Stage) -> list[Any]:
    async with openai_client(s) as client, client.responses.stream(model="m", input="Hello") as stream:
        return [event async for event in stream]


@pytest.mark.parametrize("script", [ordinary, wordless], ids=["ordinary", "wordless"])
async def test_a_chat_providers_stream_is_whole_in_the_other_protocols(tmp_path, script):
    async with stage(tmp_path, script) as s:
        events = await response_events(s)
        async with anthropic_client(s) as client:
            asks: Any = {"model": "m", "max_tokens": 99, "messages": [{"role": "user", "content": "Hello"}]}
            async with client.messages.stream(**asks) as stream:
                message: Any = await stream.get_final_message()

        assert events[-1].type == "response.completed"
        assert events[-1].response.output_text == SAID
        assert events[-1].response.created_at == 1_700_000_000
        assert message.content[0].text == SAID
        assert message.stop_reason == "end_turn"


async def test_a_stream_that_is_cut_fails_as_the_same_response(tmp_path):
    async with stage(tmp_path, cut) as s:
        events = await response_events(s)

        last = events[-1]
        assert last.type == "response.failed"
        assert last.response.id == events[0].response.id
        assert [event.sequence_number for event in events] == list(range(len(events)))
        assert "broke off" in last.response.error.message


async def test_a_stream_that_is_cut_raises_in_a_messages_client(tmp_path):
    async with stage(tmp_path, cut) as s, anthropic_client(s) as client:
        asks: Any = {"model": "m", "max_tokens": 99, "messages": [{"role": "user", "content": "Hello"}]}

        with pytest.raises(anthropic.APIStatusError, match="broke off"):
            async with client.messages.stream(**asks) as stream:
                await stream.get_final_message()


async def test_an_answer_that_makes_no_sense_is_the_providers_fault(tmp_path):
    async def senseless(reader: Any, writer: Any, body: dict[str, Any]) -> None:
        content = json.dumps({"id": "x", "choices": []}).encode()
        writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(content)
        )
        writer.write(content)

    async with stage(tmp_path, senseless) as s, openai_client(s) as client:
        with pytest.raises(openai.InternalServerError) as caught:
            await client.responses.create(model="m", input="Hello")

    assert caught.value.status_code == 502
