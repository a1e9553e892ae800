from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marga.pricing import Usage
from marga.protocols import chat, messages, responses
from marga.protocols.request import Unreadable

WIRES: dict[str, Any] = {"chat": chat, "messages": messages, "responses": responses}
BODIES: dict[str, dict[str, Any]] = {
    "chat": {"model": "old", "messages": [{"role": "user", "content": "x"}]},
    "messages": {"model": "old", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]},
    "responses": {"model": "old", "input": "x"},
}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
WORDS = [
    "type",
    "usage",
    "message",
    "response",
    "delta",
    "content_block",
    "content",
    "item",
    "output",
    "choices",
]
WORDS += ["input", "error", "status", "summary", "system", "messages", "part", "stop_reason", "tool_calls"]
KINDS = ["content_block_start", "content_block_delta", "error", "response.output_item.added", "x.delta"]
KINDS += ["response.content_part.added", "message", "reasoning", "text", "tool_use", "tool_result"]
payloads = st.dictionaries(
    st.sampled_from(WORDS),
    json_values
    | st.sampled_from(KINDS)
    | st.lists(st.dictionaries(st.sampled_from(WORDS), json_values | st.sampled_from(KINDS)), max_size=2)
    | st.dictionaries(st.sampled_from(WORDS), json_values | st.sampled_from(KINDS)),
)


@pytest.mark.parametrize("name", ["messages", "responses"])
def test_a_rename_leaves_every_other_byte_alone(name):
    body = json.dumps(BODIES[name], indent=1).encode()

    request = WIRES[name].read_request(body)

    assert WIRES[name].upstream_body(request, "old") is body
    assert WIRES[name].upstream_body(request, "new") == body.replace(b'"old"', b'"new"')


@pytest.mark.parametrize("name", ["messages", "responses"])
def test_a_body_that_makes_the_place_uncertain_is_renamed_by_value(name):
    body = (
        json.dumps({**BODIES[name], "metadata": {"model": "old"}})
        .encode()
        .replace(b'"model"', b'"mode\\u006c"')
    )

    sent = json.loads(WIRES[name].upstream_body(WIRES[name].read_request(body), "new"))

    assert sent == {**BODIES[name], "model": "new", "metadata": {"model": "old"}}


@pytest.mark.parametrize(
    ("name", "payload", "param"),
    [
        ("messages", {"model": "m"}, "messages"),
        ("messages", {"model": "m", "messages": []}, "messages"),
        ("messages", {"messages": [{}]}, "model"),
        ("responses", {"model": "m"}, "input"),
        ("responses", {"model": "m", "input": 5}, "input"),
        ("responses", {"model": "m", "input": [], "stream": 1}, "stream"),
    ],
)
def test_a_body_that_cannot_be_used_is_refused_by_name(name, payload, param):
    with pytest.raises(Unreadable) as caught:
        WIRES[name].read_request(json.dumps(payload).encode())

    assert caught.value.param == param


@given(payloads)
def test_whatever_is_said_the_meter_does_not_fail(payload):
    for wire in WIRES.values():
        usage = wire.usage_of(payload)
        if usage is not None:
            wire.merge_usage(None, usage)
        assert wire.written_characters(payload) >= 0
        assert wire.read_characters(payload) >= 0
        assert wire.most_output_tokens(payload) >= 0
        wire.has_finished(payload)
        wire.ends_stream(payload)
        wire.is_startup(payload)
        assert wire.error_of(payload) is None or isinstance(wire.error_of(payload), dict)


def test_usage_of_messages_counts_fresh_read_and_written_input_together():
    start = {
        "type": "message_start",
        "message": {
            "usage": {
                "input_tokens": 10,
                "cache_read_input_tokens": 100,
                "cache_creation_input_tokens": 20,
                "output_tokens": 1,
            }
        },
    }
    delta = {"type": "message_delta", "usage": {"output_tokens": 30}}

    before, new = messages.usage_of(start), messages.usage_of(delta)

    assert new is not None
    assert before == Usage(130, 1, 100, 0, 20)
    assert messages.merge_usage(before, new) == Usage(130, 30, 100, 0, 20)


def test_usage_of_messages_reads_cache_writes_by_lifetime():
    parts = {"ephemeral_5m_input_tokens": 3, "ephemeral_1h_input_tokens": 4}

    assert messages.usage_of({"usage": {"input_tokens": 1, "cache_creation": parts}}) == Usage(8, 0, 0, 0, 7)


def test_usage_of_responses_is_read_in_answers_and_in_events():
    usage = {
        "input_tokens": 9,
        "output_tokens": 5,
        "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 2},
        "output_tokens_details": {"reasoning_tokens": 3},
    }

    assert responses.usage_of({"usage": usage}) == Usage(9, 5, 4, 3, 2)
    assert responses.usage_of({"type": "response.completed", "response": {"usage": usage}}) == Usage(
        9, 5, 4, 3, 2
    )
    assert responses.usage_of({"type": "response.created", "response": {"usage": None}}) is None


@pytest.mark.parametrize(
    ("name", "payload", "expected"),
    [
        ("chat", {"choices": [{"delta": {"role": "assistant", "content": ""}}]}, True),
        ("chat", {"choices": [], "prompt_filter_results": []}, True),
        ("chat", {"choices": [{"delta": {"content": "a"}}]}, False),
        ("chat", {"choices": [{"delta": {"tool_calls": [{"index": 0}]}}]}, False),
        ("chat", {"choices": [{"delta": {}, "finish_reason": "stop"}]}, False),
        ("chat", {"choices": [], "usage": {"prompt_tokens": 1}}, False),
        ("chat", {"error": {"message": "no"}}, False),
        ("messages", {"type": "message_start", "message": {}}, True),
        ("messages", {"type": "ping"}, True),
        ("messages", {"type": "content_block_start", "content_block": {"type": "text", "text": ""}}, True),
        (
            "messages",
            {"type": "content_block_start", "content_block": {"type": "tool_use", "name": "f"}},
            False,
        ),
        ("messages", {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "a"}}, False),
        ("messages", {"type": "error", "error": {}}, False),
        ("responses", {"type": "response.created", "response": {}}, True),
        (
            "responses",
            {"type": "response.output_item.added", "item": {"type": "message", "content": []}},
            True,
        ),
        ("responses", {"type": "response.output_item.added", "item": {"type": "function_call"}}, False),
        (
            "responses",
            {"type": "response.content_part.added", "part": {"type": "output_text", "text": ""}},
            True,
        ),
        ("responses", {"type": "response.output_text.delta", "delta": "a"}, False),
        ("responses", {"type": "response.failed", "response": {}}, False),
    ],
    ids=str,
)
def test_only_what_carries_no_output_may_be_held_back(name, payload, expected):
    assert WIRES[name].is_startup(payload) is expected


@pytest.mark.parametrize(
    ("name", "payload", "finished", "last"),
    [
        ("chat", {"choices": [{"finish_reason": "stop"}]}, True, False),
        ("messages", {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}, True, False),
        ("messages", {"type": "message", "stop_reason": "tool_use"}, True, False),
        ("messages", {"type": "message_stop"}, False, True),
        ("responses", {"type": "response.completed", "response": {}}, True, True),
        ("responses", {"type": "response.incomplete", "response": {}}, True, True),
        ("responses", {"type": "response.output_text.delta", "delta": "x"}, False, False),
        ("responses", {"object": "response", "status": "completed"}, True, False),
    ],
    ids=str,
)
def test_the_end_of_an_answer_is_seen(name, payload, finished, last):
    assert WIRES[name].has_finished(payload) is finished
    assert WIRES[name].ends_stream(payload) is last


@pytest.mark.parametrize(
    ("name", "payload", "message"),
    [
        ("chat", {"error": {"message": "no"}}, "no"),
        ("chat", {"error": "no"}, "no"),
        ("chat", {"error": None}, None),
        ("messages", {"type": "error", "error": {"type": "overloaded_error", "message": "no"}}, "no"),
        ("messages", {"type": "ping"}, None),
        ("responses", {"type": "error", "code": "x", "message": "no"}, "no"),
        (
            "responses",
            {"type": "response.failed", "response": {"error": {"code": "x", "message": "no"}}},
            "no",
        ),
        ("responses", {"object": "response", "error": None}, None),
    ],
    ids=str,
)
def test_an_error_inside_an_answer_is_found(name, payload, message):
    error = WIRES[name].error_of(payload)

    assert (error and error["message"]) == message


@pytest.mark.parametrize(
    ("name", "payload", "expected"),
    [
        ("chat", {"max_tokens": 5}, 5),
        ("chat", {"max_tokens": 5, "max_completion_tokens": 7, "n": 2}, 14),
        ("chat", {}, 0),
        ("messages", {"max_tokens": 5}, 5),
        ("responses", {"max_output_tokens": 5}, 5),
        ("responses", {"max_output_tokens": "5"}, 0),
    ],
    ids=str,
)
def test_what_a_request_allows_is_read(name, payload, expected):
    assert WIRES[name].most_output_tokens(payload) == expected


def test_characters_are_counted_once_whether_streamed_or_whole():
    whole = {
        "type": "message",
        "content": [{"type": "thinking", "thinking": "abc"}, {"type": "text", "text": "de"}],
    }
    deltas = [
        {"type": "content_block_delta", "delta": {"type": "thinking_delta", "thinking": "abc"}},
        {"type": "content_block_delta", "delta": {"type": "signature_delta", "signature": "long"}},
        {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "de"}},
    ]
    output = [{"type": "message", "content": [{"type": "output_text", "text": "abcde"}]}]
    done = {"type": "response.completed", "response": {"output": output}}

    assert messages.written_characters(whole) == sum(map(messages.written_characters, deltas)) == 5
    assert responses.written_characters({"output": output}) == 5
    assert responses.written_characters({"type": "response.output_text.delta", "delta": "abcde"}) == 5
    assert responses.written_characters(done) == 0


def test_characters_read_leave_images_out():
    image = {"type": "image", "source": {"type": "base64", "data": "A" * 1000}}
    result = {"type": "tool_result", "content": [{"type": "text", "text": "four"}, image]}

    request = {
        "system": [{"type": "text", "text": "ab"}],
        "messages": [{"content": "cd"}, {"content": [result]}],
    }

    assert messages.read_characters(request) == 8
    assert (
        responses.read_characters({"instructions": "ab", "input": [{"content": "cd"}, {"output": "four"}]})
        == 8
    )


def test_the_place_of_a_responses_stream_is_followed():
    begun = {"type": "response.created", "response": {"id": "resp_1"}, "sequence_number": 0}

    place = responses.place_of(begun, ("", 0))

    assert place == ("resp_1", 1)
    assert responses.place_of({"type": "response.output_text.delta", "sequence_number": 7}, place) == (
        "resp_1",
        8,
    )
    assert responses.place_of({"type": "response.output_text.delta"}, place) == ("resp_1", 2)
