"""A few real requests through the gateway, plain and streamed, for `make demo`. No Django here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx

QUESTIONS = ("What does Avyay mean?", "Name three uses of a gateway.", "Write a haiku about queues.")
DEADLINE_SECONDS = 60.0


class UnableToShow(Exception):
    """A request was not answered; the message says which and why."""


@dataclass(frozen=True)
class Stage:
    """Where a product shows itself: addresses without a slash at their end, and whom to tell."""

    gateway: str
    web: str
    say: Callable[[str], None]


Show = Callable[[Stage], None]
shows: list[Show] = []
"""What products add to the demonstration, in order."""


def register(show: Show) -> None:
    """Let show run in the demonstration."""
    shows.append(show)


def send_all(gateway: str, api_key: str, *, say: Callable[[str], None], model: str = "auto") -> None:
    """Send each question plain, the last one streamed too, and say what came back.

    Raises UnableToShow.
    """
    headers = {"Authorization": f"Bearer {api_key}"}
    with httpx.Client(base_url=gateway, headers=headers, timeout=DEADLINE_SECONDS, trust_env=False) as client:
        for question in QUESTIONS:
            say(f"> {question}")
            say(_plain(client, _body(model, question)))
        say(f"> {QUESTIONS[-1]} (streamed)")
        say("".join(_streamed(client, _body(model, QUESTIONS[-1], stream=True))))


def _body(model: str, question: str, **more: object) -> dict[str, object]:
    return {"model": model, "messages": [{"role": "user", "content": question}], **more}


def _plain(client: httpx.Client, body: dict[str, object]) -> str:
    try:
        answer = client.post("/v1/chat/completions", json=body)
    except httpx.HTTPError as exc:
        raise UnableToShow(f"The gateway did not answer: {exc}") from exc
    _check(answer)
    return str(answer.json()["choices"][0]["message"]["content"])


def _streamed(client: httpx.Client, body: dict[str, object]) -> Iterator[str]:
    try:
        with client.stream("POST", "/v1/chat/completions", json=body) as answer:
            if answer.is_error:
                answer.read()
            _check(answer)
            for line in answer.iter_lines():
                yield _delta(line)
    except httpx.HTTPError as exc:
        raise UnableToShow(f"The stream broke off: {exc}") from exc


def _delta(line: str) -> str:
    """Return the text in one line of server-sent events, empty for anything else."""
    if not line.startswith("data: ") or line == "data: [DONE]":
        return ""
    choices = json.loads(line.removeprefix("data: ")).get("choices") or [{}]
    return str(choices[0].get("delta", {}).get("content") or "")


def _check(answer: httpx.Response) -> None:
    if answer.is_error:
        raise UnableToShow(f"The gateway answered {answer.status_code}: {answer.text[:300]}")
