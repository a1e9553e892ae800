"""OpenAI chat completions: what a request says, and an answer in its form."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from benchmarks.clients.stub.words import Answer, Asked, Call, Refused, Tool, Usage, names, need, only_known

CREATED = 1_700_000_000
FINISH = {"stop": "stop", "sequence": "stop", "length": "length", "tools": "tool_calls"}
KNOWN = names(
    "messages model audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens "
    "max_tokens metadata modalities n parallel_tool_calls prediction presence_penalty prompt_cache_key "
    "prompt_cache_retention reasoning_effort response_format safety_identifier seed service_tier stop store "
    "stream stream_options temperature tool_choice tools top_logprobs top_p user verbosity "
    "web_search_options"
)
ROLES = {"system", "developer", "user", "assistant", "tool"}
NO_RESULT = (
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. "
    "The following tool_call_ids did not have response messages: {}"
)
NO_CALL = "Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls'."


def read(body: dict[str, Any]) -> Asked:
    """Read a request; raise Refused as the provider would."""
    only_known(body, KNOWN, "Unrecognized request argument supplied: {name}")
    need(body, "model", "messages")
    asked = Asked(
        model=body["model"],
        is_stream=bool(body.get("stream")),
        wants_usage=not body.get("stream") or bool((body.get("stream_options") or {}).get("include_usage")),
        is_parallel=body.get("parallel_tool_calls") is not False,
        thinks=body.get("reasoning_effort") not in (None, "none"),
        most=body.get("max_completion_tokens") or body.get("max_tokens"),
        tools=[_tool(tool) for tool in body.get("tools") or ()],
        choice=_choice(body.get("tool_choice")),
    )
    stop = body.get("stop") or []
    asked.stops = [stop] if isinstance(stop, str) else stop
    _read_format(asked, body.get("response_format") or {})
    _check_order(body["messages"])
    for message in body["messages"]:
        _read_message(asked, message)
    return asked


def _tool(tool: dict[str, Any]) -> Tool:
    kind = tool.get("type")
    if kind not in ("function", "custom"):
        raise Refused(400, "invalid_request_error", f"Invalid value: '{kind}'.", param="tools[0].type")
    inner = tool.get(kind) or {}
    if not inner.get("name"):
        raise Refused(400, "invalid_request_error", "Missing required parameter: 'tools[0].function.name'.")
    return Tool(inner["name"], inner.get("parameters") or {}, kind)


def _choice(choice: Any) -> str:
    if isinstance(choice, dict):
        return str((choice.get("function") or choice.get("custom") or {}).get("name", "any"))
    return "any" if choice == "required" else str(choice or "auto")


def _read_format(asked: Asked, wanted: dict[str, Any]) -> None:
    asked.wants_json = wanted.get("type") == "json_object"
    if wanted.get("type") == "json_schema":
        need(wanted.get("json_schema") or {}, "name", "schema")
        asked.schema = wanted["json_schema"]["schema"]


def _check_order(messages: list[dict[str, Any]]) -> None:
    """Every tool call is answered right after it, and every tool message answers one."""
    open_calls: set[str] = set()
    for message in messages:
        if message.get("role") not in ROLES:
            raise Refused(400, "invalid_request_error", f"Invalid role: {message.get('role')!r}")
        if message["role"] == "tool":
            if message.get("tool_call_id") not in open_calls:
                raise Refused(400, "invalid_request_error", NO_CALL, param="messages")
            open_calls.discard(message["tool_call_id"])
            continue
        if open_calls:
            raise Refused(
                400, "invalid_request_error", NO_RESULT.format(", ".join(open_calls)), param="messages"
            )
        open_calls = {call["id"] for call in message.get("tool_calls") or ()}
    if open_calls:
        raise Refused(400, "invalid_request_error", NO_RESULT.format(", ".join(open_calls)), param="messages")


def _read_message(asked: Asked, message: dict[str, Any]) -> None:
    text = _read_content(asked, message.get("content"))
    asked.characters += len(text) + len(json.dumps(message.get("tool_calls") or ""))
    match message["role"]:
        case "user":
            asked.user_says(text)
        case "tool":
            asked.results.append(text)
        case "system" | "developer":
            asked.system += text


def _read_content(asked: Asked, content: Any) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    texts = []
    for part in content:
        match part.get("type"):
            case "text":
                texts.append(part["text"])
            case "refusal":
                texts.append(part["refusal"])
            case "image_url":
                need(part["image_url"], "url")
                asked.images += 1
            case "input_audio":
                asked.sounds += 1
            case "file":
                asked.files += 1
            case other:
                raise Refused(400, "invalid_request_error", f"Invalid content type: {other!r}")
    return "".join(texts)


def usage(counted: Usage) -> dict[str, Any]:
    """Return the usage in the form of chat completions."""
    return {
        "prompt_tokens": counted.input,
        "completion_tokens": counted.output,
        "total_tokens": counted.input + counted.output,
        "prompt_tokens_details": {"cached_tokens": counted.cached, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": counted.reasoning, "audio_tokens": 0},
    }


def whole(answer: Answer) -> dict[str, Any]:
    """Return the whole answer."""
    message: dict[str, Any] = {"role": "assistant", "content": answer.text or None, "refusal": None}
    if answer.calls:
        message["tool_calls"] = [_call(call) for call in answer.calls]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": FINISH[answer.finish]}
    return {**_head(answer, "chat.completion"), "choices": [choice], "usage": usage(answer.usage)}


def events(answer: Answer, asked: Asked) -> Iterator[dict[str, Any]]:
    """Yield the chunks of the answer; `[DONE]` is the server's to send."""
    head = _head(answer, "chat.completion.chunk")

    def chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        return {**head, "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]}

    yield chunk({"role": "assistant", "content": None if answer.calls else "", "refusal": None})
    for piece in answer.pieces:
        yield chunk({"content": piece})
    for index, call in enumerate(answer.calls):
        whole_call = _call(call)
        arguments = whole_call["function"]["arguments"]
        first = {**whole_call, "index": index, "function": {"name": call.name, "arguments": ""}}
        yield chunk({"tool_calls": [first]})
        for at in range(0, len(arguments), 7):
            part = {"index": index, "function": {"arguments": arguments[at : at + 7]}}
            yield chunk({"tool_calls": [part]})
    yield chunk({}, FINISH[answer.finish])
    if asked.wants_usage:
        yield {**head, "choices": [], "usage": usage(answer.usage)}


def _call(call: Call) -> dict[str, Any]:
    arguments = (
        call.arguments if isinstance(call.arguments, str) else json.dumps(call.arguments, ensure_ascii=False)
    )
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}}


def _head(answer: Answer, kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{answer.id}",
        "object": kind,
        "created": CREATED,
        "model": answer.model,
        "service_tier": "default",
        "system_fingerprint": "fp_stub",
    }
