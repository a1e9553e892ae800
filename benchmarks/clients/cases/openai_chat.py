"""The `openai` package, chat completions and embeddings."""

from __future__ import annotations

import json
import ssl
from typing import Any

import openai

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

TRUST = ssl.create_default_context()
"""Read once: each client would take a tenth of a second to read it anew."""
ADD: Any = {
    "type": "function",
    "function": {
        "name": "add",
        "description": "Add two numbers.",
        "parameters": {
            "type": "object",
            "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
            "required": ["a", "b"],
            "additionalProperties": False,
        },
    },
}
NOW: Any = {
    "type": "function",
    "function": {"name": "now", "parameters": {"type": "object", "properties": {}}},
}
CITY: Any = {
    "type": "json_schema",
    "json_schema": {
        "name": "city",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "people": {"type": "integer"}},
            "required": ["name", "people"],
            "additionalProperties": False,
        },
    },
}


def client_of(
    target: Target, *, key: str = "", retries: int = 0, tries: list[Any] | None = None
) -> openai.OpenAI:
    """Return a client; tries gets the headers of every answer."""
    sent: list[Any] = [] if tries is None else tries
    hooks: dict[str, list[Any]] = {"response": [lambda response: sent.append(response.headers)]}
    return openai.OpenAI(
        base_url=f"{target.url}/v1",
        api_key=key or target.key,
        max_retries=retries,
        timeout=20,
        http_client=openai.DefaultHttpxClient(event_hooks=hooks, verify=TRUST),
    )


def ask(target: Target, text: str = QUESTION, *, client: openai.OpenAI | None = None, **more: Any) -> Any:
    """Return the answer to one question, or the list of its chunks."""
    with client or client_of(target) as opened:
        answer = opened.chat.completions.create(
            **{"model": target.model, "messages": [{"role": "user", "content": text}], **more}
        )
        return list(answer) if more.get("stream") else answer


def plain(target: Target) -> None:
    answer = ask(target)
    check(answer.choices[0].message.content == TEXT, answer)
    check(answer.choices[0].finish_reason == "stop", answer.choices)
    check(answer.usage.prompt_tokens > 0, answer.usage)
    check(answer.usage.completion_tokens == 9, answer.usage)


def limit(target: Target) -> None:
    answer = ask(target, LIMITED, max_completion_tokens=LIMIT)
    check(answer.choices[0].message.content == CUT, answer.choices)
    check(answer.choices[0].finish_reason == "length", answer.choices)


def system(target: Target) -> None:
    """System and developer messages, several turns."""
    with client_of(target) as client:
        answer = client.chat.completions.create(
            model=target.model,
            messages=[
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "Hello"},
                {"role": "assistant", "content": "Hello."},
                {"role": "user", "content": QUESTION},
            ],
        )
    check(answer.choices[0].message.content == TEXT, answer)


def stream(target: Target) -> None:
    with client_of(target) as client:
        chunks = list(
            client.chat.completions.create(
                model=target.model,
                messages=[{"role": "user", "content": QUESTION}],
                stream=True,
                stream_options={"include_usage": True},
            )
        )
    pieces = [c.choices[0].delta.content for c in chunks if c.choices and c.choices[0].delta.content]
    check("".join(pieces) == TEXT, pieces)
    check(len(pieces) == 9, "not streamed in pieces", pieces)
    check([c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop", chunks[-2:])
    check(chunks[-1].usage is not None and chunks[-1].usage.completion_tokens == 9, chunks[-1])


def stream_without_usage(target: Target) -> None:
    chunks = ask(target, stream=True)
    check(all(chunk.usage is None for chunk in chunks), chunks[-1])
    check(all(chunk.choices for chunk in chunks), chunks[-1])


def tools(target: Target) -> None:
    """Two turns: the tool is asked for with its arguments, and its result is read."""
    messages: list[Any] = [{"role": "user", "content": "Use add on 2 and 40."}]
    with client_of(target) as client:
        first = client.chat.completions.create(model=target.model, messages=messages, tools=[ADD])
        asked: Any = first.choices[0].message.tool_calls
        check(asked, first)
        call = asked[0]
        check(json.loads(call.function.arguments) == {"a": 2, "b": 40}, first)
        check(first.choices[0].finish_reason == "tool_calls", first.choices)
        result = {"role": "tool", "tool_call_id": call.id, "content": "42"}
        messages += [first.choices[0].message, result]
        second = client.chat.completions.create(model=target.model, messages=messages, tools=[ADD])
    check(second.choices[0].message.content == "The tools said: 42", second)


def tools_parallel(target: Target) -> None:
    """Two calls in one streamed turn, and both results."""
    text = "Use add on 2 and 40, and now. [[tools 2]]"
    messages: list[Any] = [{"role": "user", "content": text}]
    with client_of(target) as client:
        with client.chat.completions.stream(
            model=target.model, messages=messages, tools=[ADD, NOW]
        ) as events:
            first = events.get_final_completion().choices[0].message
        calls: Any = first.tool_calls or []
        check([call.function.name for call in calls] == ["add", "now"], calls)
        check(json.loads(calls[0].function.arguments) == {"a": 2, "b": 40}, calls)
        messages.append(first.to_dict())
        messages += [{"role": "tool", "tool_call_id": c.id, "content": c.function.name} for c in calls]
        second = client.chat.completions.create(model=target.model, messages=messages, tools=[ADD, NOW])
    check(second.choices[0].message.content == "The tools said: add | now", second)


def tool_choice(target: Target) -> None:
    chosen: Any = {"type": "function", "function": {"name": "now"}}
    answer = ask(target, tools=[ADD, NOW], tool_choice=chosen)
    check([c.function.name for c in answer.choices[0].message.tool_calls] == ["now"], answer)
    answer = ask(target, tools=[ADD, NOW], tool_choice="required")
    check(answer.choices[0].message.tool_calls, answer)
    answer = ask(target, tools=[ADD, NOW], tool_choice="none")
    check(answer.choices[0].message.content == TEXT, answer)


def vision(target: Target) -> None:
    with client_of(target) as client:
        answer = client.chat.completions.create(
            model=target.model,
            messages=[
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "What is this?"},
                        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}},
                    ],
                }
            ],
        )
    check(answer.choices[0].message.content == "I see 1 image.", answer)


def structured(target: Target) -> None:
    answer = ask(target, "A city of 12 people", response_format=CITY)
    made = json.loads(answer.choices[0].message.content)
    check(set(made) == {"name", "people"}, made)
    check(made["people"] == 12, made)


def thinking(target: Target) -> None:
    answer = ask(target, reasoning_effort="low")
    check(answer.choices[0].message.content == TEXT, answer)
    check(answer.usage.completion_tokens_details.reasoning_tokens > 0, answer.usage)


def embeddings(target: Target) -> None:
    _embed(target, ["a river", "a sea"])


def embeddings_tokens(target: Target) -> None:
    _embed(target, [[11, 12, 13], [14]])


def _embed(target: Target, given: Any) -> None:
    with client_of(target) as client:
        packed = client.embeddings.create(model=target.embedding_model, input=given)
        numbers = client.embeddings.create(model=target.embedding_model, input=given, encoding_format="float")
    check(len(packed.data) == 2, packed)
    check(packed.data[0].embedding == numbers.data[0].embedding, packed.data[0], numbers.data[0])
    check(packed.usage.total_tokens > 0, packed.usage)


def models(target: Target) -> None:
    with client_of(target) as client:
        names = [model.id for model in client.models.list()]
        check(target.model in names, names)
        check(client.models.retrieve(target.model).id == target.model)


def error_400(target: Target) -> None:
    with Expecting(openai.BadRequestError):
        ask(target, "[[fail 400]]")


def error_401(target: Target) -> None:
    with Expecting(openai.AuthenticationError):
        ask(target, client=client_of(target, key="avy_live_wrong"))


def error_402(target: Target) -> None:
    """A spent budget is refused once, and not asked for again."""
    tries: list[Any] = []
    client = client_of(target, key=target.poor_key, retries=2, tries=tries)
    with Expecting(openai.APIStatusError) as caught:
        ask(target, "[[fail 402]]", client=client)
    check(caught.error.status_code == 402, caught.error)
    check(len(tries) == 1, tries)


def error_404(target: Target) -> None:
    with client_of(target) as client, Expecting(openai.NotFoundError):
        client.chat.completions.create(model="no-such-model", messages=[{"role": "user", "content": "Hi"}])


def error_429(target: Target) -> None:
    """A provider's 429 comes through with when to try again."""
    with Expecting(openai.RateLimitError) as caught:
        ask(target, "[[fail 429 after=7]]", model=target.limited_model)
    check(1 <= int(caught.error.response.headers["retry-after"]) <= 7, caught.error.response.headers)


def limited(target: Target) -> None:
    """MĀRGA's own limit says when to try again."""
    if not target.slow_key:
        raise NotPossible("the stub limits nobody")
    with Expecting(openai.RateLimitError) as caught:
        for _ in range(3):
            ask(target, client=client_of(target, key=target.slow_key))
    check(int(caught.error.response.headers["retry-after"]) >= 1, caught.error.response.headers)


def error_500(target: Target) -> None:
    with Expecting(openai.InternalServerError):
        ask(target, "[[fail 500]]", model=target.broken_model)


def retries(target: Target) -> None:
    """One failure is overcome; endless failure ends soon, and behind a gateway without the client's own tries."""
    answer = ask(
        target,
        f"[[fail 500 times=1 {unique('c')}]]",
        client=client_of(target, retries=2),
        model=target.flaky_model,
    )
    check(answer.choices[0].message.content == TEXT, answer)
    tries: list[Any] = []
    with Expecting(openai.InternalServerError):
        ask(
            target,
            f"[[fail 500 {unique('d')}]]",
            client=client_of(target, retries=2, tries=tries),
            model=target.broken_model,
        )
    check_tries(tries)


def cancel(target: Target) -> None:
    """A client who leaves frees the provider."""
    before = answers_left(target)
    with client_of(target) as client:
        events = client.chat.completions.create(
            model=target.model, messages=[{"role": "user", "content": "[[slow]]"}], stream=True
        )
        for _, _chunk in zip(range(3), events, strict=False):
            pass
        events.close()
    wait_for_leaving(target, before)


CASES = (
    plain, limit, system, stream, stream_without_usage, tools, tools_parallel, tool_choice, vision, structured,
    thinking, embeddings, embeddings_tokens, models, error_400, error_401, error_402, error_404, error_429,
    limited, error_500, retries, cancel,
)  # fmt: skip

if __name__ == "__main__":
    run_cases(CASES)
