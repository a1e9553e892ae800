"""What every wire form's reader makes of a client's body: the few facts that decide how a call is carried. Pure."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson


class Unreadable(ValueError):
    """The body is not a usable request; the message is for the client, param names the field."""

    def __init__(self, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.param = param


class Request(NamedTuple):
    """One request as the client wrote it.

    protocol: the wire form, `chat`, `messages`, `responses` or `embeddings`.
    wants_usage: whether a stream shall tell its usage; only chat lets the client choose.
    payload: the parsed body; body: its bytes, which go on unchanged wherever they can.
    """

    protocol: str
    model: str
    is_stream: bool
    wants_usage: bool
    payload: dict[str, Any]
    body: bytes


def parse_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object that body holds.

    Raises Unreadable.
    """
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError as exc:
        raise Unreadable(f"The request body is not valid JSON: {exc}.") from exc
    if not isinstance(payload, dict):
        raise Unreadable("The request body must be a JSON object.")
    return payload


def model_of(payload: dict[str, Any]) -> str:
    """Return the model that the payload names.

    Raises Unreadable.
    """
    model = payload.get("model")
    if not isinstance(model, str) or not model:
        raise Unreadable("Name a model: a string such as 'auto'.", "model")
    return model


def stream_flag(payload: dict[str, Any]) -> bool:
    """Return whether the client wants a stream.

    Raises Unreadable.
    """
    is_stream = payload.get("stream") or False
    if not isinstance(is_stream, bool):
        raise Unreadable("stream must be true or false.", "stream")
    return is_stream
