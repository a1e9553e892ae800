from __future__ import annotations

import re
from collections.abc import Callable

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marga.protocols.client_tools import custom_arguments
from marga.protocols.neutral import Conversation, Json, Media, Text, ToolCall, ToolResult
from marga.protocols.request import Unreadable
from marga.protocols.requests import (
    chat_reader,
    chat_writer,
    messages_reader,
    messages_writer,
    responses_reader,
    responses_writer,
)
from marga.protocols.requests.notes import Notes
from marga.protocols.requests.target import Target
from marga.protocols.requests.tests.strategies import REQUESTS, any_json
from marga.protocols.translate import translate_request

READ: dict[str, Callable[[Json], Conversation]] = {
    "chat": chat_reader.read,
    "messages": messages_reader.read,
    "responses": responses_reader.read,
}
WRITE: dict[str, Callable[[Conversation, Target, Notes], Json]] = {
    "chat": chat_writer.write,
    "messages": messages_writer.write,
    "responses": responses_writer.write,
}
PROTOCOLS = sorted(READ)
CROSSINGS = [(source, target) for source in PROTOCOLS for target in PROTOCOLS if source != target]
MODELS = {"chat": "gpt-5", "messages": "claude-opus-4-6", "responses": "gpt-5"}
quick = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def said(conversation: Conversation) -> list[str]:
    """All texts of the conversation, results included, in order, joined where a writer may join."""
    found = [entry.text for entry in conversation.instructions]
    for turn in conversation.turns:
        for part in turn.parts:
            inner = part.parts if isinstance(part, ToolResult) else (part,)
            found += [text.text for text in inner if isinstance(text, Text)]
    return re.findall(r"\S+", " ".join(found))


def called(conversation: Conversation) -> list[tuple[str, object]]:
    """Every call's name and what it was given; a custom tool's text counts as what stands for it."""
    found = []
    for turn in conversation.turns:
        for part in turn.parts:
            if isinstance(part, ToolCall):
                text = custom_arguments(part.arguments) if part.kind == "custom" else part.arguments
                found.append((part.name, orjson.loads(text)))
    return found


def pictured(conversation: Conversation) -> list[tuple[str, str]]:
    found = []
    for turn in conversation.turns:
        found += [(part.data, part.url) for part in turn.parts if isinstance(part, Media)]
    return found


def answered(conversation: Conversation) -> list[str]:
    """The texts of the results, which stand in the order of their calls."""
    calls = [part.id for turn in conversation.turns for part in turn.parts if isinstance(part, ToolCall)]
    results = [part for turn in conversation.turns for part in turn.parts if isinstance(part, ToolResult)]
    assert [result.id for result in results] == calls
    return ["".join(text.text for text in result.parts if isinstance(text, Text)) for result in results]


def outcome(request: Json, source: str, target: str) -> str | bytes | None:
    """The translation as it would be sent, or the field for which it is refused."""
    try:
        translation = translate_request(request, source, target, model="m", is_stream=False)
    except Unreadable as refusal:
        return refusal.param
    return orjson.dumps(translation.payload)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@quick
@given(st.data())
def test_what_a_reader_reads_its_own_writer_writes_back(protocol, data):
    conversation = READ[protocol](data.draw(REQUESTS[protocol]))

    notes = Notes()
    written = WRITE[protocol](conversation, Target(protocol, "auto", False), notes)

    assert READ[protocol](written) == conversation
    assert notes.names() == ()


@pytest.mark.parametrize(("source", "target"), CROSSINGS, ids=lambda name: name)
@quick
@given(st.data())
def test_every_pair_keeps_texts_pictures_calls_and_results_in_order(source, target, data):
    request = data.draw(REQUESTS[source])
    before = READ[source](request)

    translation = translate_request(request, source, target, model=MODELS[target], is_stream=False)

    after = READ[target](orjson.loads(orjson.dumps(translation.payload)))
    assert said(after) == said(before)
    assert called(after) == called(before)
    assert pictured(after) == pictured(before)
    assert len(answered(after)) == len(called(before))


@pytest.mark.parametrize(("source", "target"), CROSSINGS, ids=lambda name: name)
@quick
@given(st.data())
def test_warnings_are_short_words_that_are_safe_in_a_header(source, target, data):
    request = data.draw(REQUESTS[source]) | {"x" + data.draw(st.text(max_size=60)): "x"}

    translation = translate_request(request, source, target, model="auto", is_stream=True)

    assert all(re.fullmatch(r"[a-z0-9_.\-]{1,48}", name) for name in translation.warnings)
    assert len(set(translation.warnings)) == len(translation.warnings)


@pytest.mark.parametrize(("source", "target"), CROSSINGS, ids=lambda name: name)
@quick
@given(st.data())
def test_a_field_of_any_type_is_translated_or_refused_by_name(source, target, data):
    request = dict(data.draw(REQUESTS[source]))
    for name in data.draw(st.lists(st.sampled_from(sorted(FIELDS[source])), min_size=1, max_size=3)):
        request[name] = data.draw(any_json)

    assert outcome(request, source, target)


@pytest.mark.parametrize(("source", "target"), CROSSINGS, ids=lambda name: name)
@quick
@given(st.data())
def test_a_broken_place_deep_inside_is_translated_or_refused_by_name(source, target, data):
    request = orjson.loads(orjson.dumps(data.draw(REQUESTS[source])))
    places = list(_places(request))
    holder, key = data.draw(st.sampled_from(places))
    holder[key] = data.draw(any_json)

    assert outcome(request, source, target)


def _places(value):
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in pairs:
        yield value, key
        if isinstance(inner, dict | list):
            yield from _places(inner)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_within_one_protocol_only_the_name_changes(protocol):
    request = {"model": "auto", "anything": [1], "stream": True}

    translation = translate_request(request, protocol, protocol, model="m", is_stream=True)

    assert translation == (request | {"model": "m"}, ())


FIELDS = {
    "chat": {
        "messages", "tools", "functions", "tool_choice", "function_call", "response_format", "reasoning_effort",
        "temperature", "max_tokens", "max_completion_tokens", "stop", "n", "metadata", "user", "store",
        "parallel_tool_calls", "logit_bias", "service_tier", "web_search_options",
    },
    "messages": {
        "messages", "system", "tools", "tool_choice", "thinking", "output_config", "output_format", "metadata",
        "stop_sequences", "max_tokens", "temperature", "top_k", "service_tier", "container", "mcp_servers",
    },
    "responses": {
        "input", "instructions", "tools", "tool_choice", "reasoning", "text", "include", "store", "metadata",
        "max_output_tokens", "temperature", "truncation", "background", "previous_response_id", "prompt",
        "conversation", "user",
    },
}  # fmt: skip
