"""A provider that speaks all three protocols, and the requests of clients in each: what fault tests run on.

Everything goes to one scripted upstream. Models are called `<protocol>` after what their provider speaks, and a script
learns the protocol from the model's name in the body.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson

from marga.gateway.tests import harness
from marga.gateway.tests.harness import DONE, STREAM_HEAD, Script, Stage, chunk, http_answer, piece
from marga.gateway.tests.hearing import Heard, heard

PROTOCOLS = ("chat", "messages", "responses")
PAIRS = [(spoken, asked) for spoken in PROTOCOLS for asked in PROTOCOLS]
"""What the provider speaks, and what the client speaks."""

PATHS = {"chat": "/v1/chat/completions", "messages": "/v1/messages", "responses": "/v1/responses"}
INPUT, OUTPUT = 40, 20
"""Tokens that every whole answer here reports."""


def provider(protocol: str, base_url: str, name: str = "", **changes: Any) -> dict[str, Any]:
    """Return the row of a provider that speaks protocol."""
    name = name or protocol
    row = {"id": f"prv_{name}", "name": name, "kind": "anthropic" if protocol == "messages" else "openai"}
    return harness.provider_row(base_url, **{**row, "protocols": [protocol], **changes})


def model(protocol: str, provider_name: str = "", **changes: Any) -> dict[str, Any]:
    """Return the row of the model `<protocol>` at a provider."""
    name = provider_name or protocol
    row = {"id": f"mdl_{name}", "provider_id": f"prv_{name}", "upstream_name": protocol}
    return {**harness.model_row(protocol, **row), **changes}


@asynccontextmanager
async def polyglot(
    var: Path, script: Script, *, keys: list[dict[str, Any]] | None = None, row: Any = None, **variables: str
) -> AsyncIterator[Stage]:
    """Stage one upstream that speaks all three protocols; row: changes to the providers' rows."""
    async with harness.stage(var, script, changes=None, **variables) as s:
        rows = [provider(name, s.upstream.base_url, **(row or {})) for name in PROTOCOLS]
        document = {"format": 2, "providers": rows, "models": [model(name) for name in PROTOCOLS]}
        s.web.change({**s.web.document, **document, **({"keys": keys} if keys else {})})
        await s.fetched()
        yield s


def asking(protocol: str, name: str, said: str, *, stream: bool = True, **more: Any) -> dict[str, Any]:
    """Return a request in a protocol for the model called name."""
    if protocol == "responses":
        return {"model": name, "input": said, "stream": stream, **more}
    body = {"model": name, "messages": [{"role": "user", "content": said}], "stream": stream, **more}
    return {"max_tokens": 500, **body} if protocol == "messages" else body


def post(s: Stage, protocol: str, body: dict[str, Any], *, key: str = "", headers: Any = None) -> Any:
    """Send a request to the gateway's surface for protocol."""
    auth = {"Authorization": f"Bearer {key or s.key}", **(headers or {})}
    return s.http.post(s.gateway.url + PATHS[protocol], json=body, headers=auth)


async def listen(s: Stage, protocol: str, body: dict[str, Any], *, patience: float = 15.0) -> Heard:
    """Ask, and read the stream to its end as a strict client does; a plain error counts as FAILED."""
    async with asyncio.timeout(patience), post(s, protocol, body) as answer:
        content = await answer.read()
        if answer.status == 200:
            return heard(protocol, content)
        assert orjson.loads(content)["error"]["message"]
        return Heard("", "failed")


def number_in(body: dict[str, Any]) -> int:
    """Return the number that the prompt gives after `#`."""
    found = re.search(rb"#(\d+)", orjson.dumps(body))
    return int(found[1]) if found else 0


def words(count: int, sign: str = "wört") -> list[str]:
    """Return so many different words, with a letter of two bytes in each."""
    return [f"{sign}{n} " for n in range(count)]


def events(protocol: str, said: list[str], *, wants_usage: bool = True) -> list[bytes]:
    """Return a whole stream as a provider sends it: one event for each word, then the end."""
    return _STREAMS[protocol](said, wants_usage)


def _event(payload: dict[str, Any]) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (payload["type"].encode(), orjson.dumps(payload))


def _chat(said: list[str], wants_usage: bool) -> list[bytes]:
    usage = chunk(None, usage={"prompt_tokens": INPUT, "completion_tokens": OUTPUT, "total_tokens": 60})
    found = [chunk({"role": "assistant", "content": ""}), *(chunk({"content": word}) for word in said)]
    return [*found, chunk({}, "stop"), *([usage] if wants_usage else []), DONE]


def _messages(said: list[str], wants_usage: bool) -> list[bytes]:
    start: dict[str, Any] = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [],
    }
    start |= {"stop_reason": None, "usage": {"input_tokens": INPUT, "output_tokens": 1}}
    block = {"type": "text", "text": ""}
    found: list[dict[str, Any]] = [
        {"type": "message_start", "message": start},
        {"type": "content_block_start", "index": 0, "content_block": block},
    ]
    for word in said:
        delta = {"type": "text_delta", "text": word}
        found.append({"type": "content_block_delta", "index": 0, "delta": delta})
    found += [
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": {"output_tokens": OUTPUT},
        },
        {"type": "message_stop"},
    ]
    return list(map(_event, found))


def _responses(said: list[str], wants_usage: bool) -> list[bytes]:
    text = "".join(said)
    usage = {"input_tokens": INPUT, "output_tokens": OUTPUT, "total_tokens": INPUT + OUTPUT}
    base = {"id": "resp_1", "object": "response", "created_at": 1_700_000_000, "model": "m", "error": None}
    empty = {"type": "output_text", "text": "", "annotations": []}
    full = {**empty, "text": text}
    item = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [full]}
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    found: list[dict[str, Any]] = [
        {"type": "response.created", "response": {**base, "status": "in_progress", "output": []}},
        {
            "type": "response.output_item.added",
            "output_index": 0,
            "item": {**item, "status": "in_progress", "content": []},
        },
        {"type": "response.content_part.added", **place, "part": empty},
        *({"type": "response.output_text.delta", **place, "delta": word} for word in said),
        {"type": "response.output_text.done", **place, "text": text},
        {"type": "response.content_part.done", **place, "part": full},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {
            "type": "response.completed",
            "response": {**base, "status": "completed", "output": [item], "usage": usage},
        },
    ]
    return [_event({**payload, "sequence_number": number}) for number, payload in enumerate(found)]


_STREAMS = {"chat": _chat, "messages": _messages, "responses": _responses}


def plain(protocol: str, text: str) -> bytes:
    """Return a whole answer as a provider gives it."""
    if protocol == "chat":
        message = {"role": "assistant", "content": text}
        usage = {"prompt_tokens": INPUT, "completion_tokens": OUTPUT, "total_tokens": INPUT + OUTPUT}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        body: dict[str, Any] = {"id": "c1", "object": "chat.completion", "created": 1, "model": "m"}
        return orjson.dumps({**body, "choices": [choice], "usage": usage})
    if protocol == "messages":
        body = {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "m",
            "stop_reason": "end_turn",
        }
        usage = {"input_tokens": INPUT, "output_tokens": OUTPUT}
        return orjson.dumps({**body, "content": [{"type": "text", "text": text}], "usage": usage})
    part = {"type": "output_text", "text": text, "annotations": []}
    item = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [part]}
    usage = {"input_tokens": INPUT, "output_tokens": OUTPUT, "total_tokens": INPUT + OUTPUT}
    body = {"id": "resp_1", "object": "response", "created_at": 1, "model": "m", "status": "completed"}
    return orjson.dumps({**body, "error": None, "output": [item], "usage": usage})


def says(sign: str = "wört", count: int = 12) -> Script:
    """Return the script of a provider that answers every request well, with its own words."""

    async def script(reader: Any, writer: Any, body: dict[str, Any]) -> None:
        protocol, said = body["model"], words(count, sign)
        if not body.get("stream"):
            writer.write(http_answer(plain(protocol, "".join(said))))
            return
        writer.write(STREAM_HEAD + b"".join(map(piece, events(protocol, said))) + b"0\r\n\r\n")

    return script
