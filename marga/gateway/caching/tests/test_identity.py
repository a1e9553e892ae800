"""Requests are the same only if nothing that shapes the answer differs."""

from __future__ import annotations

import copy
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marga.gateway.caching.identity import (
    asks_for_the_same,
    body_digest,
    identity,
    is_cacheable,
    is_unambiguous,
    workspace_mark,
)

TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
CHAT: dict[str, Any] = {
    "model": "auto",
    "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}],
    "temperature": 0.5,
    "top_p": 1,
    "max_tokens": 100,
    "seed": 7,
    "n": 1,
    "stop": ["END"],
    "tools": [TOOL],
    "tool_choice": "auto",
    "response_format": {"type": "json_object"},
    "logit_bias": {"50256": -100},
    "reasoning_effort": "low",
    "stream": False,
}

scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text()
documents = st.dictionaries(
    st.text(),
    st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_size=5,
)


def of(payload: dict[str, object], workspace: str = "w", protocol: str = "chat", mark: str = "auto") -> bytes:
    return identity(workspace, protocol, payload, mark)


@pytest.mark.parametrize("name", sorted(set(CHAT) - {"stream"}))
def test_every_field_that_shapes_the_answer_is_part_of_the_identity(name):
    other = {**CHAT, name: "something else"}
    without = {key: value for key, value in CHAT.items() if key != name}

    assert len({of(CHAT), of(other), of(without)}) == 3


def test_a_field_that_nobody_knows_yet_is_part_of_the_identity():
    assert of({**CHAT, "invented_next_year": 1}) != of(CHAT)


@pytest.mark.parametrize(
    "field",
    [
        {"stream": True},
        {"stream_options": {"include_usage": True}},
        {"user": "anna"},
        {"metadata": {"trace": "1"}},
        {"prompt_cache_key": "k"},
        {"safety_identifier": "s"},
    ],
    ids=lambda field: next(iter(field)),
)
def test_how_the_answer_travels_is_no_part_of_the_identity(field):
    assert of({**CHAT, **field}) == of(CHAT)


def test_the_hint_by_which_a_model_is_chosen_is_part_of_the_identity():
    assert of({**CHAT, "metadata": {"task_type": "review"}}) != of(CHAT)
    assert of({**CHAT, "metadata": {"labels": "review"}}) not in (
        of(CHAT),
        of({**CHAT, "metadata": {"task_type": "review"}}),
    )


def test_workspace_protocol_and_policy_each_keep_requests_apart():
    assert (
        len({of(CHAT), of(CHAT, workspace="v"), of(CHAT, protocol="messages"), of(CHAT, mark="auto:best")})
        == 4
    )


def test_parts_of_the_frame_cannot_be_shifted_into_each_other():
    assert of(CHAT, workspace="a", protocol="bc") != of(CHAT, workspace="ab", protocol="c")
    assert body_digest("w", "chat", b"x", "") != body_digest("w", "chat", b"", "x")


def test_the_order_of_fields_says_nothing_but_the_order_of_turns_does():
    turned = {**CHAT, "messages": list(reversed(CHAT["messages"]))}

    assert of(dict(reversed(CHAT.items()))) == of(CHAT)
    assert of(turned) != of(CHAT)


def test_one_and_one_point_nought_are_the_same_only_among_the_sampling_numbers():
    schema = copy.deepcopy(CHAT)
    schema["tools"][0]["function"]["parameters"] = {"const": 1}
    other = copy.deepcopy(schema)
    other["tools"][0]["function"]["parameters"] = {"const": 1.0}

    assert of({**CHAT, "temperature": 1}) == of({**CHAT, "temperature": 1.0})
    assert of({**CHAT, "n": 1}) != of({**CHAT, "n": True})
    assert of(schema) != of(other)


@given(documents, documents)
def test_two_documents_have_one_identity_only_if_they_are_written_alike(first, second):
    same = orjson.dumps(first, option=orjson.OPT_SORT_KEYS) == orjson.dumps(
        second, option=orjson.OPT_SORT_KEYS
    )

    assert (of({"messages": first}) == of({"messages": second})) == same


def test_identities_and_body_digests_of_a_workspace_begin_alike():
    assert of(CHAT).startswith(workspace_mark("w"))
    assert body_digest("w", "chat", b"{}", "").startswith(workspace_mark("w"))
    assert workspace_mark("w") != workspace_mark("v")


@pytest.mark.parametrize(
    "body",
    [
        b'{"model":"a","messages":[1],"messages":[2]}',
        b'{"a":{"x":1,"\\u0078":2}}',
        b'{"seed":12345678901234567890}',
        b'{"seed":0.12345678901234567890}',
        b'{"temperature":1e400}',
        b'{"temperature":NaN}',
        b"[" * 100_000,
        b'{"a":"' + b"x" * (1 << 20) + b'"}',
    ],
    ids=["repeated", "repeated_escaped", "long_integer", "long_fraction", "infinite", "nan", "deep", "large"],
)
def test_a_body_that_readers_may_understand_differently_is_ambiguous(body):
    assert not is_unambiguous(body)


def test_an_ordinary_body_is_not_ambiguous():
    assert is_unambiguous(orjson.dumps(CHAT))


@pytest.mark.parametrize(
    "field",
    [
        {"previous_response_id": "resp_1"},
        {"conversation": "conv_1"},
        {"background": True},
        {"mcp_servers": [{"url": "https://example.com"}]},
        {"tools": [{"type": "web_search"}]},
        {"tools": [{"type": "function", "name": "f"}, {"type": "code_interpreter"}]},
        {"tools": [{"type": "bash_20250124", "name": "bash"}]},
        {"tools": "all"},
        {"web_search_options": {"search_context_size": "low"}},
    ],
    ids=["previous", "conversation", "background", "mcp", "search", "mixed", "typed", "malformed", "options"],
)
def test_answers_that_depend_on_what_a_provider_keeps_or_sees_are_not_cached(field):
    assert not is_cacheable({**CHAT, **field})


def test_requests_with_tools_that_the_client_runs_are_cached():
    assert is_cacheable(CHAT)
    assert is_cacheable({"tools": [{"name": "f", "input_schema": {}}]})
    assert is_cacheable({"tools": []})


def test_only_some_requests_ask_for_the_same_answer_each_time():
    assert asks_for_the_same({"temperature": 0}, "chat")
    assert asks_for_the_same({"temperature": 0.0}, "responses")
    assert asks_for_the_same({"seed": 7}, "chat")
    assert asks_for_the_same({"input": "x"}, "embeddings")
    assert not asks_for_the_same({}, "chat")
    assert not asks_for_the_same({"temperature": False}, "chat")
    assert not asks_for_the_same({"temperature": 0.2, "seed": None}, "messages")
