"""LiteLLM as a client, in its three ways of asking.

python -m benchmarks.clients.cases.litellm_client [CASE …], with AVYAY_CLIENTS_LITELLM=openai|anthropic|responses
"""

from __future__ import annotations

import json
import os
from typing import Any

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else it asks the internet for prices when imported
import litellm  # type: ignore[import-not-found]

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
    check,
    run_cases,
)

KIND = os.environ.get("AVYAY_CLIENTS_LITELLM", "openai")
ADD: Any = {
    "type": "function",
    "function": {
        "name": "add",
        "parameters": {
            "type": "object",
            "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
            "required": ["a", "b"],
        },
    },
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
PREFIX = {"openai": "openai/", "anthropic": "anthropic/", "responses": "openai/responses/"}


def ask(target: Target, given: Any = QUESTION, *, key: str = "", model: str = "", **more: Any) -> Any:
    messages = given if isinstance(given, list) else [{"role": "user", "content": given}]
    return litellm.completion(
        model=PREFIX[KIND] + (model or target.model),
        messages=messages,
        api_base=target.url if KIND == "anthropic" else f"{target.url}/v1",
        api_key=key or target.key,
        max_retries=0,
        num_retries=0,
        timeout=20,
        **more,
    )


def plain(target: Target) -> None:
    answer = ask(target)
    check(answer.choices[0].message.content == TEXT, answer)
    check(answer.usage.prompt_tokens > 0 and answer.usage.completion_tokens == 9, answer.usage)


def limit(target: Target) -> None:
    if KIND == "responses":
        raise NotPossible("LiteLLM leaves the limit out on this way")
    answer = ask(target, LIMITED, max_tokens=LIMIT)
    check(answer.choices[0].message.content == CUT, answer)
    check(answer.choices[0].finish_reason == "length", answer)


def stream(target: Target) -> None:
    chunks = list(ask(target, stream=True, stream_options={"include_usage": True}))
    pieces = [c.choices[0].delta.content for c in chunks if c.choices and c.choices[0].delta.content]
    check("".join(pieces) == TEXT and len(pieces) > 3, pieces)
    used = [chunk.usage for chunk in chunks if getattr(chunk, "usage", None)]
    check(used and used[-1].completion_tokens == 9, used)


def tools(target: Target) -> None:
    turns: list[Any] = [{"role": "user", "content": "Use add on 2 and 40."}]
    first = ask(target, turns, tools=[ADD]).choices[0].message
    check(first.tool_calls and json.loads(first.tool_calls[0].function.arguments) == {"a": 2, "b": 40}, first)
    result = {"role": "tool", "tool_call_id": first.tool_calls[0].id, "name": "add", "content": "42"}
    turns += [first.model_dump(exclude_none=True), result]
    second = ask(target, turns, tools=[ADD])
    check(second.choices[0].message.content == "The tools said: 42", second)


def vision(target: Target) -> None:
    parts = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}},
    ]
    answer = ask(target, [{"role": "user", "content": parts}])
    check(answer.choices[0].message.content == "I see 1 image.", answer)


def structured(target: Target) -> None:
    made = json.loads(ask(target, "A city of 12 people", response_format=CITY).choices[0].message.content)
    check(set(made) == {"name", "people"} and made["people"] == 12, made)


def thinking(target: Target) -> None:
    more: dict[str, Any] = {"reasoning_effort": "low", "allowed_openai_params": ["reasoning_effort"]}
    if KIND == "anthropic":
        thinking = {"type": "enabled", "budget_tokens": 1024}
        more = {"thinking": thinking, "allowed_openai_params": ["thinking"], "max_tokens": 2000}
    answer = ask(target, **more)
    check(answer.choices[0].message.content == TEXT, answer)
    if KIND == "anthropic" and target.protocol == "messages":
        check(answer.choices[0].message.thinking_blocks, answer)


def embeddings(target: Target) -> None:
    if KIND != "openai":
        raise NotPossible("only the openai way has embeddings")
    answer = litellm.embedding(
        model=f"openai/{target.embedding_model}",
        input=["a river", "a sea"],
        api_base=f"{target.url}/v1",
        api_key=target.key,
    )
    check(len(answer.data) == 2 and answer.usage.prompt_tokens > 0, answer)


def error_401(target: Target) -> None:
    with Expecting(litellm.AuthenticationError):
        ask(target, key="avy_live_wrong")


def error_429(target: Target) -> None:
    with Expecting(litellm.RateLimitError):
        ask(target, "[[fail 429 after=7]]", model=target.limited_model)


def error_500(target: Target) -> None:
    with Expecting(Exception) as caught:
        ask(target, "[[fail 500]]", model=target.broken_model)
    check(500 <= caught.error.status_code < 600, caught.error)


CASES = (
    plain, limit, stream, tools, vision, structured, thinking, embeddings, error_401, error_429, error_500,
)  # fmt: skip

if __name__ == "__main__":
    run_cases(CASES)
