"""A mixed traffic: three protocols, plain and streamed, tools, kept answers, errors, retries, and clients that leave."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks import speaking
from benchmarks.calls import Line, Reply, request

PATHS = {"chat": "/v1/chat/completions", "messages": "/v1/messages", "responses": "/v1/responses"}
MODELS = {"chat": "books-chat", "messages": "books-messages", "responses": "books-responses"}
PROMPT_WORDS = (20, 120)
KEPT_PROMPTS = 200
KEPT_FROM = 1_000_000_000
"""Numbers of calls whose answers are kept begin here; the same ones come again and again."""
MOST_OUTPUT = 1_000


@dataclass(frozen=True)
class Kind:
    """One sort of call. share: in a hundred; word: what the provider does; leaves: the client hangs up midway."""

    name: str
    share: int
    word: str = "plain"
    is_stream: bool = False
    has_tools: bool = False
    is_kept: bool = False
    leaves: bool = False
    is_garbled: bool = False


KINDS = (
    Kind("plain", 27),
    Kind("stream", 25, is_stream=True),
    Kind("tools", 8, has_tools=True),
    Kind("tools, stream", 8, has_tools=True, is_stream=True),
    Kind("left midway", 6, word="leaving", is_stream=True, leaves=True),
    Kind("kept", 8, is_kept=True),
    Kind("kept, stream", 4, is_kept=True, is_stream=True),
    Kind("refused once (503)", 3, word="flaky"),
    Kind("refused once (503), stream", 2, word="flaky", is_stream=True),
    Kind("too fast once (429)", 2, word="limited"),
    Kind("usage not told", 1, word="silent"),
    Kind("usage not told, stream", 1, word="silent", is_stream=True),
    Kind("refused (400)", 3, word="wrong"),
    Kind("not JSON", 2, is_garbled=True),
)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the mix, ready to be sent."""

    number: int
    kind: Kind
    protocol: str
    sent: bytes
    leave_after: int


def calls(count: int, key: str, caching_key: str, seed: int = 1) -> Iterator[Call]:
    """Make count calls, the same ones for the same seed."""
    chance = random.Random(seed)  # noqa: S311 (made-up traffic)
    shares = [kind.share for kind in KINDS]
    for number in range(count):
        kind = chance.choices(KINDS, shares)[0]
        yield _call(number, kind, chance, caching_key if kind.is_kept else key)


def _call(number: int, kind: Kind, chance: random.Random, key: str) -> Call:
    protocol = chance.choice(list(PATHS))
    model = MODELS[protocol] if chance.random() < 0.6 else chance.choice([*MODELS.values(), "auto"])
    if kind.is_kept:
        number = KEPT_FROM + chance.randrange(KEPT_PROMPTS)
        chance_of_text, model = random.Random(number), MODELS[protocol]  # noqa: S311 (made-up traffic)
    else:
        chance_of_text = chance
    text = "".join(speaking.prose(chance_of_text, chance_of_text.randint(*PROMPT_WORDS)))
    payload = _payload(protocol, model, f"{text} call {number} {kind.word}", kind)
    body = json.dumps(payload).encode()
    leave_after = chance.randint(4, 12) if kind.leaves else 0
    return Call(
        number,
        kind,
        protocol,
        request(PATHS[protocol], key, body[: -1 if kind.is_garbled else None]),
        leave_after,
    )


def _payload(protocol: str, model: str, text: str, kind: Kind) -> dict[str, Any]:
    payload: dict[str, Any] = {"model": model}
    if protocol == "responses":
        payload |= {"input": text, "max_output_tokens": MOST_OUTPUT}
    else:
        payload |= {"messages": [{"role": "user", "content": text}], "max_tokens": MOST_OUTPUT}
    if kind.is_stream:
        payload["stream"] = True
    if kind.is_kept:
        payload["temperature"] = 0
    if kind.has_tools:
        payload["tools"] = [_tool(protocol)]
    return payload


def _tool(protocol: str) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
    told = {"name": speaking.TOOL, "description": "Looks a text up."}
    if protocol == "messages":
        return {**told, "input_schema": schema}
    if protocol == "responses":
        return {"type": "function", **told, "parameters": schema}
    return {"type": "function", "function": {**told, "parameters": schema}}


async def send(
    host: str, port: int, traffic: Iterator[Call], at_once: int, heard: Callable[[Call, Reply], None]
) -> None:
    """Send all calls over at_once connections. heard: told of each reply."""

    async def one_after_the_other() -> None:
        line = Line(host, port)
        for call in traffic:
            heard(call, await line.ask(call.sent, leave_after=call.leave_after))
        line.close()

    await asyncio.gather(*(one_after_the_other() for _ in range(at_once)))
