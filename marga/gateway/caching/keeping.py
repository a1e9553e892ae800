"""Which answers may be given again. Pure: whole plain answers of one wire form in, yes or no out.

Only a whole, successful answer with something in it is kept: never an error, a refusal, a filtered or a paused one.
Calls of the client's own tools are kept, because the tools are part of the request's identity.
"""

from __future__ import annotations

from typing import Any

from marga.protocols.reading import fields, items, text

CHAT_ENDS = frozenset({"stop", "length", "tool_calls", "function_call"})
MESSAGES_ENDS = frozenset({"end_turn", "max_tokens", "stop_sequence", "tool_use"})


def is_keepable(answer: Any, protocol: str) -> bool:
    """Return whether answer is whole and worth keeping; an unknown wire form never is."""
    if not isinstance(answer, dict) or answer.get("error"):
        return False
    reader = _READERS.get(protocol)
    return reader is not None and reader(answer)


def _chat(answer: dict[str, Any]) -> bool:
    choices = items(answer.get("choices"))
    return bool(choices) and all(_is_whole_choice(fields(choice)) for choice in choices)


def _is_whole_choice(choice: dict[str, Any]) -> bool:
    message = fields(choice.get("message"))
    has_content = bool(
        text(message.get("content")) or items(message.get("content")) or message.get("tool_calls")
    )
    has_other = bool(message.get("function_call") or message.get("audio"))
    return (
        choice.get("finish_reason") in CHAT_ENDS
        and (has_content or has_other)
        and not message.get("refusal")
        and not choice.get("error")
    )


def _messages(answer: dict[str, Any]) -> bool:
    return (
        answer.get("type") == "message"
        and answer.get("stop_reason") in MESSAGES_ENDS
        and bool(items(answer.get("content")))
    )


def _responses(answer: dict[str, Any]) -> bool:
    output = items(answer.get("output"))
    return answer.get("status") == "completed" and bool(output) and not any(_refuses(item) for item in output)


def _refuses(item: Any) -> bool:
    return any(fields(part).get("type") == "refusal" for part in items(fields(item).get("content")))


def _embeddings(answer: dict[str, Any]) -> bool:
    data = items(answer.get("data"))
    return bool(data) and all(fields(row).get("embedding") for row in data)


_READERS = {"chat": _chat, "messages": _messages, "responses": _responses, "embeddings": _embeddings}
