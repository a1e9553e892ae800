"""What is checked by is found in every protocol, and only whole answers are taken for answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marga.cascade import RequestFacts
from marga.protocols.checkable import facts_of, plain, said

SCHEMA = {"type": "object"}


@pytest.mark.parametrize(
    "payload",
    [
        {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}}},
        {"text": {"format": {"type": "json_schema", "name": "n", "schema": SCHEMA}}},
        {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
        {"output_format": {"type": "json_schema", "schema": SCHEMA}},
    ],
    ids=["chat", "responses", "messages", "messages beta"],
)
def test_the_schema_is_found_in_each_protocol(payload):
    assert facts_of(payload).schema == SCHEMA


def test_labels_come_from_the_header_before_the_metadata():
    payload = {"metadata": {"labels": "spam, ham,"}}

    assert facts_of(payload).labels == ("spam", "ham")
    assert facts_of(payload, "yes, no").labels == ("yes", "no")


@pytest.mark.parametrize(
    ("payload", "facts"),
    [
        ({}, RequestFacts()),
        ({"n": 3}, RequestFacts(choices=3)),
        ({"logprobs": True}, RequestFacts(asks_logprobs=True)),
        ({"top_logprobs": 2}, RequestFacts(asks_logprobs=True)),
        ({"include": ["message.output_text.logprobs"]}, RequestFacts(asks_logprobs=True)),
    ],
    ids=["nothing", "choices", "chat", "responses", "included"],
)
def test_what_one_answer_of_another_model_could_not_give_is_seen(payload, facts):
    assert facts_of(payload) == facts


def chat(content="42", finish="stop", **message):
    return {"choices": [{"message": {"content": content, **message}, "finish_reason": finish}]}


def messages(stop="end_turn", *content):
    return {"content": [*content, {"type": "text", "text": "42"}], "stop_reason": stop}


def responses(status="completed", **more):
    part = {"type": "output_text", "text": "42", "annotations": []}
    item = {"type": "message", "role": "assistant", "id": "msg_1", "content": [part]}
    return {"id": "resp_1", "status": status, "output": [item], **more}


@pytest.mark.parametrize(
    ("payload", "protocol"),
    [
        (chat(), "chat"),
        (messages(), "messages"),
        (messages("end_turn", {"type": "thinking", "thinking": "hm", "signature": "s"}), "messages"),
        (responses(), "responses"),
    ],
    ids=["chat", "messages", "thought", "responses"],
)
def test_the_text_of_a_whole_answer_is_read(payload, protocol):
    assert said(payload, protocol) == "42"


CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}


@pytest.mark.parametrize(
    ("payload", "protocol"),
    [
        (chat(finish="length"), "chat"),
        (chat(finish="content_filter"), "chat"),
        (chat(finish="tool_calls", tool_calls=[CALL]), "chat"),
        (chat(refusal="No."), "chat"),
        (messages("max_tokens"), "messages"),
        (messages("refusal"), "messages"),
        (messages("tool_use", {"type": "tool_use", "id": "t", "name": "f", "input": {}}), "messages"),
        (responses("incomplete", incomplete_details={"reason": "max_output_tokens"}), "responses"),
        ({}, "chat"),
        ({}, "messages"),
        ({}, "responses"),
    ],
    ids=[
        "chat length",
        "chat filter",
        "chat call",
        "chat refusal",
        "messages length",
        "messages refusal",
        "messages call",
        "responses length",
        "chat empty",
        "messages empty",
        "responses empty",
    ],
)
def test_what_is_cut_refused_calls_or_cannot_be_read_says_nothing(payload, protocol):
    assert said(payload, protocol) == ""


def test_a_request_for_a_sample_is_not_streamed_and_else_the_same():
    asked = {"model": "auto", "stream": True, "stream_options": {"include_usage": True}, "temperature": 0}

    assert plain(asked) == {"model": "auto", "temperature": 0}


def test_a_second_sample_of_one_model_is_asked_with_chance():
    asked = {"temperature": 0, "top_p": 0.1, "top_k": 1, "seed": 7}

    assert plain(asked, again=True) == {"temperature": 0.7}
    assert plain({"seed": 7}, again=True) == {}
    assert plain({"temperature": 1, "top_p": 0.9}, again=True) == {"temperature": 1, "top_p": 0.9}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    [
        "response_format",
        "text",
        "output_config",
        "output_format",
        "metadata",
        "include",
        "n",
        "choices",
        "output",
    ]
)


@given(st.dictionaries(NAMES, JSON, max_size=6), st.sampled_from(["chat", "messages", "responses"]))
def test_nothing_that_a_client_or_provider_sends_makes_it_fail(payload, protocol):
    facts_of(payload)

    assert said(payload, protocol) == ""
