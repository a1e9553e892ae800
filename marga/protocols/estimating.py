"""Guess how many tokens a request's input is, for a provider that cannot be asked. Pure."""

from __future__ import annotations

from typing import Any

import orjson

from marga.protocols.reading import items

BYTES_PER_TOKEN = 4
"""A rough mean for English text and code; a Chinese character has three bytes and is about one token."""

IMAGE_TOKENS = 1_200
FILE_TOKENS = 3_000
AUDIO_TOKENS = 600
"""Means for one attachment, whose size says little: providers scale images and read documents by the page."""

TURN_TOKENS = 4
"""What the marks around each message cost."""

_ATTACHMENTS = {
    "image": IMAGE_TOKENS,
    "image_url": IMAGE_TOKENS,
    "input_image": IMAGE_TOKENS,
    "document": FILE_TOKENS,
    "file": FILE_TOKENS,
    "input_file": FILE_TOKENS,
    "input_audio": AUDIO_TOKENS,
}
_UNSEEN = frozenset(
    {"type", "role", "id", "call_id", "tool_use_id", "tool_call_id", "signature", "cache_control", "status"}
)
_SPOKEN = {"chat": ("messages",), "messages": ("system", "messages"), "responses": ("instructions", "input")}
_DECLARED = ("tools", "functions", "response_format", "output_config", "text")


def estimate_input_tokens(payload: dict[str, Any], protocol: str) -> int:
    """Return a rough count of what the model reads: texts, tool calls and results, tools, attachments."""
    size = tokens = 0
    for name in _SPOKEN[protocol]:
        value = payload.get(name)
        tokens += TURN_TOKENS * len(items(value))
        more, attached = _weigh(value)
        size, tokens = size + more, tokens + attached
    for name in _DECLARED:
        if value := payload.get(name):
            size += _declared(value)
    return tokens + -(-size // BYTES_PER_TOKEN)


def _declared(value: Any) -> int:
    try:
        return len(orjson.dumps(value))
    except orjson.JSONEncodeError:
        return 0  # nested deeper than any provider reads


def _weigh(value: Any) -> tuple[int, int]:
    """Return the bytes of all text within value, and the tokens of its attachments."""
    size = tokens = 0
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            size += len(value) if value.isascii() else len(value.encode("utf-8", "replace"))
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            kind = value.get("type")
            attached = _ATTACHMENTS.get(kind) if isinstance(kind, str) else None
            if attached is not None and not _is_plain_text(value):
                tokens += attached
            else:
                waiting += [inner for name, inner in value.items() if name not in _UNSEEN]
    return size, tokens


def _is_plain_text(part: dict[str, Any]) -> bool:
    source = part.get("source")
    return isinstance(source, dict) and source.get("type") == "text"
