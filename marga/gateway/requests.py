"""Reading what a client sent: its headers, its body within bounds of size and time."""

from __future__ import annotations

from collections.abc import Iterable

from marga.gateway.errors import Refusal
from marga.gateway.request_ids import accepted
from marga.gateway.watch import Receive, Watch

HeaderList = Iterable[tuple[bytes, bytes]]


class ClientLeft(Exception):
    """The client went away before it had sent all."""


def header(headers: HeaderList, name: bytes) -> bytes:
    """Return the first value of a header, or nothing."""
    for found, value in headers:
        if found == name:
            return value
    return b""


def request_id_of(headers: HeaderList, own: str) -> str:
    """Return the client's own X-Request-Id if it has an acceptable form, else own."""
    given = header(headers, b"x-request-id")
    if given:
        text = given.decode("latin-1")
        if accepted(text):
            return text
    return own


def check_size(headers: HeaderList, most: int) -> None:
    """Refuse a body that announces itself as too large, or comes packed."""
    for name, value in headers:
        if name == b"content-length":
            if value.isdigit() and int(value[:20]) > most:
                raise too_large(most)
        elif name == b"content-encoding" and value.lower() != b"identity":
            raise Refusal(415, "unsupported_encoding", "Send the request body without compression.")


async def read_body(receive: Receive, most: int, watch: Watch, seconds: float) -> bytes:
    """Return the whole body.

    Raises Refusal when it grows past most bytes; ClientLeft; the watch stops the task after seconds.
    """
    watch.begin(seconds, "request_body_timeout")
    message = await receive()
    body: bytes = message.get("body", b"")
    if message["type"] == "http.request" and not message.get("more_body"):
        if len(body) > most:
            raise too_large(most)
        watch.body_read = True
        return body
    parts, size = [], 0
    while message["type"] == "http.request":
        part = message.get("body", b"")
        size += len(part)
        if size > most:
            raise too_large(most)
        parts.append(part)
        if not message.get("more_body"):
            watch.body_read = True
            return b"".join(parts)
        message = await receive()
    raise ClientLeft


def too_large(most: int) -> Refusal:
    """Return the refusal of a large body."""
    return Refusal(
        413, "request_too_large", f"The request body is larger than {most >> 20} MB (MARGA_MAX_BODY_MB)."
    )
