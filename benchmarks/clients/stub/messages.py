"""Anthropic messages: what a request says, and an answer in its form."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from benchmarks.clients.stub.words import (
    Answer,
    Asked,
    Refused,
    Tool,
    Usage,
    is_genuine,
    names,
    need,
    only_known,
    seal,
)

FINISH = {"stop": "end_turn", "sequence": "stop_sequence", "length": "max_tokens", "tools": "tool_use"}
KNOWN = names(
    "model messages max_tokens cache_control container inference_geo metadata output_config service_tier "
    "stop_sequences stream system temperature thinking tool_choice tools top_k top_p"
)
KNOWN_WITH_BETA = KNOWN | names(
    "betas context_management mcp_servers output_format speed diagnostics fallbacks"
)
NO_RESULT = (
    "messages.{at}: `tool_use` ids were found without `tool_result` blocks immediately after: {ids}. "
    "Each `tool_use` block must have a corresponding `tool_result` block in the next message."
)
NO_CALL = "messages.{at}: unexpected `tool_use_id` found in `tool_result` blocks: {ids}."


def read(body: dict[str, Any], *, has_beta: bool, counts_only: bool = False) -> Asked:
    """Read a request; raise Refused as the provider would. has_beta: an `anthropic-beta` header came along."""
    only_known(body, KNOWN_WITH_BETA if has_beta else KNOWN, "{name}: Extra inputs are not permitted")
    need(body, "model", "messages", *(() if counts_only else ("max_tokens",)))
    asked = Asked(
        model=body["model"],
        is_stream=bool(body.get("stream")),
        thinks=(body.get("thinking") or {}).get("type") in ("enabled", "adaptive"),
        most=body.get("max_tokens"),
        stops=body.get("stop_sequences") or [],
        tools=[_tool(tool) for tool in body.get("tools") or ()],
    )
    _read_thinking(body)
    _read_choice(asked, body.get("tool_choice") or {})
    _read_format(asked, body)
    asked.system = _joined(asked, body.get("system") or "")
    _check_order(body["messages"])
    for message in body["messages"]:
        _read_message(asked, message)
    return asked


def _tool(tool: dict[str, Any]) -> Tool:
    need(tool, "name")
    if tool.get("type") in (None, "custom"):
        need(tool, "input_schema")
    return Tool(tool["name"], tool.get("input_schema") or {})


def _read_thinking(body: dict[str, Any]) -> None:
    thinking = body.get("thinking") or {}
    budget = thinking.get("budget_tokens")
    if thinking.get("type") == "enabled" and (budget is None or not 1024 <= budget < body["max_tokens"]):
        message = "`max_tokens` must be greater than `thinking.budget_tokens`, which must be at least 1024"
        raise Refused(400, "invalid_request_error", message)


def _read_choice(asked: Asked, choice: dict[str, Any]) -> None:
    asked.is_parallel = not choice.get("disable_parallel_tool_use")
    asked.choice = choice["name"] if choice.get("type") == "tool" else choice.get("type", "auto")


def _read_format(asked: Asked, body: dict[str, Any]) -> None:
    wanted = (body.get("output_config") or {}).get("format") or body.get("output_format") or {}
    if wanted.get("type") == "json_schema":
        need(wanted, "schema")
        asked.schema = wanted["schema"]


def _check_order(messages: list[dict[str, Any]]) -> None:
    """Every tool_use is answered in the next message, and every tool_result answers one."""
    waiting: set[str] = set()
    for at, message in enumerate(messages):
        if message.get("role") not in ("user", "assistant", "system"):
            wrong = f'messages.{at}.role: Input should be "user" or "assistant"'
            raise Refused(400, "invalid_request_error", wrong)
        blocks = _blocks(message.get("content"))
        given = {block["tool_use_id"] for block in blocks if block["type"] == "tool_result"}
        if waiting - given:
            raise Refused(400, "invalid_request_error", NO_RESULT.format(at=at - 1, ids=sorted(waiting)))
        if given - waiting:
            raise Refused(400, "invalid_request_error", NO_CALL.format(at=at, ids=sorted(given)))
        waiting = {block["id"] for block in blocks if block["type"] == "tool_use"}
        if message["role"] == "assistant":
            _check_thoughts(at, blocks)
    if waiting:
        raise Refused(400, "invalid_request_error", NO_RESULT.format(at=len(messages), ids=sorted(waiting)))


def _check_thoughts(at: int, blocks: list[dict[str, Any]]) -> None:
    for i, block in enumerate(blocks):
        if block["type"] == "thinking" and not is_genuine(block["thinking"], block.get("signature", "")):
            wrong = f"messages.{at}.content.{i}: Invalid `signature` in `thinking` block"
            raise Refused(400, "invalid_request_error", wrong)


def _blocks(content: Any) -> list[dict[str, Any]]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    if not isinstance(content, list):
        raise Refused(400, "invalid_request_error", "content: Input should be a valid list")
    return content


def _read_message(asked: Asked, message: dict[str, Any]) -> None:
    blocks = _blocks(message["content"])
    spoken = [block for block in blocks if block["type"] != "tool_result"]
    results = [block for block in blocks if block["type"] == "tool_result"]
    text = _joined(asked, spoken)
    said = [_joined(asked, block.get("content") or "") for block in results]
    asked.characters += sum(map(len, said))
    if message["role"] == "user":
        if results:
            asked.results += said
        else:
            asked.user_says(text)


def _joined(asked: Asked, content: Any) -> str:
    texts = []
    for block in _blocks(content):
        match block.get("type"):
            case "text":
                texts.append(block["text"])
            case "image":
                need(block, "source")
                asked.images += 1
            case "document":
                asked.files += 1
            case "tool_use":
                asked.characters += len(json.dumps(block["input"]))
    text = "".join(texts)
    asked.characters += len(text)
    return text


def usage(counted: Usage) -> dict[str, Any]:
    """Return the usage in the form of messages, where cached input stands beside the fresh one."""
    return {
        "input_tokens": counted.input - counted.cached,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": counted.cached,
        "output_tokens": counted.output,
        "output_tokens_details": {"thinking_tokens": counted.reasoning},
        "service_tier": "standard",
    }


def whole(answer: Answer) -> dict[str, Any]:
    """Return the whole answer."""
    content: list[dict[str, Any]] = []
    if answer.thought:
        content.append({"type": "thinking", "thinking": answer.thought, "signature": seal(answer.thought)})
    if answer.text:
        content.append({"type": "text", "text": answer.text})
    content += [{"type": "tool_use", "id": c.id, "name": c.name, "input": c.arguments} for c in answer.calls]
    return {
        "id": f"msg_{answer.id}",
        "type": "message",
        "role": "assistant",
        "model": answer.model,
        "content": content,
        "stop_reason": FINISH[answer.finish],
        "stop_sequence": answer.stop,
        "usage": usage(answer.usage),
    }


def events(answer: Answer) -> Iterator[dict[str, Any]]:
    """Yield the events of the answer in their order."""
    message = whole(answer)
    blocks, reason = message["content"], message["stop_reason"]
    begun = {**message["usage"], "output_tokens": 1}
    yield {
        "type": "message_start",
        "message": {**message, "content": [], "stop_reason": None, "stop_sequence": None, "usage": begun},
    }
    for index, block in enumerate(blocks):
        yield {"type": "content_block_start", "index": index, "content_block": _empty(block)}
        if index == 0:
            yield {"type": "ping"}
        for delta in _deltas(block, answer):
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    yield {
        "type": "message_delta",
        "delta": {"stop_reason": reason, "stop_sequence": answer.stop},
        "usage": message["usage"],
    }
    yield {"type": "message_stop"}


def _empty(block: dict[str, Any]) -> dict[str, Any]:
    blank = {"text": "", "thinking": "", "signature": "", "input": {}}
    return {name: blank.get(name, value) for name, value in block.items()}


def _deltas(block: dict[str, Any], answer: Answer) -> Iterator[dict[str, Any]]:
    match block["type"]:
        case "thinking":
            yield {"type": "thinking_delta", "thinking": block["thinking"]}
            yield {"type": "signature_delta", "signature": block["signature"]}
        case "text":
            for piece in answer.pieces:
                yield {"type": "text_delta", "text": piece}
        case "tool_use":
            arguments = json.dumps(block["input"], ensure_ascii=False)
            yield {"type": "input_json_delta", "partial_json": ""}
            for at in range(0, len(arguments), 7):
                yield {"type": "input_json_delta", "partial_json": arguments[at : at + 7]}
