"""A bound on request bodies, in front of Django, which would put a whole body on disk before looking at it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from avyay_site import ids

Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Any, Receive, Send], Awaitable[None]]

OVERHEAD_BYTES = 64 * 1024
"""Forms and multipart bodies are a little longer than what they carry; the parsers hold the exact limit."""
PROBLEM = {
    "type": "/api/docs/problems#too-large",
    "title": "The body is too large",
    "status": 413,
    "detail": "Send less at once; AVYAY_MAX_BODY_MB sets the limit.",
    "errors": [],
}


class _TooLarge(Exception):
    """More bytes came than are allowed."""


class BodyLimit:
    """Answer 413 as soon as a body is, or says that it will be, longer than most_bytes.

    roomy: paths that take more, with how much.
    """

    def __init__(self, app: App, most_bytes: int, roomy: Mapping[str, int] | None = None) -> None:
        self.app = app
        self.most_bytes = most_bytes
        self.roomy = roomy or {}

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most = self.roomy.get(scope["path"], self.most_bytes) + OVERHEAD_BYTES
        if _announced(scope) > most:
            await _refuse(scope, send)
            return
        # Django reads the whole body before it answers, so nothing was sent yet when this is raised.
        try:
            await self.app(scope, self._counted(receive, most), send)
        except _TooLarge:
            await _refuse(scope, send)

    def _counted(self, receive: Receive, most: int) -> Receive:
        count = 0

        async def counted() -> Message:
            nonlocal count
            message = await receive()
            count += len(message.get("body", b""))
            if count > most:
                raise _TooLarge
            return message

        return counted


def _announced(scope: Any) -> int:
    text = dict(scope["headers"]).get(b"content-length", b"0")
    return int(text) if text.isdigit() and len(text) < 20 else 0


async def _refuse(scope: Any, send: Send) -> None:
    request_id = ids.new_id("req")
    body = json.dumps({**PROBLEM, "instance": scope["path"], "request_id": request_id}).encode()
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"x-request-id", request_id.encode()),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
