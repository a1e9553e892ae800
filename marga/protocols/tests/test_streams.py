"""The order of a translated stream's events, and what providers do with chunks that no document mentions."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marga.protocols import answering, sse
from marga.protocols.tests.answers import collected, parsed, translated

ASKS: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}}


def chunk(delta: dict[str, Any] | None = None, **also: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta or {}, "finish_reason": None, **also}
    return {"id": "chatcmpl-9", "created": 7, "model": "m", "choices": [choice]}


def called(index: int | None, arguments: Any = None, **also: Any) -> dict[str, Any]:
    call: dict[str, Any] = {"function": {"arguments": arguments}}
    if index is not None:
        call["index"] = index
    if "name" in also:
        call["function"]["name"] = also.pop("name")
    return {**call, **also}


def calls(*given: dict[str, Any]) -> dict[str, Any]:
    return chunk({"tool_calls": list(given)})


STOP = chunk(finish_reason="stop")
USAGE = {
    "id": "chatcmpl-9",
    "choices": [],
    "usage": {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 4}},
}


def kinds(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in events]


def test_a_messages_stream_opens_grows_and_closes_block_after_block():
    given = [
        chunk({"role": "assistant", "content": ""}),
        chunk({"reasoning_content": "hm"}),
        chunk({"content": "a"}),
    ]
    given += [
        chunk({"content": "b"}),
        calls(called(0, "", id="c1", name="f")),
        calls(called(0, "{}")),
        STOP,
        USAGE,
    ]

    events = parsed(translated(given, "chat", "messages", ASKS))

    assert kinds(events) == [
        "message_start",
        *("content_block_start", "content_block_delta", "content_block_delta", "content_block_stop"),
        *("content_block_start", "content_block_delta", "content_block_delta", "content_block_stop"),
        *("content_block_start", "content_block_delta", "content_block_stop"),
        *("message_delta", "message_stop"),
    ]
    assert [event["index"] for event in events[1:-2]] == [0] * 4 + [1] * 4 + [2] * 3
    assert events[3]["delta"] == {"type": "signature_delta", "signature": ""}
    assert events[-2]["delta"] == {"stop_reason": "tool_use", "stop_sequence": None}
    assert events[-2]["usage"] == {
        "input_tokens": 6,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 4,
        "output_tokens": 5,
    }
    assert events[0]["message"]["content"] == []


def test_a_responses_stream_tells_each_item_from_its_beginning_to_its_end():
    given = [chunk({"reasoning": "hm"}), chunk({"content": "a"}), chunk({"content": "b"})]
    given += [calls(called(0, "{}", id="c1", name="f")), STOP, USAGE]

    events = parsed(translated(given, "chat", "responses", ASKS))

    assert kinds(events) == [
        *("response.created", "response.in_progress"),
        *("response.output_item.added", "response.reasoning_summary_part.added"),
        *("response.reasoning_summary_text.delta", "response.reasoning_summary_text.done"),
        *("response.reasoning_summary_part.done", "response.output_item.done"),
        *("response.output_item.added", "response.content_part.added", "response.output_text.delta"),
        *("response.output_text.delta", "response.output_text.done", "response.content_part.done"),
        "response.output_item.done",
        *("response.output_item.added", "response.function_call_arguments.delta"),
        *("response.function_call_arguments.done", "response.output_item.done"),
        "response.completed",
    ]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    done = [event["item"] for event in events if event["type"] == "response.output_item.done"]
    assert events[-1]["response"]["output"] == done
    assert events[-1]["response"]["usage"]["total_tokens"] == 15
    assert len({item["id"] for item in done}) == 3


def test_a_chat_stream_says_its_role_first_its_end_once_and_its_usage_only_when_asked():
    given: list[dict[str, Any]] = [
        {"type": "message_start", "message": {"id": "msg_9", "model": "m", "usage": {"input_tokens": 3}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "ping"},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "a"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "max_tokens"}, "usage": {"output_tokens": 1}},
        {"type": "message_stop"},
    ]

    asked, unasked = translated(given, "messages", "chat", ASKS), translated(given, "messages", "chat", {})

    assert asked[-1] == unasked[-1] == sse.DONE_EVENT
    chunks = parsed(asked)
    assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
    assert [said["choices"][0]["finish_reason"] for said in chunks[:-1]] == [None, None, "length"]
    assert chunks[-1]["choices"] == []
    assert chunks[-1]["usage"]["total_tokens"] == 4
    assert parsed(unasked) == chunks[:-1]


@pytest.mark.parametrize("target", ["messages", "responses", "chat"])
@given(cut=st.integers(0, 6))
def test_a_stream_that_breaks_off_gets_no_end(target, cut):
    given: list[dict[str, Any]] = [
        {"type": "message_start", "message": {"id": "msg_9"}},
        {
            "type": "content_block_start",
            "index": 0,
            "content_block": {"type": "tool_use", "id": "t", "name": "f"},
        },
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "input_json_delta", "partial_json": '{"a":'},
        },
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "input_json_delta", "partial_json": "1}"},
        },
        {"type": "content_block_stop", "index": 0},
        {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": "x"}},
    ]

    events = translated(given[:cut], "messages", target, ASKS)

    assert sse.DONE_EVENT not in events
    assert collected(parsed(events), target) is None
    last = ("message_delta", "message_stop", "response.completed", "response.incomplete")
    assert not any(event.get("type") in last for event in parsed(events))


@settings(max_examples=30)
@given(st.data())
def test_tool_calls_written_at_once_come_out_one_after_the_other(data):
    arguments = data.draw(
        st.lists(st.dictionaries(st.text(max_size=3), st.text(max_size=9)), min_size=1, max_size=3)
    )
    written = [orjson.dumps(given).decode() for given in arguments]
    left = [list(text) for text in written]
    given = [calls(*(called(i, "", id=f"c{i}", name=f"f{i}") for i in range(len(written))))]
    while any(left):
        index = data.draw(st.sampled_from([i for i, pieces in enumerate(left) if pieces]))
        given.append(calls(called(index, left[index].pop(0))))

    messages = collected(parsed(translated([*given, STOP], "chat", "messages", ASKS)), "messages")
    responses = collected(parsed(translated([*given, STOP], "chat", "responses", ASKS)), "responses")

    assert [(block["id"], block["name"], block["input"]) for block in messages["content"]] == [
        (f"c{index}", f"f{index}", value) for index, value in enumerate(arguments)
    ]
    assert [(item["call_id"], item["arguments"]) for item in responses["output"]] == [
        (f"c{index}", value) for index, value in enumerate(written)
    ]


def test_a_tool_call_that_is_whole_goes_on_before_the_next_one_ends():
    translator = answering.StreamTranslator("chat", "messages", request={})
    translator.feed(calls(called(0, '{"a":1}', id="c0", name="f")))

    events = parsed(translator.feed(calls(called(1, '{"b":', id="c1", name="g"))))

    assert kinds(events) == ["content_block_stop", "content_block_start", "content_block_delta"]
    assert events[-1]["delta"]["partial_json"] == '{"b":'


@pytest.mark.parametrize(
    "given",
    [
        [calls(called(0, '{"a":1}', id="c0", name="f")), calls(called(0, '{"b":2}', id="c1", name="g"))],
        [calls(called(None, '{"a":1}', id="c0", name="f"), called(None, '{"b":2}', id="c1", name="g"))],
        [calls(called(0, {"a": 1}, id="c0", name="f"), called(1, {"b": 2}, id="c1", name="g"))],
        [calls(called(0, "{", id="c0", name="f"), called(1, "", id="c1", name="g")),
         calls(called(0, '"a":1}', id="c0"), called(1, '{"b":2}', id="c1"))],
    ],
    ids=["one index for all", "no index", "arguments as objects", "ids repeated"],
)  # fmt: skip
def test_tool_calls_are_told_apart_as_servers_write_them(given):
    answer = collected(parsed(translated([*given, STOP], "chat", "messages", ASKS)), "messages")

    assert [(block["id"], block["input"]) for block in answer["content"]] == [
        ("c0", {"a": 1}),
        ("c1", {"b": 2}),
    ]
    assert answer["stop_reason"] == "tool_use"


def test_a_call_without_an_id_or_arguments_gets_both():
    given = [calls(called(0, "", name="f")), STOP]

    answer = collected(parsed(translated(given, "chat", "responses", ASKS)), "responses")

    assert answer["output"][0]["call_id"] == "call_9_0"
    assert answer["output"][0]["arguments"] == "{}"


@pytest.mark.parametrize("target", ["chat", "messages", "responses"])
def test_a_stream_that_says_only_that_it_is_done_has_ended(target):
    said = [chunk({"content": "a"})]
    for is_done in (True, False):
        translator = answering.StreamTranslator("chat", target, request={})
        events = [event for payload in said for event in translator.feed(payload)]

        ending = translator.end(is_done=is_done)

        assert bool(ending) is is_done
        if target != "chat":
            assert (collected(parsed([*events, *ending]), target) is not None) is is_done


def test_only_the_first_of_several_choices_is_translated():
    other = {
        "id": "chatcmpl-9",
        "choices": [{"index": 1, "delta": {"content": "no"}, "finish_reason": "stop"}],
    }

    answer = collected(
        parsed(translated([chunk({"content": "a"}), other, STOP], "chat", "messages", ASKS)), "messages"
    )

    assert [block["text"] for block in answer["content"]] == ["a"]


@pytest.mark.parametrize("is_told", [True, False], ids=["told", "only at the end"])
def test_the_end_of_an_item_is_the_authority(is_told):
    item = {"type": "message", "id": "msg_1", "content": [{"type": "output_text", "text": "abcd"}]}
    call = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f", "arguments": '{"a":1}'}
    thought = {"type": "reasoning", "id": "rs_1", "summary": [{"text": "hm"}], "encrypted_content": "enc"}
    given: list[dict[str, Any]] = [{"type": "response.created", "response": {"id": "resp_9", "model": "m"}}]
    if is_told:
        given += [
            {"type": "response.output_item.added", "output_index": 1, "item": {**item, "content": []}},
            {"type": "response.output_text.delta", "output_index": 1, "content_index": 0, "delta": "ab"},
        ]
    given += [
        {"type": "response.output_item.done", "output_index": index, "item": done}
        for index, done in enumerate([thought, item, call])
    ]
    given.append({"type": "response.completed", "response": {"output": [thought, item, call]}})

    answer = collected(parsed(translated(given, "responses", "messages", ASKS)), "messages")

    blocks = {block["type"]: block for block in answer["content"]}
    assert len(answer["content"]) == 3
    assert blocks["thinking"]["thinking"] == "hm"
    assert blocks["thinking"]["signature"]
    assert blocks["text"]["text"] == "abcd"
    assert blocks["tool_use"]["input"] == {"a": 1}
    assert answer["stop_reason"] == "tool_use"


@pytest.mark.parametrize(
    ("source", "ending", "expected"),
    [
        ("messages", "end_turn", ("stop", "completed", None)),
        ("messages", "max_tokens", ("length", "incomplete", "max_output_tokens")),
        ("messages", "stop_sequence", ("stop", "completed", None)),
        ("messages", "refusal", ("content_filter", "incomplete", "content_filter")),
        ("messages", "pause_turn", ("stop", "completed", None)),
        ("messages", "model_context_window_exceeded", ("length", "incomplete", "max_output_tokens")),
        ("messages", "something_new", ("stop", "completed", None)),
    ],
)
def test_each_reason_to_stop_is_said_in_the_clients_words(source, ending, expected):
    payload = {"id": "msg_9", "content": [{"type": "text", "text": "a"}], "stop_reason": ending}

    chat = answering.translate_answer(payload, source, "chat", request={})
    responses = answering.translate_answer(payload, source, "responses", request={})

    details = responses["incomplete_details"]
    assert (
        chat["choices"][0]["finish_reason"],
        responses["status"],
        details and details["reason"],
    ) == expected


@pytest.mark.parametrize(
    ("finish", "expected"),
    [
        ("stop", "end_turn"),
        ("length", "max_tokens"),
        ("content_filter", "refusal"),
        ("tool_calls", "end_turn"),
    ],
)
def test_each_finish_reason_is_said_as_messages_does(finish, expected):
    payload = {"choices": [{"message": {"content": "a"}, "finish_reason": finish}]}

    assert answering.translate_answer(payload, "chat", "messages", request={})["stop_reason"] == expected


def test_a_refusal_is_one_in_every_protocol():
    payload = {"choices": [{"message": {"content": None, "refusal": "No."}, "finish_reason": "stop"}]}

    messages = answering.translate_answer(payload, "chat", "messages", request={})
    responses = answering.translate_answer(payload, "chat", "responses", request={})

    assert (messages["content"], messages["stop_reason"]) == ([{"type": "text", "text": "No."}], "refusal")
    assert responses["output"][0]["content"] == [{"type": "refusal", "refusal": "No."}]
    assert responses["status"] == "completed"


def test_the_time_of_an_answer_is_given_where_its_provider_does_not_say():
    payload = {"id": "msg_9", "content": [{"type": "text", "text": "a"}], "stop_reason": "end_turn"}
    events = parsed(answering.stream_answer(payload, "messages", wants_usage=False))
    translator = answering.StreamTranslator("messages", "chat", request={}, created=123)

    streamed = parsed([event for given in events for event in translator.feed(given)])

    assert answering.translate_answer(payload, "messages", "chat", request={}, created=123)["created"] == 123
    assert {said["created"] for said in streamed} == {123}


def test_the_same_protocol_in_and_out_passes_what_it_does_not_know():
    said = chunk({"content": "a"}, logprobs={"content": [{"token": "a"}]})
    translator = answering.StreamTranslator("chat", "chat", request={})

    assert parsed(translator.feed(said)) == [said]
    assert translator.feed(USAGE) == []
    assert translator.end() == []
    translator.feed(STOP)
    assert translator.is_finished
    assert translator.end() == [sse.DONE_EVENT]


def test_a_client_of_functions_gets_one_function_call():
    payload = {
        "id": "msg_9",
        "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}}],
        "stop_reason": "tool_use",
    }
    request = {"functions": [{"name": "f"}], "stream": True}
    events = parsed(answering.stream_answer(payload, "messages", wants_usage=False))

    plain = answering.translate_answer(payload, "messages", "chat", request=request)
    streamed = collected(parsed(translated(events, "messages", "chat", request)), "chat")

    assert plain["choices"][0]["message"]["function_call"] == {"name": "f", "arguments": '{"a":1}'}
    assert plain["choices"][0]["finish_reason"] == "function_call"
    assert streamed["choices"] == plain["choices"]
