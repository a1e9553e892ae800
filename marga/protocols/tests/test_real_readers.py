"""Translated answers and streams, read by the vendors' own packages."""

from __future__ import annotations

from typing import Any, get_args

import anthropic
import httpx2
import openai
import pytest
from anthropic.types import Message, RawMessageStreamEvent
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import BaseModel

from marga.pricing import Usage
from marga.protocols import answering
from marga.protocols.answers.neutral import Answer, Text, Thinking, ToolCall
from marga.protocols.opaque import Sealed
from marga.protocols.tests.answers import PAIRS, answers, parsed, payload_of, translated

ASKS: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}}
WHOLE: dict[str, type[BaseModel]] = {"chat": ChatCompletion, "messages": Message, "responses": Response}


def by_type(union: Any) -> dict[str, type[BaseModel]]:
    members = get_args(get_args(union)[0])
    return {get_args(member.model_fields["type"].annotation)[0]: member for member in members}


EVENTS = {"messages": by_type(RawMessageStreamEvent), "responses": by_type(ResponseStreamEvent)}
SLOW = settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])


def model_for(event: dict[str, Any], protocol: str) -> type[BaseModel]:
    return ChatCompletionChunk if protocol == "chat" else EVENTS[protocol][event["type"]]


@pytest.mark.parametrize(("source", "target"), PAIRS)
@SLOW
@given(data=st.data())
def test_what_is_translated_has_the_types_that_the_vendors_publish(source, target, data):
    payload = payload_of(data.draw(answers(source)), source)

    plain = answering.translate_answer(payload, source, target, request=ASKS)
    events = parsed(answering.stream_answer(payload, source, wants_usage=True))
    streamed = parsed(translated(events, source, target, ASKS))

    WHOLE[target].model_validate(plain)
    for event in streamed:
        model_for(event, target).model_validate(event)


TOOL = ToolCall("call_1", "look_up", '{"word":"avyay"}')
OTHER = ToolCall("call_2", "look_up", '{"word":"\u0905\u0935\u094d\u092f\u092f"}')
USAGE = Usage(120, 45, 100, 12, 5)


def answer_of(source: str) -> Answer:
    sealed = {
        "messages": Sealed("messages", signature="sig=="),
        "responses": Sealed("responses", data="enc=="),
    }
    thought = Thinking("First I look.", sealed.get(source))
    return Answer(
        "msg_x1", "m", 7, (thought, Text("Looking it up. \u2713"), TOOL, OTHER), "tool", None, USAGE
    )


def transport(events: list[bytes]) -> httpx2.MockTransport:
    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=b"".join(events))

    return httpx2.MockTransport(answer)


def stream_of(source: str, target: str) -> list[bytes]:
    payload = payload_of(answer_of(source), source)
    events = parsed(answering.stream_answer(payload, source, wants_usage=True))
    return translated(events, source, target, ASKS)


SOURCES = ("chat", "messages", "responses")


@pytest.mark.parametrize("source", SOURCES)
def test_the_openai_package_puts_a_translated_chat_stream_together(source):
    http = httpx2.Client(transport=transport(stream_of(source, "chat")))
    client = openai.OpenAI(api_key="k", base_url="http://test/v1", http_client=http)

    with client.chat.completions.stream(model="m", messages=[]) as stream:
        final: Any = stream.get_final_completion()

    message, usage = final.choices[0].message, final.usage
    assert message.content == "Looking it up. \u2713"
    assert message.reasoning_content == "First I look."
    assert [(call.id, call.function.name, call.function.arguments) for call in message.tool_calls] == [
        (call.id, call.name, call.arguments) for call in (TOOL, OTHER)
    ]
    assert final.choices[0].finish_reason == "tool_calls"
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (120, 45, 165)
    assert usage.prompt_tokens_details.cached_tokens == 100
    assert usage.completion_tokens_details.reasoning_tokens == 12


@pytest.mark.parametrize("source", SOURCES)
def test_the_anthropic_package_puts_a_translated_messages_stream_together(source):
    http = httpx2.Client(transport=transport(stream_of(source, "messages")))
    client = anthropic.Anthropic(api_key="k", base_url="http://test", http_client=http)

    with client.messages.stream(model="m", max_tokens=9, messages=[]) as stream:
        final: Any = stream.get_final_message()

    thought, said, *calls = final.content
    assert thought.thinking == "First I look."
    assert (thought.signature == "sig==") is (source == "messages")
    assert said.text == "Looking it up. \u2713"
    assert [(call.id, call.name, call.input) for call in calls] == [
        ("call_1", "look_up", {"word": "avyay"}),
        ("call_2", "look_up", {"word": "\u0905\u0935\u094d\u092f\u092f"}),
    ]
    assert final.stop_reason == "tool_use"
    assert (final.usage.input_tokens, final.usage.cache_read_input_tokens) == (15, 100)
    assert (final.usage.cache_creation_input_tokens, final.usage.output_tokens) == (5, 45)


@pytest.mark.parametrize("source", SOURCES)
def test_the_openai_package_puts_a_translated_responses_stream_together(source):
    http = httpx2.Client(transport=transport(stream_of(source, "responses")))
    client = openai.OpenAI(api_key="k", base_url="http://test/v1", http_client=http)

    with client.responses.stream(model="m", input="x") as stream:
        final: Any = stream.get_final_response()

    thought, said, *calls = final.output
    assert thought.summary[0].text == "First I look."
    assert bool(thought.encrypted_content) is (source != "chat")
    assert said.content[0].text == "Looking it up. \u2713"
    assert [(call.call_id, call.name, call.arguments) for call in calls] == [
        (call.id, call.name, call.arguments) for call in (TOOL, OTHER)
    ]
    assert final.status == "completed"
    assert (final.usage.total_tokens, final.usage.input_tokens_details.cached_tokens) == (165, 100)
    assert final.usage.output_tokens_details.reasoning_tokens == 12


def failed(source: str, target: str, error: dict[str, Any]) -> list[bytes]:
    """A stream that says a word and then fails."""
    payload = payload_of(Answer("msg_x1", "m", 7, (Text("Once"),), "end"), source)
    said = parsed(answering.stream_answer(payload, source, wants_usage=True))
    kept = {"chat": 2, "messages": 3, "responses": 5}
    translator = answering.StreamTranslator(source, target, request=ASKS)
    events = [event for given in said[: kept[source]] for event in translator.feed(given)]
    events += translator.feed(error)
    assert translator.end() == []
    assert not translator.is_finished
    return events


OVERLOADED = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}


def test_the_openai_package_raises_an_error_in_the_middle_of_a_chat_stream():
    http = httpx2.Client(transport=transport(failed("messages", "chat", OVERLOADED)))
    client = openai.OpenAI(api_key="k", base_url="http://test/v1", http_client=http)

    with pytest.raises(openai.APIError, match="Overloaded"):
        list(client.chat.completions.create(model="m", messages=[], stream=True))


def test_the_anthropic_package_raises_an_error_in_the_middle_of_a_messages_stream():
    error = {"error": {"message": "Slow down", "type": "rate_limit_error", "code": "rate_limit_exceeded"}}
    http = httpx2.Client(transport=transport(failed("chat", "messages", error)))
    client = anthropic.Anthropic(api_key="k", base_url="http://test", http_client=http)

    with pytest.raises(anthropic.APIStatusError, match="Slow down"):
        list(client.messages.create(model="m", max_tokens=9, messages=[], stream=True))


def test_the_openai_package_reads_a_failed_response():
    http = httpx2.Client(transport=transport(failed("messages", "responses", OVERLOADED)))
    client = openai.OpenAI(api_key="k", base_url="http://test/v1", http_client=http)

    with client.responses.stream(model="m", input="x") as stream:
        last: Any = list(stream)[-1]

    assert last.type == "response.failed"
    assert last.response.error.message == "Overloaded"
