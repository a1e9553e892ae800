"""What only another model can read is left out, and nothing else."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marga.protocols.leaving import without
from marga.protocols.turns import shape_of

THOUGHT = {"type": "thinking", "thinking": "hm", "signature": "c2ln"}
CALL = {"type": "tool_use", "id": "t1", "name": "look", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "t1", "content": "42"}
MESSAGES: dict[str, Any] = {
    "model": "auto",
    "max_tokens": 100,
    "thinking": {"type": "enabled", "budget_tokens": 2048},
    "context_management": {
        "edits": [{"type": "clear_thinking_20251015"}, {"type": "clear_tool_uses_20250919"}]
    },
    "messages": [
        {"role": "user", "content": "Look it up."},
        {"role": "assistant", "content": [{"type": "redacted_thinking", "data": "x"}]},
        {"role": "assistant", "content": [THOUGHT, CALL]},
        {"role": "user", "content": [RESULT]},
    ],
}
REASONING = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"}
RESPONSES = {
    "model": "auto",
    "input": [
        {"role": "user", "content": "Look it up."},
        REASONING,
        {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "look", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "42"},
        {"type": "compaction", "id": "cmp_1", "encrypted_content": "gBBB"},
    ],
}


def test_thinking_goes_with_its_blocks_and_whatever_needs_it():
    found = without(MESSAGES, "messages", "thinking")

    assert found.warnings == ("thinking",)
    assert "thinking" not in found.payload
    assert found.payload["context_management"]["edits"] == [{"type": "clear_tool_uses_20250919"}]
    assert found.payload["messages"] == [
        MESSAGES["messages"][0],
        {"role": "assistant", "content": [CALL]},
        MESSAGES["messages"][3],
    ]
    assert shape_of(found.payload, "messages").lock == "tool_loop"


def test_an_edit_of_the_context_that_only_clears_thinking_goes_too():
    given = {**MESSAGES, "context_management": {"edits": [{"type": "clear_thinking_20251015"}]}}

    assert "context_management" not in without(given, "messages", "thinking").payload


def test_sealed_items_go_and_calls_stay_without_the_ids_that_hang_on_them():
    found = without(RESPONSES, "responses", "encrypted")

    assert found.warnings == ("encrypted_reasoning", "encrypted_content")
    assert found.payload["input"] == [
        RESPONSES["input"][0],
        {"type": "function_call", "call_id": "c1", "name": "look", "arguments": "{}"},
        RESPONSES["input"][3],
    ]
    assert shape_of(found.payload, "responses").lock == "tool_loop"


@pytest.mark.parametrize(
    ("payload", "protocol", "what"),
    [
        (MESSAGES, "messages", ""),
        (MESSAGES, "messages", "encrypted"),
        (RESPONSES, "responses", "thinking"),
        ({"model": "auto", "input": "Hello"}, "responses", "encrypted"),
    ],
    ids=["nothing to drop", "not in messages", "not in responses", "nothing sealed"],
)
def test_a_request_without_such_parts_stays_the_same_object(payload, protocol, what):
    found = without(payload, protocol, what)

    assert found.payload is payload
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("payload", "protocol", "what"),
    [(MESSAGES, "messages", "thinking"), (RESPONSES, "responses", "encrypted")],
    ids=["thinking", "encrypted"],
)
def test_what_the_client_sent_is_not_changed(payload, protocol, what):
    before = copy.deepcopy(payload)

    without(payload, protocol, what)

    assert payload == before


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "id", "content", "encrypted_content", "x"]), inner, max_size=3
        )
    ),
    max_leaves=12,
)


@given(
    st.lists(JSON, max_size=4),
    st.sampled_from(["messages", "responses"]),
    st.sampled_from(["thinking", "encrypted"]),
)
def test_no_request_makes_it_fail_and_what_it_leaves_holds_nothing_more_to_leave_out(
    given_items, protocol, what
):
    payload = {"messages": given_items, "input": given_items}

    found = without(payload, protocol, what)

    again = without(found.payload, protocol, what)
    assert again.payload == found.payload
