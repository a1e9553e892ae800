from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marga.protocols.requests.tests.strategies import REQUESTS, any_json
from marga.protocols.turns import MOST_CHARACTERS, MOST_SESSION_CHARACTERS, shape_of, user_turns

PROTOCOLS = ["chat", "messages", "responses"]
FIELDS = [
    "messages",
    "input",
    "system",
    "instructions",
    "tools",
    "thinking",
    "reasoning",
    "text",
    "response_format",
]


def asked(protocol: str, *turns: Any) -> dict[str, Any]:
    name = "input" if protocol == "responses" else "messages"
    return {name: [{"role": role, "content": content} for role, content in turns]}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_user_turns_are_the_last_three_texts_of_a_person_oldest_first(protocol):
    kind = "input_text" if protocol == "responses" else "text"
    payload = asked(
        protocol,
        ("user", "one"),
        ("assistant", "not this"),
        ("user", "two"),
        (
            "user",
            [{"type": kind, "text": "three"}, {"type": "image_url"}, {"type": kind, "text": "and more"}],
        ),
        ("user", "four"),
    )

    assert user_turns(payload, protocol) == ["two", "three\nand more", "four"]
    assert user_turns(payload, protocol, most=1) == ["four"]


def test_what_a_program_slipped_in_is_no_persons_text():
    tool_result = [{"type": "tool_result", "tool_use_id": "a", "content": "secret"}]
    reminded = [
        {"type": "text", "text": "<system-reminder>\nfiles\n</system-reminder>"},
        {"type": "text", "text": "Fix it <system-reminder>now</system-reminder>please"},
    ]

    assert user_turns(asked("messages", ("user", reminded), ("user", tool_result)), "messages") == [
        "Fix it please"
    ]
    codex = asked("responses", ("user", "<environment_context>\n<cwd>/</cwd>"), ("user", "Fix it"))
    assert user_turns(codex, "responses") == ["Fix it"]


def test_a_responses_request_may_be_one_text():
    assert user_turns({"input": "hello"}, "responses") == ["hello"]


def test_a_long_text_keeps_its_beginning_and_its_end():
    turns = user_turns(asked("chat", ("user", "old"), ("user", "A" * 50_000 + "B" * 50_000)), "chat")

    assert len(turns) == 1
    assert turns[0].startswith("A")
    assert turns[0].endswith("B")
    assert len(turns[0]) <= MOST_CHARACTERS + 1


@pytest.mark.parametrize("protocol", PROTOCOLS)
@settings(max_examples=15, deadline=None)
@given(st.data())
def test_any_payload_has_turns_and_a_shape_within_their_bounds(protocol, data):
    payload = data.draw(REQUESTS[protocol])
    for name in data.draw(st.lists(st.sampled_from(FIELDS), max_size=2)):
        payload = payload | {name: data.draw(any_json | st.lists(any_json))}

    turns, shape = user_turns(payload, protocol), shape_of(payload, protocol)

    assert all(turns)
    assert len(turns) <= 3
    assert sum(map(len, turns)) <= MOST_CHARACTERS + 100
    assert len(shape.session_text) <= 2 * MOST_SESSION_CHARACTERS + 100
    assert shape.lock in ("", "tool_loop", "thinking", "encrypted")


@pytest.mark.parametrize(
    ("protocol", "fields", "need"),
    [
        ("chat", {"tools": [{}]}, "tools"),
        ("chat", {"functions": [{}]}, "tools"),
        ("chat", {"response_format": {"type": "json_schema"}}, "json_schema"),
        ("responses", {"text": {"format": {"type": "json_schema"}}}, "json_schema"),
        ("messages", {"output_config": {"format": {"type": "json_schema"}}}, "json_schema"),
        ("messages", {"thinking": {"type": "enabled", "budget_tokens": 2000}}, "thinking"),
        ("chat", {"reasoning_effort": "low"}, "thinking"),
        ("responses", {"reasoning": {"effort": "low"}}, "thinking"),
        ("chat", asked("chat", ("user", [{"type": "image_url"}])), "vision"),
        (
            "messages",
            asked("messages", ("user", [{"type": "tool_result", "content": [{"type": "image"}]}])),
            "vision",
        ),
        ("chat", asked("chat", ("user", [{"type": "input_audio"}])), "audio"),
        ("responses", asked("responses", ("user", [{"type": "input_file"}])), "files"),
    ],
)
def test_a_shape_says_what_the_request_needs(protocol, fields, need):
    assert shape_of(fields, protocol).needs == {need}


@pytest.mark.parametrize(
    "fields",
    [
        {"thinking": {"type": "adaptive"}},
        {"reasoning_effort": "none"},
        {"response_format": {"type": "json_object"}},
        {"tools": []},
    ],
    ids=["adaptive", "no effort", "json object", "no tools"],
)
def test_what_every_model_can_do_is_no_need(fields):
    assert shape_of(fields, "chat").needs == frozenset()


THOUGHT = {"type": "thinking", "thinking": "t", "signature": "s"}
USE = {"type": "tool_use", "id": "a", "name": "n", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "a", "content": "1"}


@pytest.mark.parametrize(
    ("protocol", "payload", "lock"),
    [
        (
            "chat",
            {"messages": [{"role": "assistant", "tool_calls": []}, {"role": "tool", "content": "1"}]},
            "tool_loop",
        ),
        ("chat", asked("chat", ("user", "hi")), ""),
        ("messages", asked("messages", ("assistant", [USE]), ("user", [RESULT])), "tool_loop"),
        ("messages", asked("messages", ("assistant", [THOUGHT, USE]), ("user", [RESULT])), "thinking"),
        ("messages", asked("messages", ("assistant", [THOUGHT]), ("user", "next")), ""),
        ("responses", {"input": [{"type": "function_call_output", "output": "1"}]}, "tool_loop"),
        (
            "responses",
            {"input": [{"type": "reasoning", "encrypted_content": "x"}, {"role": "user"}]},
            "encrypted",
        ),
    ],
    ids=["chat loop", "chat", "messages loop", "signed loop", "loop over", "responses loop", "sealed"],
)
def test_a_shape_says_what_binds_the_request_to_its_model(protocol, payload, lock):
    assert shape_of(payload, protocol).lock == lock


def test_a_session_is_known_by_its_system_text_and_first_user_text():
    system = [{"type": "text", "text": "x-anthropic-billing-header: 1"}, {"type": "text", "text": "s" * 9000}]
    first = {"system": system, **asked("messages", ("user", "first"))}
    later = {"system": system, **asked("messages", ("user", "first"), ("assistant", "a"), ("user", "second"))}

    shape = shape_of(first, "messages")

    assert shape.session_text == "s" * MOST_SESSION_CHARACTERS + "\nfirst"
    assert shape.system_characters == 9000
    assert shape_of(later, "messages").session_text == shape.session_text
    developer = {"instructions": "i", **asked("responses", ("developer", "d"), ("user", "u"))}
    assert shape_of(developer, "responses").session_text == "i\nd\nu"


def test_results_nested_without_end_are_not_followed():
    content: Any = [{"type": "image"}]
    for _ in range(5000):
        content = [{"type": "tool_result", "content": content}]

    assert shape_of(asked("messages", ("user", content)), "messages").needs == frozenset()
