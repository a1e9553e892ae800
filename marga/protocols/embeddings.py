"""The wire form of OpenAI embeddings: texts or token arrays in, vectors out. Pure."""

from __future__ import annotations

from typing import Any

import orjson

from marga.pricing import Usage
from marga.protocols.body import renamed
from marga.protocols.reading import count, items, text_length
from marga.protocols.request import Request, Unreadable, model_of, parse_object

CHARACTERS_OF_A_TOKEN = 4


def read_request(body: bytes) -> Request:
    """Parse body.

    Raises Unreadable.
    """
    payload = parse_object(body)
    model = model_of(payload)
    given = payload.get("input")
    if not isinstance(given, str | list) or not given:
        raise Unreadable("Give input: a text, a list of texts, or a list of tokens.", "input")
    return Request("embeddings", model, False, True, payload, body)


def upstream_body(request: Request, model: str) -> bytes:
    """Return the body for a provider that knows the model by another name."""
    if model == request.model:
        return request.body
    return renamed(request.body, request.model, model) or orjson.dumps({**request.payload, "model": model})


def usage_of(payload: dict[str, Any]) -> Usage | None:
    """Return the usage that an answer reports, or None."""
    tokens = count(payload.get("usage"), "prompt_tokens")
    if tokens is None:
        tokens = count(payload.get("usage"), "total_tokens")
    return None if tokens is None else Usage(tokens)


def merge_usage(before: Usage | None, new: Usage) -> Usage:
    """Return what stands after a second report: the newer one."""
    return new


def read_characters(payload: dict[str, Any]) -> int:
    """Return how many characters a request carries; a token counts as four."""
    given = payload.get("input")
    if isinstance(given, str):
        return len(given)
    total = 0
    for item in items(given):
        if isinstance(item, int):
            total += CHARACTERS_OF_A_TOKEN
        else:
            total += len(item) * CHARACTERS_OF_A_TOKEN if isinstance(item, list) else text_length(item)
    return total


def written_characters(payload: dict[str, Any]) -> int:
    """Return 0: vectors are not billed."""
    return 0


def most_output_tokens(payload: dict[str, Any]) -> int:
    """Return 0: vectors are not billed."""
    return 0


def has_finished(payload: dict[str, Any]) -> bool:
    """Tell that an answer is whole: there are no streams."""
    return True


def ends_stream(payload: dict[str, Any]) -> bool:
    """Tell that an answer is whole: there are no streams."""
    return True


def is_startup(payload: dict[str, Any]) -> bool:
    """Tell that nothing is held back."""
    return False


def error_of(payload: dict[str, Any]) -> dict[str, Any] | None:
    """Return the error inside an answer."""
    error = payload.get("error")
    return error if isinstance(error, dict) else None
