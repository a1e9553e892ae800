"""The `anthropic` package."""

from __future__ import annotations

import json
import ssl
from typing import Any

import anthropic

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
    "name": "add",
    "description": "Add two numbers.",
    "input_schema": {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        "required": ["a", "b"],
    },
}
NOW: Any = {"name": "now", "input_schema": {"type": "object", "properties": {}}}
CITY: Any = {
    "format": {
        "type": "json_schema",
        "schema": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "people": {"type": "integer"}},
            "required": ["name", "people"],
            "additionalProperties": False,
        },
    }
}


def client_of(
    target: Target,
    *,
    key: str = "",
    retries: int = 0,
    tries: list[Any] | None = None,
    is_bearer: bool = False,
) -> anthropic.Anthropic:
    """Return a client; tries gets the headers of every answer."""
    sent: list[Any] = [] if tries is None else tries
    hooks: dict[str, list[Any]] = {"response": [lambda response: sent.append(response.headers)]}
    credential: dict[str, Any] = {"auth_token" if is_bearer else "api_key": key or target.key}
    return anthropic.Anthropic(
        base_url=target.url,
        max_retries=retries,
        timeout=20,
        http_client=anthropic.DefaultHttpxClient(event_hooks=hooks, verify=TRUST),
        **credential,
    )


def ask(
    target: Target, given: Any = QUESTION, *, client: anthropic.Anthropic | None = None, **more: Any
) -> Any:
    """Return the message that answers one question or a conversation."""
    turns = given if isinstance(given, list) else [{"role": "user", "content": given}]
    with client or client_of(target) as opened:
        return opened.messages.create(
            **{"model": target.model, "max_tokens": 2000, "messages": turns, **more}
        )


def _warnings(target: Target, **more: Any) -> list[str]:
    """Return what MĀRGA says it could not carry."""
    turns: Any = [{"role": "user", "content": QUESTION}]
    with client_of(target) as client:
        raw = client.messages.with_raw_response.create(
            model=target.model, max_tokens=2000, messages=turns, **more
        )
    return [word.strip() for word in raw.headers.get("x-marga-protocol-warnings", "").split(",")]


def text_of(message: Any) -> str:
    return "".join(block.text for block in message.content if block.type == "text")


def plain(target: Target) -> None:
    answer = ask(target)
    check(text_of(answer) == TEXT, answer)
    check(answer.stop_reason == "end_turn", answer.stop_reason)
    check(answer.usage.input_tokens > 0 and answer.usage.output_tokens == 9, answer.usage)


def bearer(target: Target) -> None:
    """ANTHROPIC_AUTH_TOKEN sends the key as a bearer token."""
    if not target.is_marga:
        raise NotPossible("the stub takes no bearer tokens for messages")
    check(text_of(ask(target, client=client_of(target, is_bearer=True))) == TEXT)


def limit(target: Target) -> None:
    answer = ask(target, LIMITED, max_tokens=LIMIT)
    check(text_of(answer) == CUT and answer.stop_reason == "max_tokens", answer)


def stop_sequence(target: Target) -> None:
    if target.protocol == "responses":
        check("stop" in _warnings(target, stop_sequences=["long"]), "nobody says that it was left out")
        raise NotPossible("responses know no stop sequences")
    answer = ask(target, stop_sequences=["long"])
    check(text_of(answer).strip() == "The river is", answer)
    exact = target.protocol == "messages"
    wanted = ("stop_sequence", "long") if exact else ("end_turn", None)
    check((answer.stop_reason, answer.stop_sequence) == wanted, answer)


def system(target: Target) -> None:
    parts = [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}]
    turns = [
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Hello."},
        {"role": "user", "content": QUESTION},
    ]
    check(text_of(ask(target, turns, system=parts)) == TEXT)


def stream(target: Target) -> None:
    with (
        client_of(target) as client,
        client.messages.stream(
            model=target.model, max_tokens=2000, messages=[{"role": "user", "content": QUESTION}]
        ) as events,
    ):
        seen = list(events)
        final = events.get_final_message()
    kinds = [event.type for event in seen]
    check(kinds[0] == "message_start" and kinds[-1] == "message_stop", kinds)
    check(kinds.count("message_start") == kinds.count("message_delta") == 1, kinds)
    pieces: list[Any] = [e.delta for e in seen if e.type == "content_block_delta"]
    check("".join(piece.text for piece in pieces) == TEXT and len(pieces) == 9, pieces)
    check(text_of(final) == TEXT and final.stop_reason == "end_turn", final)
    check(final.usage.input_tokens > 0 and final.usage.output_tokens == 9, final.usage)


def tools(target: Target) -> None:
    """Two turns: the tool is asked for with its arguments, and its result is read."""
    turns: list[Any] = [{"role": "user", "content": "Use add on 2 and 40."}]
    first = ask(target, turns, tools=[ADD])
    calls = [block for block in first.content if block.type == "tool_use"]
    check([call.input for call in calls] == [{"a": 2, "b": 40}], first.content)
    check(first.stop_reason == "tool_use", first.stop_reason)
    result = {"type": "tool_result", "tool_use_id": calls[0].id, "content": "42"}
    turns += [{"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}]
    check(text_of(ask(target, turns, tools=[ADD])) == "The tools said: 42")


def tools_parallel(target: Target) -> None:
    """Two calls in one streamed turn, and both results."""
    turns: list[Any] = [{"role": "user", "content": "Use add on 2 and 40, and now. [[tools 2]]"}]
    with (
        client_of(target) as client,
        client.messages.stream(
            model=target.model, max_tokens=2000, messages=turns, tools=[ADD, NOW]
        ) as events,
    ):
        first = events.get_final_message()
    calls = [block for block in first.content if block.type == "tool_use"]
    check([call.name for call in calls] == ["add", "now"], first.content)
    check(calls[0].input == {"a": 2, "b": 40}, calls)
    results = [
        {"type": "tool_result", "tool_use_id": call.id, "content": [{"type": "text", "text": call.name}]}
        for call in calls
    ]
    turns += [{"role": "assistant", "content": first.content}, {"role": "user", "content": results}]
    check(text_of(ask(target, turns, tools=[ADD, NOW])) == "The tools said: add | now")


def tool_choice(target: Target) -> None:
    answer = ask(target, tools=[ADD, NOW], tool_choice={"type": "tool", "name": "now"})
    check([block.name for block in answer.content if block.type == "tool_use"] == ["now"], answer)
    answer = ask(target, tools=[ADD, NOW], tool_choice={"type": "none"})
    check(text_of(answer) == TEXT, answer)


def vision(target: Target) -> None:
    source = {"type": "base64", "media_type": "image/png", "data": PIXEL}
    parts = [{"type": "image", "source": source}, {"type": "text", "text": "What is this?"}]
    answer = ask(target, [{"role": "user", "content": parts}])
    check(text_of(answer) == "I see 1 image.", answer)


def structured(target: Target) -> None:
    made = json.loads(text_of(ask(target, "A city of 12 people", output_config=CITY)))
    check(set(made) == {"name", "people"} and made["people"] == 12, made)


def thinking(target: Target) -> None:
    """A thought comes with its signature, streamed, and goes back unchanged beside a tool's result."""
    more: dict[str, Any] = {"thinking": {"type": "enabled", "budget_tokens": 1024}, "tools": [ADD]}
    turns: list[Any] = [{"role": "user", "content": "Use add on 2 and 40."}]
    with (
        client_of(target) as client,
        client.messages.stream(model=target.model, max_tokens=2000, messages=turns, **more) as events,
    ):
        first = events.get_final_message()
    kinds = [block.type for block in first.content]
    if target.protocol == "chat" and kinds == ["tool_use"]:
        raise NotPossible("chat completions return no thoughts")
    check(kinds == ["thinking", "tool_use"], kinds)
    thought: Any = first.content[0]
    check(thought.signature and thought.thinking, thought)
    call: Any = first.content[1]
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "42"}
    turns += [{"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}]
    check(text_of(ask(target, turns, **more)) == "The tools said: 42")


def count_tokens(target: Target) -> None:
    with client_of(target) as client:
        counted = client.messages.count_tokens(
            model=target.model, messages=[{"role": "user", "content": QUESTION * 40}]
        )
    check(150 < counted.input_tokens < 400, counted)


def beta(target: Target) -> None:
    """Fields and headers of a beta reach a provider that knows them."""
    with client_of(target) as client:
        answer = client.beta.messages.create(
            model=target.model,
            max_tokens=100,
            messages=[{"role": "user", "content": QUESTION}],
            betas=["context-management-2025-06-27"],
            context_management={"edits": [{"type": "clear_tool_uses_20250919"}]},
        )
    check(text_of(answer) == TEXT, answer)


def models(target: Target) -> None:
    with client_of(target) as client:
        names = [model.id for model in client.models.list(limit=1000)]
    check(target.model in names, names)


def error_400(target: Target) -> None:
    with Expecting(anthropic.BadRequestError) as caught:
        ask(target, "[[fail 400]]")
    check(caught.error.body["type"] == "error", caught.error.body)


def error_401(target: Target) -> None:
    with Expecting(anthropic.AuthenticationError) as caught:
        ask(target, client=client_of(target, key="avy_live_wrong"))
    check(caught.error.body["error"]["type"] == "authentication_error", caught.error.body)


def error_402(target: Target) -> None:
    tries: list[Any] = []
    client = client_of(target, key=target.poor_key, retries=2, tries=tries)
    with Expecting(anthropic.APIStatusError) as caught:
        ask(target, "[[fail 402]]", client=client)
    check(caught.error.status_code == 402 and len(tries) == 1, caught.error, tries)
    check(caught.error.body["type"] == "error", caught.error.body)


def error_429(target: Target) -> None:
    with Expecting(anthropic.RateLimitError) as caught:
        ask(target, "[[fail 429 after=7]]", model=target.limited_model)
    check(1 <= int(caught.error.response.headers["retry-after"]) <= 7, caught.error.response.headers)
    check(caught.error.body["error"]["type"] == "rate_limit_error", caught.error.body)


def error_500(target: Target) -> None:
    with Expecting(anthropic.InternalServerError) as caught:
        ask(target, "[[fail 500]]", model=target.broken_model)
    check(caught.error.body["type"] == "error", caught.error.body)


def retries(target: Target) -> None:
    answer = ask(
        target,
        f"[[fail 500 times=1 {unique('m')}]]",
        client=client_of(target, retries=2),
        model=target.flaky_model,
    )
    check(text_of(answer) == TEXT, answer)
    tries: list[Any] = []
    with Expecting(anthropic.InternalServerError):
        ask(
            target,
            f"[[fail 500 {unique('n')}]]",
            client=client_of(target, retries=2, tries=tries),
            model=target.broken_model,
        )
    check_tries(tries)


def cancel(target: Target) -> None:
    before = answers_left(target)
    with client_of(target) as client:
        events = client.messages.create(
            model=target.model,
            max_tokens=2000,
            messages=[{"role": "user", "content": "[[slow]]"}],
            stream=True,
        )
        for _, _event in zip(range(6), events, strict=False):
            pass
        events.close()
    wait_for_leaving(target, before)


CASES = (
    plain, bearer, limit, stop_sequence, system, stream, tools, tools_parallel, tool_choice, vision, structured,
    thinking, count_tokens, beta, models, error_400, error_401, error_402, error_429, error_500, retries, cancel,
)  # fmt: skip

if __name__ == "__main__":
    run_cases(CASES)
