from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marga.protocols import answering
from marga.protocols.tests.answers import PAIRS, PROTOCOLS, answers, collected, parsed, payload_of, translated

ASKS = {"stream": True, "stream_options": {"include_usage": True}}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@given(data=st.data())
def test_a_whole_answer_played_as_a_stream_and_collected_is_the_same_answer(protocol, data):
    payload = payload_of(data.draw(answers(protocol)), protocol)

    events = parsed(answering.stream_answer(payload, protocol, wants_usage=True))

    assert collected(events, protocol) == payload


@pytest.mark.parametrize(("source", "target"), PAIRS)
@settings(max_examples=40)
@given(data=st.data())
def test_the_same_answer_says_the_same_plain_and_streamed(source, target, data):
    payload = payload_of(data.draw(answers(source)), source)
    plain = answering.translate_answer(payload, source, target, request=ASKS)

    events = parsed(answering.stream_answer(payload, source, wants_usage=True))
    streamed = collected(parsed(translated(events, source, target, ASKS)), target)

    assert streamed == plain


@pytest.mark.parametrize(
    ("created", "kept"), [(1_795_523_344, 1_795_523_344), (1_795_523_344.25, 1_795_523_344), ("x", 9)]
)
def test_the_time_that_a_provider_says_is_kept(created, kept):
    message = {"choices": [{"message": {"content": "a"}, "finish_reason": "stop"}], "created": created}
    chunk = {"choices": [{"delta": {"content": "a"}, "finish_reason": "stop"}], "created": created}

    plain = answering.translate_answer(message, "chat", "responses", request={}, created=9)
    events = parsed(answering.StreamTranslator("chat", "responses", request={}, created=9).feed(chunk))

    assert plain["created_at"] == events[0]["response"]["created_at"] == kept
