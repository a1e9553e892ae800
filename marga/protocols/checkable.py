"""What checking an answer needs to see of a request and of the answer, in every protocol. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from marga.cascade import RequestFacts
from marga.protocols.answers import chat, messages, responses
from marga.protocols.answers.neutral import Answer, Refusal, Text, ToolCall
from marga.protocols.reading import fields, items, text
from marga.protocols.request import Unreadable

_READ: dict[str, Callable[[dict[str, Any]], Answer]] = {
    "chat": chat.read_answer,
    "messages": messages.read_answer,
    "responses": responses.read_answer,
}
MOST_LABELS = 50
LONGEST_LABELS = 2_000
WARM = 0.7
"""The temperature of a second answer of the same model, where the client asked for one without chance."""
LUCKY = 0.5
"""From this temperature on, two answers of one model differ where it is unsure."""


def facts_of(payload: dict[str, Any], labels: str = "") -> RequestFacts:
    """Return what a cascade must know of a request.

    labels: the answers allowed, with commas between them, as the client named them outside the payload; else they are
    taken from `metadata.labels`.
    """
    named = labels or text(fields(payload.get("metadata")).get("labels"))
    wanted = payload.get("n")
    return RequestFacts(
        schema=_schema(payload),
        labels=tuple(label.strip() for label in named[:LONGEST_LABELS].split(",") if label.strip())[
            :MOST_LABELS
        ],
        choices=wanted if isinstance(wanted, int) else 1,
        asks_logprobs=_asks_logprobs(payload),
    )


def _schema(payload: dict[str, Any]) -> Mapping[str, Any] | None:
    for form in (
        payload.get("response_format"),
        fields(payload.get("text")).get("format"),
        fields(payload.get("output_config")).get("format"),
        payload.get("output_format"),
    ):
        given = fields(form)
        if given.get("type") == "json_schema":
            schema = given.get("schema") or fields(given.get("json_schema")).get("schema")
            return schema if isinstance(schema, dict) else None
    return None


def _asks_logprobs(payload: dict[str, Any]) -> bool:
    included = items(payload.get("include"))
    return bool(
        payload.get("logprobs") or payload.get("top_logprobs") or "message.output_text.logprobs" in included
    )


def said(payload: dict[str, Any], protocol: str) -> str:
    """Return the text of a whole answer, or nothing where it is cut short, refused, calls a tool or cannot be read."""
    try:
        answer = _READ[protocol](payload)
    except Unreadable:
        return ""
    is_whole = answer.stop in ("end", "sequence")
    if not is_whole or any(isinstance(part, ToolCall | Refusal) for part in answer.parts):
        return ""
    return "".join(part.text for part in answer.parts if isinstance(part, Text))


def plain(payload: dict[str, Any], *, again: bool = False) -> dict[str, Any]:
    """Return a request for a whole answer; again: for one that may differ from an earlier one of the same model."""
    found = {name: value for name, value in payload.items() if name not in ("stream", "stream_options")}
    if not again:
        return found
    found.pop("seed", None)
    temperature = found.get("temperature")
    if isinstance(temperature, int | float) and temperature < LUCKY:
        found["temperature"] = WARM
        for narrow in ("top_p", "top_k"):
            found.pop(narrow, None)
    return found
