"""Answers in the three protocols, as the provider of `books.py` gives them."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from marga.pricing import Usage

TEXT = """
The release went out on Tuesday, and for the first hour nothing looked wrong. Then the queue began to grow, slowly at
first, because the workers on the second machine had kept the old address of the database and were waiting for a server
that was no longer there. Nobody saw it, since each of them still said that it was well. When the operator looked at the
dashboard at noon, there were forty thousand jobs in the queue and the oldest had been there for two hours. She stopped
the schedule, put the new address into the settings of that machine, and started the workers one by one. The queue was
empty at half past three. What can we learn from this? A health check that only asks whether a process runs is not worth
much; it has to ask whether the process can do its work. And a change of an address is not done when the file has been
changed, but when the last reader of the old one is gone.
"""
PIECES = re.findall(r"\w+|[^\w\s]", TEXT)
"""Words and marks of plain prose, of which one is a token: about as long as those of real tokenizers."""


def prose(chance: random.Random, pieces: int) -> list[str]:
    """Return so many pieces of the text in a row, with spaces where they belong; from its end it goes on at its start."""
    first = chance.randrange(len(PIECES))
    chosen = [PIECES[(first + n) % len(PIECES)] for n in range(pieces)]
    return [word if not word[0].isalnum() or n == 0 else f" {word}" for n, word in enumerate(chosen)]


PATHS = {b"/chat/completions": "chat", b"/messages": "messages", b"/responses": "responses"}
CREATED = 1_700_000_000
TOOL = "look_up"


class Answer(NamedTuple):
    """words: one is a token; calls_tool: the words are the argument of a call; tells: whether usage is reported."""

    model: str
    words: list[str]
    usage: Usage
    calls_tool: bool
    tells: bool


def protocol_at(head: bytes) -> str:
    """Return what is spoken at the path of a request. head: in lower case."""
    path = head.split(b" ", 2)[1].split(b"?", 1)[0]
    return next(protocol for ending, protocol in PATHS.items() if path.endswith(ending))


def whole_answer(protocol: str, answer: Answer) -> dict[str, Any]:
    """Return a plain answer."""
    if protocol == "chat":
        return _chat_whole(answer)
    if protocol == "messages":
        return _messages_whole(answer)
    return _response(answer, "completed", _items(answer))


def events(protocol: str, answer: Answer, *, wants_usage: bool) -> Iterator[tuple[bool, bytes]]:
    """Return a streamed answer: for each event whether it is a token, and its bytes."""
    if protocol == "chat":
        return _chat_events(answer, wants_usage=wants_usage)
    return _messages_events(answer) if protocol == "messages" else _response_events(answer)


def _arguments(answer: Answer) -> str:
    return json.dumps({"text": "".join(answer.words)})


def _argument_pieces(answer: Answer) -> list[str]:
    """Return the argument in as many pieces as there are words."""
    first, *others = answer.words
    return ['{"text": "' + first, *others[:-1], others[-1] + '"}']


def _chat_usage(usage: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_input_tokens},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    }


def _chat_whole(answer: Answer) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": "".join(answer.words)}
    if answer.calls_tool:
        call = {
            "id": "call_1",
            "type": "function",
            "function": {"name": TOOL, "arguments": _arguments(answer)},
        }
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
    found = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": CREATED,
        "model": answer.model,
        "choices": [
            {"index": 0, "message": message, "finish_reason": "tool_calls" if answer.calls_tool else "stop"}
        ],
    }
    return found | ({"usage": _chat_usage(answer.usage)} if answer.tells else {})


def _chat_events(answer: Answer, *, wants_usage: bool) -> Iterator[tuple[bool, bytes]]:
    def chunk(delta: dict[str, Any] | None, finish: str | None = None, **more: Any) -> bytes:
        choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
        base = {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": CREATED,
            "model": answer.model,
        }
        return b"data: " + json.dumps({**base, "choices": choices, **more}).encode() + b"\n\n"

    yield False, chunk({"role": "assistant", "content": ""})
    if answer.calls_tool:
        head = {"index": 0, "id": "call_1", "type": "function", "function": {"name": TOOL, "arguments": ""}}
        yield False, chunk({"tool_calls": [head]})
        for part in _argument_pieces(answer):
            yield True, chunk({"tool_calls": [{"index": 0, "function": {"arguments": part}}]})
    else:
        for word in answer.words:
            yield True, chunk({"content": word})
    yield False, chunk({}, "tool_calls" if answer.calls_tool else "stop")
    if answer.tells and wants_usage:
        yield False, chunk(None, usage=_chat_usage(answer.usage))
    yield False, b"data: [DONE]\n\n"


def _messages_usage(usage: Usage) -> dict[str, int]:
    return {
        "input_tokens": usage.input_tokens - usage.cached_input_tokens - usage.cache_write_tokens,
        "cache_read_input_tokens": usage.cached_input_tokens,
        "cache_creation_input_tokens": usage.cache_write_tokens,
        "output_tokens": usage.output_tokens,
    }


def _messages_whole(answer: Answer) -> dict[str, Any]:
    block: dict[str, Any] = {"type": "text", "text": "".join(answer.words)}
    if answer.calls_tool:
        block = {"type": "tool_use", "id": "toolu_1", "name": TOOL, "input": json.loads(_arguments(answer))}
    found = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": answer.model,
        "content": [block],
        "stop_reason": "tool_use" if answer.calls_tool else "end_turn",
        "stop_sequence": None,
    }
    return found | ({"usage": _messages_usage(answer.usage)} if answer.tells else {})


def _messages_events(answer: Answer) -> Iterator[tuple[bool, bytes]]:
    def event(kind: str, **more: Any) -> bytes:
        return f"event: {kind}\ndata: {json.dumps({'type': kind, **more})}\n\n".encode()

    begun = _messages_whole(answer._replace(calls_tool=False)) | {"content": [], "stop_reason": None}
    if answer.tells:
        begun["usage"] = _messages_usage(answer.usage) | {"output_tokens": 1}
    yield False, event("message_start", message=begun)
    block: dict[str, Any] = {"type": "text", "text": ""}
    if answer.calls_tool:
        block = {"type": "tool_use", "id": "toolu_1", "name": TOOL, "input": {}}
    yield False, event("content_block_start", index=0, content_block=block)
    kind, name = ("input_json_delta", "partial_json") if answer.calls_tool else ("text_delta", "text")
    for part in _argument_pieces(answer) if answer.calls_tool else answer.words:
        yield True, event("content_block_delta", index=0, delta={"type": kind, name: part})
    yield False, event("content_block_stop", index=0)
    stop = {"stop_reason": "tool_use" if answer.calls_tool else "end_turn", "stop_sequence": None}
    usage = {"usage": {"output_tokens": answer.usage.output_tokens}} if answer.tells else {}
    yield False, event("message_delta", delta=stop, **usage)
    yield False, event("message_stop")


def _items(answer: Answer) -> list[dict[str, Any]]:
    if answer.calls_tool:
        item = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": TOOL}
        return [{**item, "arguments": _arguments(answer), "status": "completed"}]
    text = {"type": "output_text", "text": "".join(answer.words), "annotations": []}
    return [{"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [text]}]


def _response(answer: Answer, status: str, output: list[dict[str, Any]]) -> dict[str, Any]:
    usage = answer.usage
    told = {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {"cached_tokens": usage.cached_input_tokens},
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": CREATED,
        "model": answer.model,
        "status": status,
        "output": output,
        "usage": told if answer.tells and status == "completed" else None,
    }


def _response_events(answer: Answer) -> Iterator[tuple[bool, bytes]]:
    number = 0

    def event(kind: str, **more: Any) -> bytes:
        nonlocal number
        number += 1
        text = json.dumps({"type": kind, "sequence_number": number, **more})
        return f"event: {kind}\ndata: {text}\n\n".encode()

    done = _items(answer)[0]
    nothing: dict[str, Any] = {"arguments": ""} if answer.calls_tool else {"content": []}
    begun = {**done, "status": "in_progress", **nothing}
    yield False, event("response.created", response=_response(answer, "in_progress", []))
    yield False, event("response.output_item.added", output_index=0, item=begun)
    place: dict[str, Any] = {"item_id": done["id"], "output_index": 0}
    if answer.calls_tool:
        for part in _argument_pieces(answer):
            yield True, event("response.function_call_arguments.delta", **place, delta=part)
    else:
        place["content_index"] = 0
        empty = {"type": "output_text", "text": "", "annotations": []}
        yield False, event("response.content_part.added", **place, part=empty)
        for word in answer.words:
            yield True, event("response.output_text.delta", **place, delta=word)
        yield False, event("response.output_text.done", **place, text="".join(answer.words))
        yield False, event("response.content_part.done", **place, part=done["content"][0])
    yield False, event("response.output_item.done", output_index=0, item=done)
    yield False, event("response.completed", response=_response(answer, "completed", [done]))
