from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from marga.gateway.errors import Headers, Refusal, retry_after
from marga.gateway.tests.harness import STREAM, STREAM_HEAD, piece, stage
from marga.gateway.tests.test_crossing import openai_client
from marga.protocols import sse


def told(headers: Headers, *, status: int = 429, message: str = "Too fast.") -> dict[str, Any]:
    """Return the error that a responses client of a stream that has begun reads."""
    refusal = Refusal(status, "requests_per_minute_exceeded", message, headers=headers)
    event = json.loads(sse.data_of(refusal.event("req_1", "responses", ("resp_1", 3))) or b"")
    error: dict[str, Any] = event["response"]["error"]
    return error


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        pytest.param(
            [(b"retry-after-ms", b"1300")], "Too fast. Please try again in 1.3s.", id="milliseconds"
        ),
        pytest.param([retry_after(2.4)], "Too fast. Please try again in 3s.", id="seconds"),
        pytest.param(
            [(b"retry-after", b"9"), (b"retry-after-ms", b"250")],
            "Too fast. Please try again in 0.25s.",
            id="both",
        ),
        pytest.param([(b"retry-after", b"Fri, 31 Dec 1999 23:59:59 GMT")], "Too fast.", id="date"),
        pytest.param([(b"retry-after", b"nan")], "Too fast.", id="no number"),
        pytest.param([], "Too fast.", id="nothing"),
    ],
)
def test_a_rate_limit_in_a_begun_responses_stream_says_how_long_to_wait_as_codex_reads_it(headers, words):
    assert told(headers) == {"code": "rate_limit_exceeded", "message": words}


def test_other_refusals_do_not_ask_to_wait():
    assert told([retry_after(5)], status=503) == {"code": "server_error", "message": "Too fast."}


@pytest.mark.processes
async def test_a_rate_limit_in_the_middle_of_a_providers_stream_stays_one(tmp_path):
    error = {"message": "Slow down.", "type": "rate_limit_error", "code": "rate_limit_exceeded"}
    has_begun = asyncio.Event()

    async def hurried(reader: Any, writer: Any, body: dict[str, Any]) -> None:
        writer.write(STREAM_HEAD + b"".join(map(piece, STREAM[:3])))
        await has_begun.wait()
        writer.write(piece(b"data: " + json.dumps({"error": error}).encode() + b"\n\n") + b"0\r\n\r\n")

    events = []
    async with (
        stage(tmp_path, hurried) as s,
        openai_client(s) as client,
        client.responses.stream(model="m", input="Hello") as stream,
    ):
        async for event in stream:
            events.append(event)
            has_begun.set()

    last: Any = events[-1]
    assert last.type == "response.failed"
    assert (last.response.error.code, last.response.error.message) == ("rate_limit_exceeded", "Slow down.")
