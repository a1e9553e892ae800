"""OpenAI embeddings of texts and of token arrays."""

from __future__ import annotations

import base64
import hashlib
import struct
from typing import Any

from benchmarks.clients.stub.words import Refused, names, need, only_known

KNOWN = names("input model dimensions encoding_format user")
USUAL_LENGTH = 16


def inputs(body: dict[str, Any]) -> list[str | list[int]]:
    """Return the texts or token arrays; raise Refused for anything else."""
    only_known(body, KNOWN, "Unrecognized request argument supplied: {name}")
    need(body, "model", "input")
    given = body["input"]
    if isinstance(given, str) or (given and all(isinstance(token, int) for token in given)):
        given = [given]
    for one in given:
        is_tokens = isinstance(one, list) and one and all(isinstance(token, int) for token in one)
        if not (is_tokens or (isinstance(one, str) and one)):
            raise Refused(400, "invalid_request_error", "'$.input' is invalid.", param="input")
    return list(given)


def answer(body: dict[str, Any]) -> dict[str, Any]:
    """Return one vector for each input."""
    asked = inputs(body)
    length = body.get("dimensions") or USUAL_LENGTH
    vectors = [vector(one, length) for one in asked]
    is_packed = body.get("encoding_format") == "base64"
    data = [
        {"object": "embedding", "index": i, "embedding": packed(v) if is_packed else v}
        for i, v in enumerate(vectors)
    ]
    tokens = sum(len(one) if isinstance(one, list) else len(one) // 4 + 1 for one in asked)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "data": data, "model": body["model"], "usage": usage}


def vector(one: str | list[int], length: int) -> list[float]:
    """Return numbers of at most one that follow from the input alone, exact as 32-bit floats."""
    digest = hashlib.shake_256(repr(one).encode()).digest(length)
    return [(byte - 128) / 128 for byte in digest]


def packed(numbers: list[float]) -> str:
    """Return base64 of little-endian 32-bit floats."""
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()
