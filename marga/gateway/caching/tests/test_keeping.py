"""Only whole, successful answers are kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from marga.gateway.caching.keeping import is_keepable


def chat(finish: object = "stop", **message: object) -> dict[str, Any]:
    return {"choices": [{"finish_reason": finish, "message": {"content": "Paris", **message}}]}


def messages(stop: object = "end_turn", content: Iterable[object] = ({"type": "text", "text": "Paris"},)):
    return {"type": "message", "stop_reason": stop, "content": list(content)}


def responses(status: str = "completed", kind: str = "output_text") -> dict[str, object]:
    return {"status": status, "output": [{"type": "message", "content": [{"type": kind, "text": "Paris"}]}]}


@pytest.mark.parametrize(
    ("answer", "protocol"),
    [
        (chat(), "chat"),
        (chat("length"), "chat"),
        (chat("tool_calls", content=None, tool_calls=[{"id": "1"}]), "chat"),
        ({"choices": chat()["choices"] * 3}, "chat"),
        (messages(), "messages"),
        (messages("tool_use"), "messages"),
        (responses(), "responses"),
        ({"data": [{"embedding": [0.1]}]}, "embeddings"),
        ({"data": [{"embedding": "AAAA"}]}, "embeddings"),
    ],
    ids=["chat", "length", "tools", "many", "messages", "tool_use", "responses", "vector", "base64"],
)
def test_whole_answers_are_kept(answer, protocol):
    assert is_keepable(answer, protocol)


@pytest.mark.parametrize(
    ("answer", "protocol"),
    [
        (None, "chat"),
        ({}, "chat"),
        ({"error": {"message": "no"}, **chat()}, "chat"),
        (chat(None), "chat"),
        (chat("content_filter"), "chat"),
        (chat(refusal="I cannot"), "chat"),
        (chat(content=""), "chat"),
        ({"choices": [*chat()["choices"], *chat("content_filter")["choices"]]}, "chat"),
        (messages(None), "messages"),
        (messages("refusal"), "messages"),
        (messages("pause_turn"), "messages"),
        (messages(content=()), "messages"),
        ({"type": "error"}, "messages"),
        (responses("incomplete"), "responses"),
        (responses("failed"), "responses"),
        (responses("in_progress"), "responses"),
        (responses(kind="refusal"), "responses"),
        ({"data": []}, "embeddings"),
        (chat(), "images"),
    ],
    ids=[
        "none", "empty", "error", "unfinished", "filtered", "refused", "blank", "one_filtered", "cut", "declined",
        "paused", "no_content", "error_event", "incomplete", "failed", "running", "refusal_part", "no_data", "other",
    ],
)  # fmt: skip
def test_errors_refusals_and_unfinished_answers_are_not_kept(answer, protocol):
    assert not is_keepable(answer, protocol)
