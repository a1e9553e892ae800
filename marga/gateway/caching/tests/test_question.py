"""Only the last user text may differ between two requests that share an answer."""

from __future__ import annotations

from typing import Any

import pytest

from marga.gateway.caching.question import HOLE, question_of

EARLIER = [{"role": "user", "content": "First"}, {"role": "assistant", "content": "Yes"}]


def test_the_last_user_text_of_a_chat_is_cut_out_and_all_else_stays():
    payload: dict[str, Any] = {
        "model": "auto",
        "messages": [*EARLIER, {"role": "user", "content": "Why?"}],
        "n": 1,
    }

    question = question_of(payload, "chat")

    assert question is not None
    assert question.text == "Why?"
    assert question.rest == {
        "model": "auto",
        "messages": [*EARLIER, {"role": "user", "content": HOLE}],
        "n": 1,
    }
    assert payload["messages"][-1]["content"] == "Why?"


def test_one_text_beside_an_image_is_cut_out_and_the_image_stays():
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}
    payload = {"messages": [{"role": "user", "content": [{"type": "text", "text": "What is it?"}, image]}]}

    question = question_of(payload, "chat")

    assert question is not None
    assert question.text == "What is it?"
    assert question.rest["messages"][0]["content"] == [{"type": "text", "text": HOLE}, image]


def test_responses_take_a_plain_text_and_a_list_of_items():
    listed = {
        "input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Why?"}]}]
    }

    assert question_of({"input": "Why?"}, "responses") == ("Why?", {"input": HOLE})
    question = question_of(listed, "responses")
    assert question is not None
    assert question.text == "Why?"


@pytest.mark.parametrize(
    ("protocol", "payload"),
    [
        ("chat", {"messages": []}),
        ("chat", {"messages": "Hello"}),
        ("chat", {"messages": [*EARLIER]}),
        ("chat", {"messages": [{"role": "tool", "content": "42"}]}),
        ("messages", {"messages": [{"role": "user", "content": [{"type": "tool_result", "content": "42"}]}]}),
        (
            "messages",
            {
                "messages": [
                    {
                        "role": "user",
                        "content": [
                            {"type": "tool_result", "content": "42"},
                            {"type": "text", "text": "Go on"},
                        ],
                    }
                ]
            },
        ),
        (
            "chat",
            {
                "messages": [
                    {
                        "role": "user",
                        "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
                    }
                ]
            },
        ),
        ("chat", {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}),
        ("chat", {"messages": [{"role": "user", "content": None}]}),
        ("responses", {"input": [{"type": "function_call_output", "output": "42", "role": "user"}]}),
        ("embeddings", {"input": "Why?"}),
    ],
    ids=[
        "empty",
        "malformed",
        "assistant",
        "tool",
        "tool_result",
        "result_and_text",
        "two_texts",
        "image_only",
        "none",
        "call_output",
        "embeddings",
    ],
)
def test_a_request_that_does_not_end_in_one_user_text_has_no_question(protocol, payload):
    assert question_of(payload, protocol) is None
