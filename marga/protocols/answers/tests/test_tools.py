"""A Responses client's own kinds of tool come back as their own kinds of item."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from marga.protocols import answering
from marga.protocols.client_tools import function_name
from marga.protocols.tests.answers import collected, parsed, translated

REQUEST: dict[str, Any] = {
    "tools": [
        {"type": "custom", "name": "apply", "format": {"type": "grammar"}},
        {"type": "local_shell"},
        {"type": "shell"},
        {"type": "apply_patch"},
        {"type": "function", "name": "look_up", "parameters": {}},
        {"type": "namespace", "name": "notes", "tools": [{"type": "function", "name": "add"}]},
        {"type": "function", "name": "a tool with spaces"},
    ]
}
PATCH = {"type": "update_file", "path": "a.py", "diff": "@@\n-a\n+b\n"}
CASES: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "custom": (
        "apply",
        {"input": "*** Begin\n"},
        {"type": "custom_tool_call", "name": "apply", "input": "*** Begin\n"},
    ),
    "local shell": (
        "local_shell",
        {"command": ["ls", "-l"], "timeout_ms": 5},
        {
            "type": "local_shell_call",
            "action": {"type": "exec", "command": ["ls", "-l"], "timeout_ms": 5, "env": {}},
        },
    ),
    "shell": ("shell", {"commands": ["ls"]}, {"type": "shell_call", "action": {"commands": ["ls"]}}),
    "patch": ("apply_patch", {"operation": PATCH}, {"type": "apply_patch_call", "operation": PATCH}),
    "function": ("look_up", {"a": 1}, {"type": "function_call", "name": "look_up", "arguments": '{"a":1}'}),
    "namespace": (
        "notes__add",
        {"a": 1},
        {"type": "function_call", "name": "add", "namespace": "notes", "arguments": '{"a":1}'},
    ),
    "long name": (
        function_name("a tool with spaces"),
        {},
        {"type": "function_call", "name": "a tool with spaces", "arguments": "{}"},
    ),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("source", ["chat", "messages"])
def test_a_call_comes_back_as_the_clients_own_kind_of_item(case, source):
    name, given, expected = CASES[case]
    if source == "messages":
        block = {"type": "tool_use", "id": "call_1", "name": name, "input": given}
        payload: dict[str, Any] = {"id": "msg_1", "model": "m", "content": [block], "stop_reason": "tool_use"}
    else:
        call = {
            "id": "call_1",
            "type": "function",
            "function": {"name": name, "arguments": orjson.dumps(given).decode()},
        }
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
        payload = {
            "id": "msg_1",
            "model": "m",
            "choices": [{"message": message, "finish_reason": "tool_calls"}],
        }

    plain = answering.translate_answer(payload, source, "responses", request=REQUEST)
    events = parsed(answering.stream_answer(payload, source, wants_usage=False))
    streamed = parsed(translated(events, source, "responses", REQUEST))

    item = plain["output"][0]
    assert {name: item[name] for name in expected} == expected
    assert item["call_id"] == "call_1"
    assert plain["output"] == collected(streamed, "responses")["output"]
    added = next(event["item"] for event in streamed if event["type"] == "response.output_item.added")
    assert (added["id"], added["type"], added["call_id"]) == (item["id"], item["type"], "call_1")


@pytest.mark.parametrize("target", ["chat", "messages"])
def test_a_custom_call_reaches_clients_that_asked_for_another_protocol(target):
    item = {"type": "custom_tool_call", "id": "ctc_1", "call_id": "call_1", "name": "apply", "input": "text"}
    payload = {"id": "resp_1", "model": "m", "status": "completed", "output": [item]}

    answer = answering.translate_answer(payload, "responses", target, request={})
    events = parsed(answering.stream_answer(payload, "responses", wants_usage=False))
    streamed = collected(parsed(translated(events, "responses", target, {})), target)

    if target == "chat":
        call = answer["choices"][0]["message"]["tool_calls"][0]
        assert call == {"id": "call_1", "type": "custom", "custom": {"name": "apply", "input": "text"}}
        assert streamed["choices"] == answer["choices"]
    else:
        assert answer["content"][0]["input"] == {"input": "text"}
        assert streamed["content"] == answer["content"]


def test_a_custom_tool_of_a_chat_client_comes_back_as_one():
    request = {"tools": [{"type": "custom", "custom": {"name": "apply"}}]}
    block = {"type": "tool_use", "id": "call_1", "name": "apply", "input": {"input": "text"}}
    payload = {"id": "msg_1", "model": "m", "content": [block], "stop_reason": "tool_use"}

    answer = answering.translate_answer(payload, "messages", "chat", request=request)
    events = parsed(answering.stream_answer(payload, "messages", wants_usage=False))
    streamed = collected(parsed(translated(events, "messages", "chat", request)), "chat")

    call = {"id": "call_1", "type": "custom", "custom": {"name": "apply", "input": "text"}}
    assert answer["choices"][0]["message"]["tool_calls"] == [call]
    assert streamed["choices"][0]["message"]["tool_calls"] == [call]


def test_arguments_that_are_no_object_stay_visible_to_a_messages_client():
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "not json"}}
    payload = {"choices": [{"message": {"tool_calls": [call]}, "finish_reason": "tool_calls"}]}

    answer = answering.translate_answer(payload, "chat", "messages", request={})

    assert answer["content"][0]["input"] == {"input": "not json"}
