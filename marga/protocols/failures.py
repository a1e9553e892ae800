"""Errors in the words of each protocol, as its clients act on them. Pure.

OpenAI: {"error": {"message", "type", "param", "code"}}. Anthropic: {"type": "error", "error": {"type", "message"}}.
A responses stream ends with `response.failed`, whose code and wording Codex reads.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from marga.protocols import sse
from marga.protocols.reading import count, text

OPENAI_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "insufficient_quota",
    403: "permission_error",
    404: "invalid_request_error",
    405: "invalid_request_error",
    408: "invalid_request_error",
    413: "invalid_request_error",
    415: "invalid_request_error",
    429: "rate_limit_error",
}
ANTHROPIC_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    405: "invalid_request_error",
    408: "timeout_error",
    413: "request_too_large",
    415: "invalid_request_error",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
TOO_LONG = "context_length_exceeded"
TOO_LONG_WORDS = "prompt is too long"
"""What Claude Code looks for in a message before it compacts the conversation."""

CODEX_CODES = frozenset(
    {TOO_LONG, "insufficient_quota", "usage_not_included", "rate_limit_exceeded", "invalid_prompt"}
)
_STATUSES = {
    "invalid_request_error": 400,
    "invalid_prompt": 400,
    TOO_LONG: 400,
    "authentication_error": 401,
    "invalid_api_key": 401,
    "billing_error": 402,
    "insufficient_quota": 402,
    "usage_not_included": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "model_not_found": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "timeout_error": 504,
    "overloaded_error": 529,
    "server_is_overloaded": 529,
}
UNSPECIFIED = "The provider reports an error and does not say more."


class Failure(NamedTuple):
    """An error in no protocol's words; status: as HTTP has it."""

    status: int
    code: str
    message: str
    param: str | None = None


def read_error(error: dict[str, Any], status: int | None = None) -> Failure:
    """Return what a provider's error object says, of any protocol.

    status: of the answer it came in, None for one inside a stream or a 200: then its words tell the status.
    """
    code, kind = error.get("code"), text(error.get("type"))
    words = text(error.get("message")) or UNSPECIFIED
    name = code if isinstance(code, str) and code else kind or "upstream_error"
    if TOO_LONG_WORDS in words or "maximum context length" in words:
        name = TOO_LONG
    known = status or _STATUSES.get(name) or _STATUSES.get(kind) or _status_in(code)
    return Failure(known or 500, name, words, text(error.get("param")) or None)


def _status_in(code: Any) -> int | None:
    """Return the status that some servers write as the code, as a number."""
    value = count({"code": code}, "code")
    return value if value is not None and 400 <= value < 600 else None


def error_object(
    protocol: str, *, status: int, code: str, message: str, param: str | None, request_id: str
) -> dict[str, Any]:
    """Return the body of an answer that is an error."""
    if protocol == "messages":
        kind = ANTHROPIC_TYPES.get(status, "invalid_request_error" if status < 500 else "api_error")
        if code == TOO_LONG and TOO_LONG_WORDS not in message:
            message = f"{TOO_LONG_WORDS}: {message}"
        return {"type": "error", "error": {"type": kind, "message": message}, "request_id": request_id}
    is_upstream = code.startswith("upstream_")
    kind = OPENAI_TYPES.get(status, "upstream_error" if is_upstream else "server_error")
    error = {"message": message, "type": kind, "param": param, "code": code}
    return {"error": error, "request_id": request_id}


def error_body(
    protocol: str, *, status: int, code: str, message: str, param: str | None = None, request_id: str = ""
) -> bytes:
    """Return the same as bytes."""
    return orjson.dumps(
        error_object(protocol, status=status, code=code, message=message, param=param, request_id=request_id)
    )


def error_event(
    protocol: str,
    *,
    status: int,
    code: str,
    message: str,
    param: str | None = None,
    request_id: str = "",
    retry_after_seconds: float | None = None,
    response_id: str = "",
    sequence_number: int = 0,
) -> bytes:
    """Return the event that tells a client of a stream that has begun.

    retry_after_seconds: told in the words that Codex reads, for a rate limit.
    response_id, sequence_number: of the responses stream so far; its clients refuse an event of another response.
    """
    if protocol == "responses":
        response = _failed(status, code, message, retry_after_seconds, response_id or f"resp_{request_id}")
        event = {"type": "response.failed", "sequence_number": sequence_number, "response": response}
        return sse.written(event, "response.failed")
    said = error_object(
        protocol, status=status, code=code, message=message, param=param, request_id=request_id
    )
    return sse.written(said, "error" if protocol == "messages" else "")


def _failed(
    status: int, code: str, message: str, retry_after_seconds: float | None, response_id: str
) -> dict[str, Any]:
    code = codex_code(status, code)
    if code == "rate_limit_exceeded" and retry_after_seconds is not None and "try again in" not in message:
        message = f"{message.rstrip('.')}. Please {waiting(retry_after_seconds)}."
    return {
        "id": response_id,
        "object": "response",
        "created_at": 0,
        "status": "failed",
        "error": {"code": code, "message": message},
        "incomplete_details": None,
        "model": "",
        "output": [],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": None,
    }


def codex_code(status: int, code: str) -> str:
    """Return the code for `response.failed`: one that Codex acts on, else the general one."""
    if code in CODEX_CODES:
        return code
    return {402: "insufficient_quota", 429: "rate_limit_exceeded"}.get(status, "server_error")


def waiting(seconds: float) -> str:
    """Return a wait as Codex reads it: "try again in 1.3s"."""
    return f"try again in {max(seconds, 0.0):.3f}".rstrip("0").rstrip(".") + "s"
