from __future__ import annotations

from typing import Any

import pytest

from avyay_site.body_limit import OVERHEAD_BYTES, BodyLimit

LIMIT = OVERHEAD_BYTES + 1000


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Read the whole body as Django does, then say how long it was."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(len(body)).encode()})


async def post(
    chunks: list[bytes], headers: list[tuple[bytes, bytes]] | None = None
) -> tuple[int, list[bytes]]:
    """Return the status and the chunks that nobody asked for any more."""
    waiting, sent = list(chunks), []

    async def receive() -> dict[str, Any]:
        chunk = waiting.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": bool(waiting)}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "path": "/api/v1/keys", "headers": headers or []}
    await BodyLimit(echo, 1000)(scope, receive, send)
    return sent[0]["status"], waiting


@pytest.mark.parametrize("length", [0, 1, LIMIT])
async def test_a_body_within_the_limit_passes(length):
    assert await post([b"x" * length], [(b"content-length", str(length).encode())]) == (200, [])


async def test_an_announced_long_body_is_refused_before_a_byte_of_it_is_read():
    assert await post([b"x"], [(b"content-length", str(LIMIT + 1).encode())]) == (413, [b"x"])


async def test_a_long_body_that_was_not_announced_is_refused_when_it_passes_the_limit():
    status, unread = await post([b"x" * LIMIT, b"y", b"z" * LIMIT])

    assert (status, unread) == (413, [b"z" * LIMIT])


@pytest.mark.parametrize("length", [b"-5", b"abc", b"9" * 5000, b""])
async def test_a_nonsense_length_does_not_help(length):
    assert (await post([b"x" * LIMIT, b"y"], [(b"content-length", length)]))[0] == 413


async def test_other_protocols_pass_untouched():
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    await BodyLimit(app, 1)({"type": "websocket"}, None, None)  # type: ignore[arg-type]

    assert seen == ["websocket"]
