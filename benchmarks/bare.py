"""A bare Granian answer: what the server alone can do, the measure for everything else."""

from __future__ import annotations

from typing import Any

BODY = b'{"status":"ok"}'


async def rsgi(scope: Any, protocol: Any) -> None:
    """Answer one constant over RSGI, Granian's own interface."""
    protocol.response_bytes(200, [("content-type", "application/json")], BODY)


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    """Answer one constant over ASGI, the interface of the gateway."""
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]}
    )
    await send({"type": "http.response.body", "body": BODY, "more_body": False})
