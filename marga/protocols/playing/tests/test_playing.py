"""What only one protocol knows survives being played and collected; what a real stream splits is put together."""

from __future__ import annotations

from typing import Any

import pytest

from marga.protocols import answering, sse
from marga.protocols.tests.answers import collected, parsed

CITED = {"type": "char_location", "cited_text": "x", "document_index": 0}
RESULT = {
    "type": "web_search_tool_result",
    "tool_use_id": "s",
    "content": [{"type": "web_search_result", "url": "u"}],
}
LINK = {"type": "url_citation", "url": "u", "title": "t", "start_index": 0, "end_index": 1}
WHOLE: dict[str, tuple[str, dict[str, Any]]] = {
    "chat: two choices with logprobs": (
        "chat",
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": "m",
            "system_fingerprint": "fp",
            "service_tier": "default",
            "choices": [
                {
                    "index": index,
                    "message": {"role": "assistant", "content": "", "refusal": None, "annotations": [LINK]},
                    "logprobs": {"content": [{"token": "a", "logprob": -1.5}], "refusal": None},
                    "finish_reason": "stop",
                }
                for index in range(2)
            ],
            "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
        },
    ),
    "chat: audio and tool calls": (
        "chat",
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "choices": [
                {
                    "index": 0,
                    "message": {
                        "role": "assistant",
                        "content": None,
                        "audio": {"id": "a", "data": "QUJD", "transcript": "hi", "expires_at": 5},
                        "tool_calls": [
                            {"id": "c0", "type": "function", "function": {"name": "f", "arguments": "{}"}},
                            {"id": "c1", "type": "custom", "custom": {"name": "g", "input": "x"}},
                        ],
                    },
                    "finish_reason": "tool_calls",
                }
            ],
        },
    ),
    "messages: citations, server tools, a container": (
        "messages",
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "m",
            "content": [
                {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "q"}},
                RESULT,
                {"type": "text", "text": "x", "citations": [CITED, CITED]},
                {"type": "text", "text": "", "citations": None},
                {"type": "thinking", "thinking": "", "signature": "sig"},
                {"type": "redacted_thinking", "data": "enc"},
            ],
            "container": {"id": "c"},
            "stop_reason": "pause_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": 1, "output_tokens": 2, "server_tool_use": {"web_search_requests": 1}},
        },
    ),
    "responses: annotations, searches, open reasoning": (
        "responses",
        {
            "id": "resp_1",
            "object": "response",
            "status": "incomplete",
            "incomplete_details": {"reason": "max_output_tokens"},
            "model": "m",
            "output": [
                {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"query": "q"}},
                {
                    "type": "reasoning",
                    "id": "rs_1",
                    "summary": [{"type": "summary_text", "text": "a"}, {"type": "summary_text", "text": "b"}],
                    "content": [{"type": "reasoning_text", "text": "all"}],
                },
                {
                    "type": "message",
                    "id": "msg_1",
                    "role": "assistant",
                    "status": "completed",
                    "content": [
                        {"type": "output_text", "text": "x", "annotations": [LINK], "logprobs": []},
                        {"type": "refusal", "refusal": "no"},
                    ],
                },
                {"type": "custom_tool_call", "id": "ctc_1", "call_id": "c", "name": "f", "input": "x"},
            ],
            "usage": {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3},
        },
    ),
}


@pytest.mark.parametrize("case", WHOLE)
def test_what_only_one_protocol_knows_survives(case):
    protocol, payload = WHOLE[case]

    events = answering.stream_answer(payload, protocol, wants_usage=True)

    assert collected(parsed(events), protocol) == payload


def test_usage_is_played_to_a_chat_client_only_if_it_asked():
    payload = WHOLE["chat: two choices with logprobs"][1]

    asked = answering.stream_answer(payload, "chat", wants_usage=True)
    unasked = answering.stream_answer(payload, "chat", wants_usage=False)

    assert unasked[-1] == asked[-1] == sse.DONE_EVENT
    assert parsed(asked)[-1]["usage"] == payload["usage"]
    assert parsed(asked)[:-1] == parsed(unasked)


@pytest.mark.parametrize("case", WHOLE)
def test_a_stream_that_has_not_ended_makes_no_answer(case):
    protocol, payload = WHOLE[case]
    events = parsed(answering.stream_answer(payload, protocol, wants_usage=False))

    for cut in range(len(events)):
        assert collected(events[:cut], protocol) is None


@pytest.mark.parametrize(
    ("protocol", "error"),
    [
        ("chat", {"error": {"message": "m"}}),
        ("messages", {"type": "error", "error": {"message": "m"}}),
        ("responses", {"type": "error", "message": "m"}),
    ],
)
def test_a_stream_with_an_error_in_it_makes_no_answer(protocol, error):
    payload = next(payload for known, payload in WHOLE.values() if known == protocol)
    events = parsed(answering.stream_answer(payload, protocol, wants_usage=False))

    assert collected([events[0], error, *events[1:]], protocol) is None


def test_chunks_of_a_tool_call_are_put_together_whatever_index_they_carry():
    deltas: list[dict[str, Any]] = [
        {
            "tool_calls": [
                {"index": 0, "id": "c0", "type": "function", "function": {"name": "f", "arguments": '{"a"'}}
            ]
        },
        {"tool_calls": [{"index": 0, "function": {"arguments": ":1}"}}]},
        {
            "tool_calls": [
                {"index": 0, "id": "c1", "type": "function", "function": {"name": "g", "arguments": "{}"}}
            ]
        },
    ]
    events: list[dict[str, Any]] = [
        {"id": "x", "choices": [{"index": 0, "delta": delta}]} for delta in deltas
    ]
    events.append({"id": "x", "choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]})

    calls = collected(events, "chat")["choices"][0]["message"]["tool_calls"]

    assert [(call["id"], call["function"]["name"], call["function"]["arguments"]) for call in calls] == [
        ("c0", "f", '{"a":1}'),
        ("c1", "g", "{}"),
    ]


def test_a_response_whose_last_event_leaves_its_output_out_has_the_items_that_ended():
    item = {"type": "message", "id": "msg_1", "content": []}
    events: list[dict[str, Any]] = [
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": {"id": "resp_1", "status": "completed", "output": []}},
    ]

    assert collected(events, "responses")["output"] == [item]


def test_messages_counts_are_those_of_the_last_event_where_it_has_them():
    events: list[dict[str, Any]] = [
        {
            "type": "message_start",
            "message": {"usage": {"input_tokens": 9, "output_tokens": 1, "service_tier": "x"}},
        },
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 7}},
        {"type": "message_stop"},
    ]

    assert collected(events, "messages")["usage"] == {
        "input_tokens": 9,
        "output_tokens": 7,
        "service_tier": "x",
    }


def test_an_answer_too_long_to_be_kept_is_given_up_and_disturbs_nobody():
    collector = answering.AnswerCollector("chat")
    piece = {"choices": [{"index": 0, "delta": {"content": "x" * (answering.LONGEST_COLLECTED // 2)}}]}

    for _ in range(3):
        collector.feed(piece)
    collector.feed({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})

    assert collector.answer() is None
