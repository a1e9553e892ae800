"""The stub provider of `make clients` and of the client journeys: what it answers holds, what it refuses is wrong."""

from __future__ import annotations

import json
from typing import Any

import httpx
import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.clients.stub.schemas import instance
from benchmarks.clients.stub.server import SECRET, running_stub
from benchmarks.clients.stub.words import seal

NUMBERS = st.integers(-50, 50)
BASIC = st.one_of(
    st.just({"type": "string"}),
    st.just({"type": "boolean"}),
    st.just({"type": "null"}),
    st.just({"type": ["string", "null"]}),
    st.builds(
        lambda low, width: {"type": "integer", "minimum": low, "maximum": low + width},
        NUMBERS,
        st.integers(0, 9),
    ),
    st.builds(lambda low: {"type": "number", "exclusiveMinimum": low}, NUMBERS),
    st.builds(lambda low: {"type": "string", "minLength": low, "maxLength": low + 3}, st.integers(0, 40)),
    st.builds(lambda values: {"enum": values}, st.lists(st.text(max_size=5), min_size=1)),
    st.builds(lambda value: {"const": value}, st.integers()),
)


def _objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    properties = st.dictionaries(st.sampled_from("abcdef"), inner, max_size=4)
    return st.one_of(
        properties.map(
            lambda found: {
                "type": "object",
                "properties": found,
                "required": sorted(found),
                "additionalProperties": False,
            }
        ),
        st.builds(
            lambda item, least: {"type": "array", "items": item, "minItems": least}, inner, st.integers(0, 3)
        ),
        st.lists(inner, min_size=1, max_size=3).map(lambda choices: {"anyOf": choices}),
    )


SCHEMAS = st.recursive(BASIC, _objects, max_leaves=8)


@given(SCHEMAS, st.text(max_size=40))
def test_an_instance_is_valid_for_its_schema_whatever_the_prompt(schema, prompt):
    jsonschema.validate(instance(schema, prompt), schema)


def test_an_instance_takes_numbers_and_quoted_words_of_the_prompt_in_their_order():
    fields = {"a": {"type": "integer"}, "b": {"type": "integer"}, "name": {"type": "string"}}
    schema = {"type": "object", "properties": fields, "required": ["a", "b", "name"]}

    assert instance(schema, "add 2 and 40 for '你好'") == {"a": 2, "b": 40, "name": "你好"}


def test_an_instance_of_a_schema_that_goes_round_in_circles_ends():
    node = {"type": "object", "properties": {"next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}}}
    schema = {"$ref": "#/$defs/node", "$defs": {"node": {**node, "required": ["next"]}}}

    jsonschema.validate(instance(schema), schema)


@pytest.fixture(scope="module")
def stub():
    with running_stub() as stub:
        yield stub


@pytest.fixture
def http(stub):
    headers = {"Authorization": f"Bearer {SECRET}", "x-api-key": SECRET, "anthropic-version": "2023-06-01"}
    with httpx.Client(base_url=stub.url, headers=headers) as http:
        yield http


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


CALLED = {
    "role": "assistant",
    "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
}
USED = {"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "f", "input": {}}]}
FORGED = {"type": "thinking", "thinking": "Let me weigh this: all", "signature": seal("something else")}
CALL_ITEM = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
FORGED_ITEM = {
    "type": "reasoning",
    "summary": [{"type": "summary_text", "text": "Let me weigh this: all"}],
    "encrypted_content": seal("something else"),
}


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("chat/completions", {"messages": [user("a")], "top_k": 3}, "top_k"),
        ("chat/completions", {"messages": [user("a"), CALLED, user("b")]}, "c1"),
        (
            "chat/completions",
            {"messages": [{"role": "tool", "tool_call_id": "c1", "content": ""}]},
            "role 'tool'",
        ),
        ("messages", {"messages": [user("a")]}, "max_tokens"),
        ("messages", {"max_tokens": 9, "messages": [user("a")], "seed": 1}, "seed"),
        ("messages", {"max_tokens": 9, "messages": [user("a"), USED, user("b")]}, "tool_result"),
        (
            "messages",
            {"max_tokens": 9, "messages": [user("a"), {"role": "assistant", "content": [FORGED]}]},
            "sign",
        ),
        (
            "messages",
            {"max_tokens": 9, "messages": [user("a")], "context_management": {}},
            "context_management",
        ),
        ("responses", {"input": "a", "messages": []}, "messages"),
        ("responses", {"input": [user("a"), CALL_ITEM]}, "c1"),
        ("responses", {"input": [FORGED_ITEM, user("a")]}, "encrypted"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_request_that_the_real_provider_refuses_is_refused(http, path, body, said):
    answer = http.post(f"/v1/{path}", json={"model": "stub-small", **body})

    assert answer.status_code == 400
    assert said in answer.json()["error"]["message"]


def test_a_stream_and_a_whole_answer_say_the_same_in_each_form(http):
    chat = {"model": "stub-small", "messages": [user("Hi")]}
    chunks = events_of(http.post("/v1/chat/completions", json={**chat, "stream": True}).text)
    whole = http.post("/v1/chat/completions", json=chat).json()["choices"][0]["message"]["content"]
    assert "".join(c["choices"][0]["delta"].get("content") or "" for c in chunks[:-1]) == whole

    final = events_of(
        http.post("/v1/responses", json={"model": "stub-small", "input": "Hi", "stream": True}).text
    )
    assert final[-1]["response"]["output"][0]["content"][0]["text"] == whole


def events_of(text: str) -> list[dict[str, Any]]:
    return [
        json.loads(line[6:])
        for line in text.splitlines()
        if line.startswith("data: ") and line[6:] != "[DONE]"
    ]
