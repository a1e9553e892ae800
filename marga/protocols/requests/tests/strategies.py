"""Requests of all three protocols as clients write them, and any JSON at all."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import strategies as st

any_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "text", "content", "id", "name", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=8).map(lambda text: f"{text}w")
names = st.text("abcXYZ019_-", min_size=1, max_size=8)
arguments = st.dictionaries(names, st.text(max_size=5) | st.integers(0, 9), max_size=2).map(
    lambda value: orjson.dumps(value).decode()
)
DATA = "iVBORw0KGgo="


def optional(**fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


schemas = st.just({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]})
numbers = st.sampled_from([0, 0.5, 1])
limits = st.integers(16, 9000)


# chat

chat_images = st.sampled_from([f"data:image/png;base64,{DATA}", "https://example.com/a.png"]).map(
    lambda url: {"type": "image_url", "image_url": {"url": url}}
)
chat_text = words.map(lambda text: {"type": "text", "text": text})
chat_content = words | st.lists(chat_text | chat_images, min_size=1, max_size=3)


@st.composite
def chat_exchange(draw: Any) -> list[dict[str, Any]]:
    user = {"role": "user", "content": draw(chat_content)}
    calls = draw(st.lists(st.tuples(names, names, arguments), max_size=2, unique_by=lambda call: call[0]))
    answer: dict[str, Any] = {"role": "assistant", "content": draw(words)}
    if not calls:
        return [user, answer]
    answer["tool_calls"] = [
        {"id": call_id, "type": "function", "function": {"name": name, "arguments": given}}
        for call_id, name, given in calls
    ]
    results = [{"role": "tool", "tool_call_id": call_id, "content": draw(words)} for call_id, *_ in calls]
    return [user, answer, *results]


@st.composite
def chat_requests(draw: Any) -> dict[str, Any]:
    messages = [{"role": draw(st.sampled_from(["system", "developer"])), "content": draw(words)}]
    messages = messages if draw(st.booleans()) else []
    for exchange in draw(st.lists(chat_exchange(), max_size=3)):
        messages += exchange
    messages.append({"role": "user", "content": draw(chat_content)})
    function = st.fixed_dictionaries(
        {"name": names, "parameters": schemas}, optional={"strict": st.booleans()}
    )
    tool = function.map(lambda given: {"type": "function", "function": given})
    form = schemas.map(lambda schema: {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}})
    extra = draw(
        optional(
            temperature=numbers,
            top_p=numbers,
            max_completion_tokens=limits,
            stop=st.lists(words, max_size=2),
            seed=st.integers(0, 9),
            user=names,
            reasoning_effort=st.sampled_from(["low", "medium", "high"]),
            tools=st.lists(tool, min_size=1, max_size=3),
            response_format=form,
            tool_choice=st.sampled_from(["auto", "none", "required"]),
            parallel_tool_calls=st.booleans(),
            logit_bias=st.just({"7": 1}),
        )
    )
    return {"model": "auto", "messages": messages, **extra}


# messages

_cache = st.just({"type": "ephemeral"})
message_text = st.fixed_dictionaries(
    {"type": st.just("text"), "text": words}, optional={"cache_control": _cache}
)
message_images = st.sampled_from(
    [
        {"type": "base64", "media_type": "image/png", "data": DATA},
        {"type": "url", "url": "https://example.com/a"},
    ]
).map(lambda source: {"type": "image", "source": source})


@st.composite
def messages_exchange(draw: Any) -> list[dict[str, Any]]:
    calls = draw(st.lists(st.tuples(names, names, arguments), max_size=2, unique_by=lambda call: call[0]))
    answer: list[dict[str, Any]] = [{"type": "text", "text": draw(words)}]
    if draw(st.booleans()):
        answer.insert(0, {"type": "thinking", "thinking": draw(words), "signature": draw(names)})
    answer += [
        {"type": "tool_use", "id": call_id, "name": name, "input": orjson.loads(given)}
        for call_id, name, given in calls
    ]
    asked = draw(words | st.lists(message_text | message_images, min_size=1, max_size=3))
    exchange: list[dict[str, Any]] = [
        {"role": "user", "content": asked},
        {"role": "assistant", "content": answer},
    ]
    if calls:
        results = [
            {
                "type": "tool_result",
                "tool_use_id": call_id,
                "content": draw(words | st.lists(message_text, min_size=1)),
            }
            for call_id, *_ in calls
        ]
        exchange.append({"role": "user", "content": results + draw(st.lists(message_text, max_size=1))})
    return exchange


@st.composite
def messages_requests(draw: Any) -> dict[str, Any]:
    messages = [
        message for exchange in draw(st.lists(messages_exchange(), max_size=3)) for message in exchange
    ]
    messages.append({"role": "user", "content": draw(words)})
    tool = st.fixed_dictionaries(
        {"name": names, "input_schema": schemas}, optional={"strict": st.booleans(), "cache_control": _cache}
    )
    extra = draw(
        optional(
            system=words | st.lists(message_text, min_size=1, max_size=3),
            temperature=numbers,
            top_k=st.integers(1, 9),
            stop_sequences=st.lists(words, max_size=2),
            tools=st.lists(tool, min_size=1, max_size=3),
            thinking=st.sampled_from([{"type": "adaptive"}, {"type": "enabled", "budget_tokens": 2048}]),
            output_config=schemas.map(lambda schema: {"format": {"type": "json_schema", "schema": schema}}),
            tool_choice=st.sampled_from([{"type": "auto"}, {"type": "any"}, {"type": "none"}]),
            metadata=names.map(lambda user: {"user_id": user}),
            context_management=st.just({"edits": []}),
        )
    )
    return {"model": "auto", "max_tokens": draw(limits), "messages": messages, **extra}


# responses

response_text = words.map(lambda text: {"type": "input_text", "text": text})
response_images = st.sampled_from([f"data:image/png;base64,{DATA}", "https://example.com/a.png"]).map(
    lambda url: {"type": "input_image", "detail": "auto", "image_url": url}
)


@st.composite
def responses_exchange(draw: Any) -> list[dict[str, Any]]:
    content = draw(words | st.lists(response_text | response_images, min_size=1, max_size=3))
    items: list[dict[str, Any]] = [{"type": "message", "role": "user", "content": content}]
    if draw(st.booleans()):
        summary = [{"type": "summary_text", "text": draw(words)}]
        items.append(
            {"type": "reasoning", "id": "rs_1", "summary": summary, "encrypted_content": draw(names)}
        )
    items.append({"type": "message", "role": "assistant", "content": draw(words)})
    calls = draw(st.lists(st.tuples(names, names, arguments), max_size=2, unique_by=lambda call: call[0]))
    kind = draw(st.sampled_from(["function_call", "custom_tool_call"]))
    given = "arguments" if kind == "function_call" else "input"
    items += [{"type": kind, "call_id": i, "name": name, given: text} for i, name, text in calls]
    items += [{"type": f"{kind}_output", "call_id": i, "output": draw(words)} for i, *_ in calls]
    return items


@st.composite
def responses_requests(draw: Any) -> dict[str, Any]:
    items = [item for exchange in draw(st.lists(responses_exchange(), max_size=3)) for item in exchange]
    items.append({"type": "message", "role": "user", "content": draw(words)})
    if draw(st.booleans()):
        items.insert(0, {"type": "message", "role": "developer", "content": draw(words)})
    function = st.fixed_dictionaries(
        {"type": st.just("function"), "name": names, "parameters": schemas, "strict": st.booleans()}
    )
    grammar = {"type": "grammar", "syntax": "lark", "definition": "start: /x/"}
    custom = names.map(lambda name: {"type": "custom", "name": name, "format": grammar})
    form = schemas.map(lambda schema: {"format": {"type": "json_schema", "name": "a", "schema": schema}})
    extra = draw(
        optional(
            instructions=words,
            temperature=numbers,
            max_output_tokens=limits,
            tools=st.lists(function | custom, min_size=1, max_size=3),
            reasoning=st.sampled_from([{"effort": "medium", "summary": "auto"}, {"effort": "high"}]),
            text=form,
            tool_choice=st.sampled_from(["auto", "none", "required"]),
            parallel_tool_calls=st.booleans(),
            include=st.just(["reasoning.encrypted_content"]),
            store=st.booleans(),
            prompt_cache_key=names,
        )
    )
    return {"model": "auto", "input": draw(st.just(items) | words), **extra}


REQUESTS = {"chat": chat_requests(), "messages": messages_requests(), "responses": responses_requests()}
