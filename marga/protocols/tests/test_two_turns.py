"""A tool loop of two turns: what a client hands back, its provider knows again."""

from __future__ import annotations

from typing import Any

import pytest

from marga.protocols.answers.neutral import Answer, Text, Thinking, ToolCall
from marga.protocols.opaque import Sealed
from marga.protocols.tests.answers import collected, parsed, payload_of, translated
from marga.protocols.translate import stream_answer, translate_answer, translate_request

CALL = ToolCall("call_1", "look_up", '{"word":"avyay"}')
SEALS = {
    "messages": Sealed("messages", signature="EqQBCkY="),
    "responses": Sealed("responses", data="gAAAAB==", item_id="rs_x1_0"),
}
SCHEMA = {"type": "object", "properties": {"word": {"type": "string"}}}
FIRST: dict[str, dict[str, Any]] = {
    "chat": {
        "messages": [{"role": "user", "content": "What is it?"}],
        "tools": [{"type": "function", "function": {"name": "look_up", "parameters": SCHEMA}}],
        "reasoning_effort": "high",
    },
    "messages": {
        "max_tokens": 20_000,
        "messages": [{"role": "user", "content": "What is it?"}],
        "tools": [{"name": "look_up", "input_schema": SCHEMA}],
        "thinking": {"type": "enabled", "budget_tokens": 8000},
    },
    "responses": {
        "input": [{"role": "user", "content": "What is it?"}],
        "tools": [{"type": "function", "name": "look_up", "parameters": SCHEMA}],
        "reasoning": {"effort": "high"},
    },
}


def second(client: str, answer: dict[str, Any]) -> dict[str, Any]:
    """The client's next request: everything so far, the answer as it came, and the tool's result."""
    first = {"model": "m", **FIRST[client]}
    if client == "responses":
        result = {"type": "function_call_output", "call_id": "call_1", "output": "Imperishable."}
        return {**first, "input": [*first["input"], *answer["output"], result]}
    if client == "messages":
        result = {"type": "tool_result", "tool_use_id": "call_1", "content": "Imperishable."}
        said = [{"role": "assistant", "content": answer["content"]}, {"role": "user", "content": [result]}]
    else:
        result = {"role": "tool", "tool_call_id": "call_1", "content": "Imperishable."}
        said = [answer["choices"][0]["message"], result]
    return {**first, "messages": [*first["messages"], *said]}


@pytest.mark.parametrize("is_streamed", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("thought", ["I look.", ""], ids=["told", "untold"])
@pytest.mark.parametrize(
    ("upstream", "client"),
    [(upstream, client) for upstream in SEALS for client in FIRST if client != upstream],
)
def test_sealed_reasoning_comes_back_to_its_provider_as_it_was(upstream, client, thought, is_streamed):
    said = (Thinking(thought, SEALS[upstream]), Text("Looking."), CALL)
    payload = payload_of(Answer("msg_x1", "m", 7, said, "tool"), upstream)
    request = {"model": "m", **FIRST[client]}

    if is_streamed:
        events = parsed(stream_answer(payload, upstream, wants_usage=True))
        answer = collected(parsed(translated(events, upstream, client, request)), client)
        assert answer is not None
    else:
        answer = translate_answer(payload, upstream, client, request=request)
    sent = translate_request(second(client, answer), client, upstream, model="m", is_stream=False).payload

    if upstream == "messages":
        assert sent["messages"][1]["content"] == payload["content"]
    else:
        assert sent["input"][1]["encrypted_content"] == "gAAAAB=="
        assert sent["input"][1]["id"] == "rs_x1_0"
        assert sent["input"][1]["summary"] == payload["output"][0]["summary"]
        call = sent["input"][3]
        assert (call["call_id"], call["arguments"]) == ("call_1", CALL.arguments)
