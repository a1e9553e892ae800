"""Refusals: answers that are not the one asked for, written in the form that the client's protocol reads."""

from __future__ import annotations

import re

from marga.protocols import failures

Headers = list[tuple[bytes, bytes]]
WAIT = re.compile(rb"[0-9]{1,8}(\.[0-9]{1,8})?")


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

    def body(self, request_id: str, protocol: str = "chat") -> bytes:
        """Return the JSON body."""
        return failures.error_body(
            protocol,
            status=self.status,
            code=self.code,
            message=self.message,
            param=self.param,
            request_id=request_id,
        )

    @property
    def is_upstream(self) -> bool:
        """Tell whether the provider is at fault, not the client and not the gateway."""
        return self.code.startswith("upstream_")

    def event(self, request_id: str, protocol: str = "chat", place: tuple[str, int] = ("", 0)) -> bytes:
        """Return the same as a server-sent event, for a stream that has begun.

        place: the response's id and the next event's number, without which a responses client refuses it.
        """
        return failures.error_event(
            protocol,
            status=self.status,
            code=self.code,
            message=self.message,
            param=self.param,
            request_id=request_id,
            response_id=place[0],
            sequence_number=place[1],
            retry_after_seconds=self._wait_seconds() if self.status == 429 else None,
        )

    def _wait_seconds(self) -> float | None:
        """Return how long its headers ask to wait; None where they do not say, or give a date."""
        said = dict(self.headers)
        for name, unit in ((b"retry-after-ms", 1000), (b"retry-after", 1)):
            if WAIT.fullmatch(said.get(name, b"")):
                return float(said[name]) / unit
        return None


def retry_after(seconds: float) -> tuple[bytes, bytes]:
    """Return the header, in whole seconds, at least one."""
    return (b"retry-after", str(max(1, int(seconds + 0.999))).encode())


NO_RETRY = (b"x-should-retry", b"false")
