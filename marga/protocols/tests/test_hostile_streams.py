"""Whatever JSON a provider sends, a translator raises nothing but one named error."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marga.protocols import answering, failures, sse
from marga.protocols.request import Unreadable
from marga.protocols.streams import ordering
from marga.protocols.streams.ordering import LONGEST_ANSWER
from marga.protocols.tests.answers import PAIRS, PROTOCOLS, parsed

KINDS = [
    *("message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta"),
    *("message_stop", "ping", "error", "text", "thinking", "redacted_thinking", "tool_use", "text_delta"),
    *("input_json_delta", "signature_delta", "citations_delta", "message", "reasoning", "function_call"),
    *(
        "custom_tool_call",
        "local_shell_call",
        "apply_patch_call",
        "output_text",
        "refusal",
        "function",
        "custom",
    ),
    *("response.created", "response.output_item.added", "response.output_item.done", "response.completed"),
    *("response.content_part.added", "response.output_text.delta", "response.function_call_arguments.delta"),
    *("response.reasoning_text.delta", "response.incomplete", "response.failed", "stop", "tool_calls"),
]
FIELDS = [
    *(
        "type",
        "id",
        "model",
        "index",
        "delta",
        "message",
        "content",
        "content_block",
        "usage",
        "choices",
        "text",
    ),
    *(
        "role",
        "name",
        "input",
        "arguments",
        "function",
        "custom",
        "tool_calls",
        "finish_reason",
        "stop_reason",
    ),
    *(
        "response",
        "output",
        "item",
        "output_index",
        "content_index",
        "summary",
        "call_id",
        "action",
        "status",
    ),
    *("thinking", "signature", "data", "partial_json", "citations", "reasoning_content", "error", "part"),
    *("operation", "encrypted_content", "logprobs", "created", "input_tokens", "annotations", "code"),
]
scalars = st.none() | st.booleans() | st.integers(-1, 3) | st.floats(allow_nan=False) | st.text(max_size=3)
values = st.recursive(
    scalars | st.sampled_from(KINDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
    max_leaves=12,
)
payloads = st.dictionaries(st.sampled_from(FIELDS), values, max_size=6)
delta = st.dictionaries(st.sampled_from(FIELDS), values, max_size=4)
shaped = st.one_of(
    payloads,
    st.builds(lambda given: {"choices": [{"delta": given}]}, delta),
    st.builds(lambda given: {"choices": [{"delta": {"tool_calls": [given]}}]}, delta),
    st.builds(
        lambda kind, index, given: {"type": kind, "index": index, "delta": given, "content_block": given},
        st.sampled_from(KINDS),
        st.integers(0, 2),
        delta,
    ),
    st.builds(
        lambda kind, index, given: {"type": kind, "output_index": index, "item": given, "delta": "x"},
        st.sampled_from(KINDS),
        st.integers(0, 2),
        delta,
    ),
    st.just({"choices": [{"finish_reason": "stop"}]}),
    st.just({"type": "message_delta", "delta": {"stop_reason": "end_turn"}}),
    st.builds(lambda given: {"type": "response.completed", "response": {"output": [given]}}, delta),
)
requests = st.fixed_dictionaries({"tools": st.lists(payloads, max_size=2)}) | payloads


@pytest.mark.parametrize(("source", "target"), PAIRS)
@settings(max_examples=40)
@given(events=st.lists(shaped, max_size=6), request_payload=requests)
def test_whatever_a_stream_says_only_one_named_error_is_raised(source, target, events, request_payload):
    translator = answering.StreamTranslator(source, target, request=request_payload)

    try:
        given = [event for payload in events for event in translator.feed(payload)]
        given += translator.end()
    except sse.MalformedStream:
        return

    parsed(given)


@pytest.mark.parametrize(("source", "target"), PAIRS)
@settings(max_examples=30)
@given(payload=payloads, request_payload=requests)
def test_whatever_an_answer_says_only_one_named_error_is_raised(source, target, payload, request_payload):
    try:
        answering.translate_answer(payload, source, target, request=request_payload)
    except Unreadable:
        return


@pytest.mark.parametrize("protocol", PROTOCOLS)
@settings(max_examples=30)
@given(payload=payloads, events=st.lists(shaped, max_size=6))
def test_whatever_is_played_or_collected_only_one_named_error_is_raised(protocol, payload, events):
    collector = answering.AnswerCollector(protocol)
    try:
        parsed(answering.stream_answer(payload, protocol, wants_usage=True))
        for event in events:
            collector.feed(event)
        collector.answer()
    except (sse.MalformedStream, Unreadable):
        return


@given(error=payloads)
def test_whatever_an_error_says_it_can_be_told(error):
    failure = failures.read_error(error)

    for protocol in PROTOCOLS:
        assert failures.error_body(protocol, **failure._asdict())
        parsed([failures.error_event(protocol, **failure._asdict())])


def nested(depth):
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"a": value}
    return value


def test_what_is_nested_too_deeply_is_refused_by_name():
    block = {"type": "tool_use", "id": "t", "name": "f", "input": nested(600)}
    translator = answering.StreamTranslator("messages", "chat", request={})

    with pytest.raises(sse.MalformedStream):
        translator.feed({"type": "content_block_start", "index": 0, "content_block": block})
    with pytest.raises(Unreadable):
        answering.translate_answer(
            {"content": [block], "stop_reason": "tool_use"}, "messages", "chat", request={}
        )
    with pytest.raises((sse.MalformedStream, Unreadable)):
        answering.stream_answer({"content": [block]}, "messages", wants_usage=False)


@pytest.mark.parametrize("target", ["messages", "responses"])
def test_what_a_stream_makes_a_translator_keep_is_bounded(target):
    translator = answering.StreamTranslator("chat", target, request={})
    chunk = {"choices": [{"delta": {"content": "x" * (LONGEST_ANSWER // 4)}}]}

    for _ in range(3):
        translator.feed(chunk)

    with pytest.raises(sse.MalformedStream):
        translator.feed(chunk)


def test_a_flood_of_unfinished_tool_calls_is_bounded(monkeypatch):
    monkeypatch.setattr(ordering, "LONGEST_ANSWER", 1 << 19)
    translator = answering.StreamTranslator("chat", "messages", request={})

    flood = [
        {"index": index, "id": f"c{index}", "function": {"name": "f", "arguments": "{"}}
        for index in range((1 << 19) // 256 + 2)
    ]

    with pytest.raises(sse.MalformedStream):
        translator.feed({"choices": [{"delta": {"tool_calls": flood}}]})
