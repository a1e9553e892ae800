from __future__ import annotations

import re
from typing import Any

import orjson
import pytest

from marga.protocols import answering, failures, sse
from marga.protocols.tests.answers import PAIRS, parsed

BUSY: dict[str, Any] = {"status": 429, "code": "rate_limit_exceeded", "message": "Too many requests."}


def test_an_error_is_said_as_openais_clients_read_it():
    body = orjson.loads(
        failures.error_body(
            "chat", status=404, code="model_not_found", message="No.", param="model", request_id="r"
        )
    )

    assert body == {
        "error": {
            "message": "No.",
            "type": "invalid_request_error",
            "param": "model",
            "code": "model_not_found",
        },
        "request_id": "r",
    }
    assert body == orjson.loads(
        failures.error_body(
            "responses", status=404, code="model_not_found", message="No.", param="model", request_id="r"
        )
    )


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (402, "billing_error"),
        (403, "permission_error"),
        (404, "not_found_error"),
        (413, "request_too_large"),
        (422, "invalid_request_error"),
        (429, "rate_limit_error"),
        (500, "api_error"),
        (502, "api_error"),
        (504, "timeout_error"),
        (529, "overloaded_error"),
    ],
)
def test_an_error_is_said_as_anthropics_clients_read_it(status, kind):
    body = orjson.loads(
        failures.error_body("messages", status=status, code="x", message="No.", request_id="r")
    )

    assert body == {"type": "error", "error": {"type": kind, "message": "No."}, "request_id": "r"}


def test_a_prompt_that_is_too_long_is_said_in_the_words_that_claude_code_looks_for():
    error = {"code": "context_length_exceeded", "message": "Maximum is 10 tokens."}

    body = orjson.loads(failures.error_body("messages", **failures.read_error(error, 400)._asdict()))

    assert body["error"]["message"] == "prompt is too long: Maximum is 10 tokens."


def test_a_prompt_that_anthropic_finds_too_long_has_the_code_that_codex_acts_on():
    error = {"type": "invalid_request_error", "message": "prompt is too long: 20 tokens > 10 maximum"}

    failure = failures.read_error(error)
    event = parsed([failures.error_event("responses", **failure._asdict())])[0]

    assert failure.status == 400
    assert event["response"]["error"]["code"] == "context_length_exceeded"


def test_an_error_in_a_chat_stream_is_data_without_a_name():
    event = failures.error_event("chat", **BUSY)

    assert event.startswith(b'data: {"error":')
    assert event.endswith(b"}\n\n")


def test_an_error_in_a_messages_stream_is_an_event_named_error():
    event = failures.error_event("messages", **BUSY, request_id="r")

    assert event.startswith(b"event: error\ndata: ")
    assert orjson.loads(sse.data_of(event) or b"")["error"]["type"] == "rate_limit_error"


@pytest.mark.parametrize(
    ("seconds", "said"), [(1.3, "1.3s"), (0.25, "0.25s"), (20, "20s"), (0, "0s"), (-1, "0s")]
)
def test_a_rate_limit_in_a_responses_stream_says_when_to_try_again_as_codex_reads_it(seconds, said):
    event = parsed(
        [
            failures.error_event(
                "responses", **BUSY, retry_after_seconds=seconds, response_id="resp_1", sequence_number=9
            )
        ]
    )[0]

    response = event["response"]
    match = re.search(r"(?i)try again in\s*(\d+(?:\.\d+)?)\s*(s|ms|seconds?)", response["error"]["message"])
    assert match
    assert match[0].endswith(said)
    assert (event["type"], event["sequence_number"]) == ("response.failed", 9)
    assert (response["id"], response["status"]) == ("resp_1", "failed")
    assert response["error"]["code"] == "rate_limit_exceeded"


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (402, "budget_exceeded", "insufficient_quota"),
        (429, "anything", "rate_limit_exceeded"),
        (400, "context_length_exceeded", "context_length_exceeded"),
        (502, "upstream_cut", "server_error"),
        (403, "usage_not_included", "usage_not_included"),
    ],
)
def test_codes_are_those_that_codex_acts_on(status, code, expected):
    assert failures.codex_code(status, code) == expected


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        ({"type": "overloaded_error", "message": "m"}, 529, "overloaded_error"),
        ({"type": "rate_limit_error", "message": "m"}, 429, "rate_limit_error"),
        (
            {"code": "insufficient_quota", "type": "insufficient_quota", "message": "m"},
            402,
            "insufficient_quota",
        ),
        ({"code": 503, "message": "m"}, 503, "upstream_error"),
        ({"code": "server_error", "message": "m"}, 500, "server_error"),
        ({"message": "m"}, 500, "upstream_error"),
        ({}, 500, "upstream_error"),
    ],
    ids=str,
)
def test_the_status_of_an_error_without_one_is_told_by_its_words(error, status, code):
    failure = failures.read_error(error)

    assert (failure.status, failure.code) == (status, code)
    assert failure.message


ERRORS: dict[str, dict[str, Any]] = {
    "chat": {"error": {"message": "Slow down", "type": "rate_limit_error", "code": "rate_limit_exceeded"}},
    "messages": {"type": "error", "error": {"type": "rate_limit_error", "message": "Slow down"}},
    "responses": {
        "type": "response.failed",
        "response": {"status": "failed", "error": {"code": "rate_limit_exceeded", "message": "Slow down"}},
    },
}


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_an_error_inside_a_200_stays_an_error(source, target):
    given = ERRORS[source]
    if source == "responses":
        given = {"object": "response", **given["response"]}

    answer = answering.translate_answer(given, source, target, request={})

    assert answer["error"]["message"] == "Slow down"
    assert answer["error"]["type"] == "rate_limit_error"


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_an_error_in_the_middle_of_a_stream_is_the_last_that_the_client_hears(source, target):
    translator = answering.StreamTranslator(source, target, request={})

    events = parsed(translator.feed(ERRORS[source]))

    told = events[-1]["response"]["error"] if target == "responses" else events[-1]["error"]
    assert told["message"] == "Slow down"
    assert translator.has_failed
    assert not translator.is_finished
    assert translator.feed({"choices": [{"delta": {"content": "a"}, "finish_reason": "stop"}]}) == []
    assert translator.end() == []


def test_a_failure_of_a_begun_response_carries_its_id_and_the_next_number():
    translator = answering.StreamTranslator("messages", "responses", request={})
    begun = parsed(translator.feed({"type": "message_start", "message": {"id": "msg_9"}}))

    event = parsed([translator.fail(status=502, code="upstream_cut", message="Cut.")])[0]

    assert event["response"]["id"] == begun[0]["response"]["id"] == "resp_9"
    assert event["sequence_number"] == len(begun)
    assert translator.end() == []
