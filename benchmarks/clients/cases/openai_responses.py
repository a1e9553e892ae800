"""The `openai` package, responses."""

from __future__ import annotations

import json
from typing import Any

import openai

from benchmarks.clients.cases.openai_chat import client_of
from benchmarks.clients.target import (
    CUT,
    LIMIT,
    LIMITED,
    PIXEL,
    QUESTION,
    TEXT,
    Expecting,
    NotPossible,
    Target,
    answers_left,
    check,
    check_tries,
    run_cases,
    unique,
    wait_for_leaving,
)

ADD: Any = {
    "type": "function",
    "name": "add",
    "strict": True,
    "parameters": {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        "required": ["a", "b"],
        "additionalProperties": False,
    },
}
NOW: Any = {
    "type": "function",
    "name": "now",
    "strict": False,
    "parameters": {"type": "object", "properties": {}},
}
CITY: Any = {
    "format": {
        "type": "json_schema",
        "name": "city",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "people": {"type": "integer"}},
            "required": ["name", "people"],
            "additionalProperties": False,
        },
    }
}


def ask(target: Target, given: Any = QUESTION, *, client: openai.OpenAI | None = None, **more: Any) -> Any:
    """Return the answer to one question, or the list of its events."""
    with client or client_of(target) as opened:
        answer = opened.responses.create(**{"model": target.model, "input": given, **more})
        return list(answer) if more.get("stream") else answer


def plain(target: Target) -> None:
    answer = ask(target)
    check(answer.output_text == TEXT, answer)
    check(answer.status == "completed", answer.status)
    check(answer.usage.input_tokens > 0, answer.usage)
    check(answer.usage.output_tokens == 9, answer.usage)


def limit(target: Target) -> None:
    answer = ask(target, LIMITED, max_output_tokens=LIMIT)
    check(answer.status == "incomplete", answer.status)
    check(answer.incomplete_details.reason == "max_output_tokens", answer.incomplete_details)
    check(answer.output_text == CUT, answer.output_text)


def system(target: Target) -> None:
    turns = [
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Hello."},
        {"role": "user", "content": QUESTION},
    ]
    answer = ask(target, turns, instructions="Be brief.")
    check(answer.output_text == TEXT, answer)


def stream(target: Target) -> None:
    with client_of(target) as client, client.responses.stream(model=target.model, input=QUESTION) as events:
        seen = list(events)
        final = events.get_final_response()
    pieces = [event.delta for event in seen if event.type == "response.output_text.delta"]
    check("".join(pieces) == TEXT and len(pieces) == 9, pieces)
    check(seen[0].type == "response.created", seen[0])
    check(seen[-1].type == "response.completed", seen[-1])
    numbers = [event.sequence_number for event in seen if hasattr(event, "sequence_number")]
    check(numbers == sorted(set(numbers)), numbers)
    check(final.output_text == TEXT, final)
    check(final.usage is not None and final.usage.output_tokens == 9, final.usage)


def tools(target: Target) -> None:
    """Two turns: the tool is asked for with its arguments, and its result is read."""
    given: list[Any] = [{"role": "user", "content": "Use add on 2 and 40."}]
    first = ask(target, given, tools=[ADD])
    calls = [item for item in first.output if item.type == "function_call"]
    check(len(calls) == 1 and json.loads(calls[0].arguments) == {"a": 2, "b": 40}, first.output)
    given += [item.to_dict() for item in first.output]
    given.append({"type": "function_call_output", "call_id": calls[0].call_id, "output": "42"})
    second = ask(target, given, tools=[ADD])
    check(second.output_text == "The tools said: 42", second)


def tools_parallel(target: Target) -> None:
    """Two calls in one streamed turn, and both results."""
    given: list[Any] = [{"role": "user", "content": "Use add on 2 and 40, and now. [[tools 2]]"}]
    events = ask(target, given, tools=[ADD, NOW], stream=True)
    items = [event.item for event in events if event.type == "response.output_item.done"]
    calls = [item for item in items if item.type == "function_call"]
    check([call.name for call in calls] == ["add", "now"], items)
    typed = "".join(e.delta for e in events if e.type == "response.function_call_arguments.delta")
    check(typed == "".join(call.arguments for call in calls), typed)
    given += [item.to_dict() for item in items]
    given += [{"type": "function_call_output", "call_id": c.call_id, "output": c.name} for c in calls]
    second = ask(target, given, tools=[ADD, NOW])
    check(second.output_text == "The tools said: add | now", second)


def tool_choice(target: Target) -> None:
    answer = ask(target, tools=[ADD, NOW], tool_choice={"type": "function", "name": "now"})
    check([item.name for item in answer.output if item.type == "function_call"] == ["now"], answer)
    answer = ask(target, tools=[ADD, NOW], tool_choice="none")
    check(answer.output_text == TEXT, answer)


def vision(target: Target) -> None:
    parts = [
        {"type": "input_text", "text": "What is this?"},
        {"type": "input_image", "image_url": f"data:image/png;base64,{PIXEL}", "detail": "auto"},
    ]
    answer = ask(target, [{"role": "user", "content": parts}])
    check(answer.output_text == "I see 1 image.", answer)


def structured(target: Target) -> None:
    made = json.loads(ask(target, "A city of 12 people", text=CITY).output_text)
    check(set(made) == {"name", "people"} and made["people"] == 12, made)


def thinking(target: Target) -> None:
    """Reasoning comes as a sealed item, which goes back unchanged in the next turn."""
    more: dict[str, Any] = {
        "reasoning": {"effort": "low", "summary": "auto"},
        "include": ["reasoning.encrypted_content"],
        "store": False,
    }
    given: list[Any] = [{"role": "user", "content": QUESTION}]
    first = ask(target, given, **more)
    if target.protocol == "chat":
        raise NotPossible("chat completions return no thoughts")
    thoughts = [item for item in first.output if item.type == "reasoning"]
    check(first.usage.output_tokens_details.reasoning_tokens > 0, first.usage)
    check(thoughts and thoughts[0].summary and thoughts[0].encrypted_content, first.output)
    given += [item.to_dict() for item in first.output] + [{"role": "user", "content": "Go on."}]
    check(ask(target, given, **more).output_text == TEXT)


def error_400(target: Target) -> None:
    with Expecting(openai.BadRequestError):
        ask(target, "[[fail 400]]")


def error_401(target: Target) -> None:
    with Expecting(openai.AuthenticationError):
        ask(target, client=client_of(target, key="avy_live_wrong"))


def error_402(target: Target) -> None:
    tries: list[Any] = []
    client = client_of(target, key=target.poor_key, retries=2, tries=tries)
    with Expecting(openai.APIStatusError) as caught:
        ask(target, "[[fail 402]]", client=client)
    check(caught.error.status_code == 402 and len(tries) == 1, caught.error, tries)


def error_429(target: Target) -> None:
    with Expecting(openai.RateLimitError) as caught:
        ask(target, "[[fail 429 after=7]]", model=target.limited_model)
    check(1 <= int(caught.error.response.headers["retry-after"]) <= 7, caught.error.response.headers)


def error_500(target: Target) -> None:
    with Expecting(openai.InternalServerError):
        ask(target, "[[fail 500]]", model=target.broken_model)


def retries(target: Target) -> None:
    answer = ask(
        target,
        f"[[fail 500 times=1 {unique('r')}]]",
        client=client_of(target, retries=2),
        model=target.flaky_model,
    )
    check(answer.output_text == TEXT, answer)
    tries: list[Any] = []
    with Expecting(openai.InternalServerError):
        ask(
            target,
            f"[[fail 500 {unique('s')}]]",
            client=client_of(target, retries=2, tries=tries),
            model=target.broken_model,
        )
    check_tries(tries)


def cancel(target: Target) -> None:
    before = answers_left(target)
    with client_of(target) as client:
        events = client.responses.create(model=target.model, input="[[slow]]", stream=True)
        for _, _event in zip(range(9), events, strict=False):
            pass
        events.close()
    wait_for_leaving(target, before)


CASES = (
    plain, limit, system, stream, tools, tools_parallel, tool_choice, vision, structured, thinking,
    error_400, error_401, error_402, error_429, error_500, retries, cancel,
)  # fmt: skip

if __name__ == "__main__":
    run_cases(CASES)
