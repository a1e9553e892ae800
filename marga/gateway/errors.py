"""Refusals, in the form that OpenAI's clients read: {"error": {"message", "type", "param", "code"}}."""

from __future__ import annotations

import orjson

Headers = list[tuple[bytes, bytes]]

KINDS = {
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


class Refusal(Exception):
    """An answer that is not the one asked for.

    status: HTTP status; code: what a program can act on; headers: sent along (Retry-After and the like).
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        param: str | None = None,
        headers: Headers | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.param = param
        self.headers = headers or []

    def body(self, request_id: str) -> bytes:
        """Return the JSON body."""
        return orjson.dumps(
            {
                "error": {
                    "message": self.message,
                    "type": KINDS.get(self.status, "upstream_error" if self.is_upstream else "server_error"),
                    "param": self.param,
                    "code": self.code,
                },
                "request_id": request_id,
            }
        )

    @property
    def is_upstream(self) -> bool:
        """Tell whether the provider is at fault, not the client and not the gateway."""
        return self.code.startswith("upstream_")

    def event(self, request_id: str) -> bytes:
        """Return the same as a server-sent event, for a stream that has begun."""
        return b"data: " + self.body(request_id) + b"\n\n"


def retry_after(seconds: float) -> tuple[bytes, bytes]:
    """Return the header, in whole seconds, at least one."""
    return (b"retry-after", str(max(1, int(seconds + 0.999))).encode())


NO_RETRY = (b"x-should-retry", b"false")
