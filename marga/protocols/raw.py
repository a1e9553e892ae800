"""What is carried without being understood: images, audio, moderations, files. Only model and usage are read. Pure."""

from __future__ import annotations

import re
from typing import Any

from marga.pricing import Usage
from marga.protocols.reading import count, object_in
from marga.protocols.request import Request

_PART = re.compile(rb'name="model"\r\n(?:[^\r\n]+\r\n)*\r\n([^\r\n]{1,200})\r\n')
READ_BYTES = 1 << 16


def read_raw(protocol: str, kind: bytes, body: bytes) -> Request:
    """Return the request; model is empty when the body names none."""
    payload: dict[str, Any] = {}
    model = ""
    if kind.startswith(b"multipart/form-data"):
        # Forms put a file's bytes last or first; the field is small text, and only its first place counts.
        found = _PART.search(body[:READ_BYTES]) or _PART.search(body[-READ_BYTES:])
        model = found[1].decode("utf-8", "replace") if found else ""
    elif body:
        payload = object_in(body) or {}
        given = payload.get("model")
        model = given if isinstance(given, str) else ""
    return Request(protocol, model, payload.get("stream") is True, True, payload, body)


def usage_of(payload: dict[str, Any]) -> Usage | None:
    """Return the usage that an answer reports, or None."""
    usage = payload.get("usage")
    given = count(usage, "input_tokens")
    if given is None:
        given = count(usage, "prompt_tokens")
    written = count(usage, "output_tokens") or count(usage, "completion_tokens") or 0
    return None if given is None else Usage(given, written)


def merge_usage(before: Usage | None, new: Usage) -> Usage:
    """Return what stands after a second report: the newer one."""
    return new


def read_characters(payload: dict[str, Any]) -> int:
    """Return how many characters of text the request brings."""
    return sum(len(payload[name]) for name in ("input", "prompt") if isinstance(payload.get(name), str))


def written_characters(payload: dict[str, Any]) -> int:
    """Return 0: what these answers hold is not text."""
    return 0


def most_output_tokens(payload: dict[str, Any]) -> int:
    """Return 0: nothing is known beforehand."""
    return 0


def has_finished(payload: dict[str, Any]) -> bool:
    """Tell that an answer is whole."""
    return True


def error_of(payload: dict[str, Any]) -> dict[str, Any] | None:
    """Return the error inside an answer."""
    error = payload.get("error")
    return error if isinstance(error, dict) else None
