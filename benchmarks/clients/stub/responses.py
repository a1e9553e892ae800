"""OpenAI responses: what a request says, and an answer in its form."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from benchmarks.clients.stub.chat import CREATED
from benchmarks.clients.stub.words import (
    Answer,
    Asked,
    Call,
    Refused,
    Tool,
    Usage,
    is_genuine,
    names,
    need,
    only_known,
    seal,
)

KNOWN = names(
    "background client_metadata context_management conversation include input instructions max_output_tokens "
    "max_tool_calls metadata model parallel_tool_calls previous_response_id prompt prompt_cache_key "
    "prompt_cache_retention reasoning safety_identifier service_tier store stream stream_options temperature "
    "text tool_choice tools top_logprobs top_p truncation user"
)
LEAST_OUTPUT_TOKENS = 16
OUTPUTS = ("function_call_output", "custom_tool_call_output", "local_shell_call_output")
CALLS = ("function_call", "custom_tool_call", "local_shell_call")
HOSTED = ("web_search", "web_search_preview", "image_generation", "code_interpreter", "file_search", "mcp")


def read(body: dict[str, Any]) -> Asked:
    """Read a request; raise Refused as the provider would."""
    only_known(body, KNOWN, "Unknown parameter: '{name}'.")
    need(body, "model", "input")
    least = body.get("max_output_tokens") or LEAST_OUTPUT_TOKENS
    if least < LEAST_OUTPUT_TOKENS:
        wrong = f"Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got {least}."
        raise Refused(400, "invalid_request_error", wrong, param="max_output_tokens")
    asked = Asked(
        model=body["model"],
        is_stream=bool(body.get("stream")),
        is_parallel=body.get("parallel_tool_calls") is not False,
        thinks=_thinks(body.get("reasoning") or {}),
        most=body.get("max_output_tokens"),
        tools=list(_tools(body.get("tools") or ())),
        choice=_choice(body.get("tool_choice")),
        system=body.get("instructions") or "",
    )
    asked.characters += len(asked.system)
    _read_format(asked, (body.get("text") or {}).get("format") or {})
    items = body["input"]
    items = [{"role": "user", "content": items}] if isinstance(items, str) else items
    _check_order(items)
    for at, item in enumerate(items):
        _read_item(asked, item, at)
    return asked


def _thinks(reasoning: dict[str, Any]) -> bool:
    return bool(reasoning.get("effort") or reasoning.get("summary")) and reasoning.get("effort") != "none"


def _tools(tools: Any) -> Iterator[Tool]:
    for at, tool in enumerate(tools):
        match tool.get("type"):
            case "function" | "custom":
                if not tool.get("name"):
                    missing = f"Missing required parameter: 'tools[{at}].name'."
                    raise Refused(400, "invalid_request_error", missing, param=f"tools[{at}].name")
                yield Tool(tool["name"], tool.get("parameters") or {}, tool["type"])
            case "namespace":
                yield from _tools(tool.get("tools") or ())
            case "local_shell":
                yield Tool("local_shell", {}, "local_shell")
            case kind if kind not in HOSTED and kind != "tool_search":
                raise Refused(400, "invalid_request_error", f"Invalid value: {kind!r}.", param="tools")


def _choice(choice: Any) -> str:
    if isinstance(choice, dict):
        return str(choice.get("name", "any"))
    return "any" if choice == "required" else str(choice or "auto")


def _read_format(asked: Asked, wanted: dict[str, Any]) -> None:
    asked.wants_json = wanted.get("type") == "json_object"
    if wanted.get("type") == "json_schema":
        need(wanted, "name", "schema")
        asked.schema = wanted["schema"]


def _check_order(items: list[dict[str, Any]]) -> None:
    calls = {item["call_id"] for item in items if item.get("type") in CALLS}
    outputs = {item["call_id"] for item in items if item.get("type") in OUTPUTS}
    for call in sorted(calls - outputs):
        missing = f"No tool output found for function call {call}."
        raise Refused(400, "invalid_request_error", missing, param="input")
    for call in sorted(outputs - calls):
        missing = f"No tool call found for function call output with call_id {call}."
        raise Refused(400, "invalid_request_error", missing, param="input")


def _read_item(asked: Asked, item: dict[str, Any], at: int) -> None:
    kind = item.get("type", "message")
    asked.characters += len(json.dumps(item.get("arguments") or item.get("input") or ""))
    if kind == "message":
        text = _joined(asked, item.get("content"), at)
        if item.get("role") == "user":
            asked.user_says(text)
        elif item.get("role") in ("system", "developer"):
            asked.system += text
    elif kind in OUTPUTS:
        asked.results.append(_joined(asked, item["output"], at))
    elif kind == "reasoning":
        _check_thought(item)
    elif kind not in (*CALLS, "additional_tools", "item_reference", "compaction"):
        wrong = f"Invalid value: '{kind}'."
        raise Refused(400, "invalid_request_error", wrong, param=f"input[{at}].type")


def _check_thought(item: dict[str, Any]) -> None:
    sealed = item.get("encrypted_content")
    if sealed is None:
        return
    thought = "".join(part["text"] for part in item.get("summary") or ())
    if not is_genuine(thought, sealed):
        wrong = "The encrypted content could not be verified."
        raise Refused(400, "invalid_request_error", wrong, code="invalid_encrypted_content")


def _joined(asked: Asked, content: Any, at: int) -> str:
    if content is None or isinstance(content, str):
        asked.characters += len(content or "")
        return content or ""
    texts = []
    for part in content:
        match part.get("type"):
            case "input_text" | "output_text":
                texts.append(part["text"])
            case "refusal":
                texts.append(part["refusal"])
            case "input_image":
                asked.images += 1
            case "input_file":
                asked.files += 1
            case "input_audio":
                asked.sounds += 1
            case other:
                wrong = f"Invalid value: {other!r}."
                raise Refused(400, "invalid_request_error", wrong, param=f"input[{at}].content")
    text = "".join(texts)
    asked.characters += len(text)
    return text


def usage(counted: Usage) -> dict[str, Any]:
    """Return the usage in the form of responses."""
    return {
        "input_tokens": counted.input,
        "input_tokens_details": {"cached_tokens": counted.cached},
        "output_tokens": counted.output,
        "output_tokens_details": {"reasoning_tokens": counted.reasoning},
        "total_tokens": counted.input + counted.output,
    }


def whole(answer: Answer, body: dict[str, Any]) -> dict[str, Any]:
    """Return the whole answer; it repeats what the request asked for."""
    is_cut = answer.finish == "length"
    return {
        "id": f"resp_{answer.id}",
        "object": "response",
        "created_at": CREATED,
        "status": "incomplete" if is_cut else "completed",
        "background": False,
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if is_cut else None,
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "metadata": body.get("metadata") or {},
        "model": answer.model,
        "output": _items(answer),
        "parallel_tool_calls": body.get("parallel_tool_calls") is not False,
        "previous_response_id": None,
        "reasoning": {"effort": None, "summary": None, **(body.get("reasoning") or {})},
        "service_tier": "default",
        "store": body.get("store") is not False,
        "temperature": 1.0,
        "text": body.get("text") or {"format": {"type": "text"}},
        "tool_choice": body.get("tool_choice") or "auto",
        "tools": body.get("tools") or [],
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": usage(answer.usage),
        "user": None,
    }


def _items(answer: Answer) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    if answer.thought:
        items.append(
            {
                "id": f"rs_{answer.id}",
                "type": "reasoning",
                "summary": [{"type": "summary_text", "text": answer.thought}],
                "encrypted_content": seal(answer.thought),
            }
        )
    if answer.text:
        part = {"type": "output_text", "text": answer.text, "annotations": [], "logprobs": []}
        items.append(
            {
                "id": f"msg_{answer.id}",
                "type": "message",
                "status": "completed",
                "role": "assistant",
                "content": [part],
            }
        )
    return items + [_call(call, answer, i) for i, call in enumerate(answer.calls)]


def _call(call: Call, answer: Answer, index: int) -> dict[str, Any]:
    head = {"id": f"fc_{answer.id}_{index}", "status": "completed", "call_id": call.id, "name": call.name}
    if isinstance(call.arguments, str):
        return {**head, "type": "custom_tool_call", "input": call.arguments}
    return {**head, "type": "function_call", "arguments": json.dumps(call.arguments, ensure_ascii=False)}


def events(answer: Answer, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the events of the answer, numbered."""
    for number, event in enumerate(_events(answer, body)):
        yield {**event, "sequence_number": number}


def _events(answer: Answer, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    done = whole(answer, body)
    begun = {**done, "status": "in_progress", "output": [], "usage": None, "incomplete_details": None}
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    for index, item in enumerate(done["output"]):
        yield {"type": "response.output_item.added", "output_index": index, "item": _empty(item)}
        for event in _parts(item, answer):
            yield {**event, "item_id": item["id"], "output_index": index}
        yield {"type": "response.output_item.done", "output_index": index, "item": item}
    yield {"type": f"response.{done['status']}", "response": done}


def _empty(item: dict[str, Any]) -> dict[str, Any]:
    blank = {"content": [], "summary": [], "arguments": "", "input": "", "status": "in_progress"}
    return {name: blank.get(name, value) for name, value in item.items()}


def _parts(item: dict[str, Any], answer: Answer) -> Iterator[dict[str, Any]]:
    match item["type"]:
        case "reasoning":
            yield from _reasoning_parts(item["summary"][0])
        case "message":
            yield from _text_parts(item["content"][0], answer)
        case "function_call":
            yield from _argument_parts("response.function_call_arguments", "arguments", item["arguments"])
        case "custom_tool_call":
            yield from _argument_parts("response.custom_tool_call_input", "input", item["input"])


def _reasoning_parts(part: dict[str, Any]) -> Iterator[dict[str, Any]]:
    where = {"summary_index": 0}
    empty = {**part, "text": ""}
    yield {"type": "response.reasoning_summary_part.added", **where, "part": empty}
    yield {"type": "response.reasoning_summary_text.delta", **where, "delta": part["text"]}
    yield {"type": "response.reasoning_summary_text.done", **where, "text": part["text"]}
    yield {"type": "response.reasoning_summary_part.done", **where, "part": part}


def _text_parts(part: dict[str, Any], answer: Answer) -> Iterator[dict[str, Any]]:
    where = {"content_index": 0}
    yield {"type": "response.content_part.added", **where, "part": {**part, "text": ""}}
    for piece in answer.pieces:
        yield {"type": "response.output_text.delta", **where, "delta": piece, "logprobs": []}
    yield {"type": "response.output_text.done", **where, "text": part["text"], "logprobs": []}
    yield {"type": "response.content_part.done", **where, "part": part}


def _argument_parts(kind: str, field: str, text: str) -> Iterator[dict[str, Any]]:
    for at in range(0, len(text), 7):
        yield {"type": f"{kind}.delta", "delta": text[at : at + 7]}
    yield {"type": f"{kind}.done", field: text}
