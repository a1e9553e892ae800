from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marga.protocols.estimating import FILE_TOKENS, IMAGE_TOKENS, TURN_TOKENS, estimate_input_tokens
from marga.protocols.requests.tests.strategies import REQUESTS


def user(content):
    return {"messages": [{"role": "user", "content": content}]}


def test_text_counts_by_its_bytes_and_each_turn_has_a_price():
    assert estimate_input_tokens(user("x" * 400), "messages") == 100 + TURN_TOKENS
    assert estimate_input_tokens(user("好" * 400), "chat") == 300 + TURN_TOKENS


def test_a_picture_counts_the_same_whatever_its_bytes():
    small, large = (
        {"type": "image", "source": {"type": "base64", "data": "A" * size}} for size in (4, 4_000_000)
    )

    assert estimate_input_tokens(user([small]), "messages") == IMAGE_TOKENS + TURN_TOKENS
    assert estimate_input_tokens(user([large]), "messages") == IMAGE_TOKENS + TURN_TOKENS


def test_a_document_of_plain_text_counts_its_text():
    pdf = {"type": "document", "source": {"type": "base64", "data": "AAAA"}}
    text = {"type": "document", "source": {"type": "text", "data": "x" * 40}}

    assert estimate_input_tokens(user([pdf]), "messages") == FILE_TOKENS + TURN_TOKENS
    assert estimate_input_tokens(user([text]), "messages") == 10 + TURN_TOKENS


def test_system_text_tools_calls_and_results_count():
    bare = estimate_input_tokens(user("hi"), "messages")
    result = [{"type": "tool_result", "tool_use_id": "a", "content": "x" * 400}]

    assert estimate_input_tokens(user("hi") | {"system": "x" * 400}, "messages") == bare + 100
    assert (
        estimate_input_tokens(user("hi") | {"tools": [{"description": "x" * 400}]}, "messages") > bare + 100
    )
    assert estimate_input_tokens(user(result), "messages") == 100 + TURN_TOKENS


@pytest.mark.parametrize("protocol", sorted(REQUESTS))
@settings(max_examples=20, deadline=None)
@given(st.data())
def test_any_request_has_an_estimate_that_more_text_raises(protocol, data):
    payload = data.draw(REQUESTS[protocol])
    name = {"responses": "instructions", "messages": "system"}.get(protocol, "messages")
    more = [*payload["messages"], {"content": "x" * 80}] if name == "messages" else "x" * 8000

    assert (
        0 < estimate_input_tokens(payload, protocol) < estimate_input_tokens(payload | {name: more}, protocol)
    )
