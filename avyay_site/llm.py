"""The platform's own client of the gateway: products call models over HTTP like any customer does.

    gateway = llm.for_workspace(workspace_id)
    answer = gateway.complete([{"role": "user", "content": "Name three rivers."}], task_type="writing")
    for piece in gateway.stream(messages): …

Every call is counted to the workspace's internal key, in the bucket `platform`. `acomplete` and `astream` are the
same for async code. Errors:

    GatewayError             something went wrong; the message says what
    ├── Unavailable          the gateway or the provider does not answer now: try again later
    │   └── Limited          too many requests or tokens; `retry_after_seconds` says when
    └── Refused              the request will not be served as it is: trying again does not help
        ├── NoAccess         the key is not accepted
        └── BudgetSpent      this month's money is gone
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx
from django.conf import settings
from django.utils import timezone

Message = Mapping[str, Any]
Told = Callable[[Mapping[str, str]], None]
"""Is given the headers of an answer that begins: which model, why, and the request's id."""

CONNECT_SECONDS = 3.0
PATIENCE_SECONDS = 4.0
"""How long a key that was issued just now may be unknown to the gateway, which hears of it within two seconds."""
RETRY_SECONDS = 1.0
"""No oftener: the gateway counts wrong keys by address, and shuts out an address that tries too many."""
TASK_HEADER = "x-marga-task-type"
DRY_RUN_HEADER = "x-marga-dry-run"


class GatewayError(Exception):
    """A model call failed."""


class Unavailable(GatewayError):
    """The gateway or the provider does not answer now; trying again later may help."""


class Limited(Unavailable):
    """The key is over a limit."""

    def __init__(self, message: str, retry_after_seconds: float) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class Refused(GatewayError):
    """The request will not be served as it is."""


class NoAccess(Refused):
    """The key is unknown, revoked, or may not call models."""


class BudgetSpent(Refused):
    """The key's monthly budget is used up."""


@dataclass(frozen=True)
class Completion:
    """A whole answer. cost_usd is None when the gateway did not say; finish_reason as in the OpenAI form."""

    text: str
    model: str
    finish_reason: str
    input_tokens: int
    output_tokens: int
    request_id: str
    cost_usd: Decimal | None
    message: Mapping[str, Any]


class Gateway:
    """Calls models with one key.

    timeout_seconds: between two pieces of the answer; a whole answer that is not streamed counts as one piece.
    transport: of httpx, for tests.
    """

    def __init__(
        self,
        key: str,
        *,
        base_url: str | None = None,
        is_new_key: bool = False,
        timeout_seconds: float = 300.0,
        transport: Any = None,
    ) -> None:
        self._url = f"{base_url or settings.GATEWAY_INTERNAL_URL}/v1/chat/completions"
        self._headers = {"Authorization": f"Bearer {key}"}
        self._timeout = httpx.Timeout(timeout_seconds, connect=CONNECT_SECONDS)
        self._transport = transport
        self._waits_until = time.monotonic() + (PATIENCE_SECONDS if is_new_key else 0.0)

    def complete(
        self, messages: Sequence[Message], *, model: str = "auto", task_type: str = "", **options: Any
    ) -> Completion:
        """Return the whole answer.

        task_type: what the text is for, such as `review`; helps to choose the model. options: of the OpenAI form.
        Raises GatewayError.
        """
        call = self._call(messages, model, task_type, options, is_stream=False)
        with _told(), httpx.Client(timeout=self._timeout, transport=self._transport) as client:
            while self._is_too_early(answer := client.post(self._url, **call)):
                time.sleep(RETRY_SECONDS)
            return _completion(answer)

    def decide(
        self, messages: Sequence[Message], *, model: str = "auto", task_type: str = ""
    ) -> Mapping[str, Any]:
        """Return where a call would go, and why, without making it; it costs nothing.

        Raises GatewayError.
        """
        call = self._call(messages, model, task_type, {}, is_stream=False)
        call["headers"][DRY_RUN_HEADER] = "true"
        with _told(), httpx.Client(timeout=self._timeout, transport=self._transport) as client:
            while self._is_too_early(answer := client.post(self._url, **call)):
                time.sleep(RETRY_SECONDS)
            return _decision(answer)

    def stream(
        self,
        messages: Sequence[Message],
        *,
        model: str = "auto",
        task_type: str = "",
        told: Told | None = None,
        **options: Any,
    ) -> Iterator[str]:
        """Yield the answer's text piece by piece; raises GatewayError, also in the middle."""
        call = self._call(messages, model, task_type, options, is_stream=True)
        with _told(), httpx.Client(timeout=self._timeout, transport=self._transport) as client:
            while True:
                with client.stream("POST", self._url, **call) as answer:
                    if answer.is_success:
                        if told:
                            told(answer.headers)
                        yield from _Pieces().of(answer)
                        return
                    answer.read()
                    if not self._is_too_early(answer):
                        raise _error(answer)
                time.sleep(RETRY_SECONDS)

    async def acomplete(
        self, messages: Sequence[Message], *, model: str = "auto", task_type: str = "", **options: Any
    ) -> Completion:
        """Return the whole answer; see `complete`."""
        call = self._call(messages, model, task_type, options, is_stream=False)
        with _told():
            async with httpx.AsyncClient(timeout=self._timeout, transport=self._transport) as client:
                while self._is_too_early(answer := await client.post(self._url, **call)):  # noqa: ASYNC110 - asks anew, waits for no flag of ours
                    await asyncio.sleep(RETRY_SECONDS)
                return _completion(answer)

    async def astream(
        self,
        messages: Sequence[Message],
        *,
        model: str = "auto",
        task_type: str = "",
        told: Told | None = None,
        **options: Any,
    ) -> AsyncIterator[str]:
        """Yield the answer's text piece by piece; see `stream`."""
        call = self._call(messages, model, task_type, options, is_stream=True)
        with _told():
            async with httpx.AsyncClient(timeout=self._timeout, transport=self._transport) as client:
                while True:
                    async with client.stream("POST", self._url, **call) as answer:
                        if answer.is_success:
                            if told:
                                told(answer.headers)
                            async for piece in _Pieces().of_async(answer):
                                yield piece
                            return
                        await answer.aread()
                        if not self._is_too_early(answer):
                            raise _error(answer)
                    await asyncio.sleep(RETRY_SECONDS)

    def _call(
        self,
        messages: Sequence[Message],
        model: str,
        task_type: str,
        options: Mapping[str, Any],
        *,
        is_stream: bool,
    ) -> dict[str, Any]:
        headers = self._headers | ({TASK_HEADER: task_type} if task_type else {})
        body = {**options, "model": model, "messages": list(messages), "stream": is_stream}
        return {"json": body, "headers": headers}

    def _is_too_early(self, answer: httpx.Response) -> bool:
        """Tell whether the key was issued so recently that the gateway may not have heard of it."""
        return answer.status_code in (401, 429, 503) and time.monotonic() < self._waits_until


def for_workspace(workspace_id: str, **options: Any) -> Gateway:
    """Return the gateway as a workspace's own calls see it; its key is issued on first use.

    options: of `Gateway`.
    """
    from avyay_site.keys import internal  # rows; the client itself needs none

    kept = internal.get_secret(workspace_id=workspace_id, now=timezone.now())
    return Gateway(kept.secret, is_new_key=kept.is_new, **options)


@contextmanager
def _told() -> Iterator[None]:
    """Turn the HTTP client's errors into ours."""
    try:
        yield
    except httpx.TimeoutException as exc:
        raise Unavailable("The gateway did not answer in time; try again.") from exc
    except httpx.HTTPError as exc:
        raise Unavailable(f"The gateway cannot be reached ({type(exc).__name__}); try again.") from exc


def _completion(answer: httpx.Response) -> Completion:
    if not answer.is_success:
        raise _error(answer)
    try:
        content = answer.json()
        choice, usage = content["choices"][0], content.get("usage") or {}
        return Completion(
            text=choice["message"].get("content") or "",
            model=answer.headers.get("x-marga-model") or content["model"],
            finish_reason=choice.get("finish_reason") or "",
            input_tokens=int(usage.get("prompt_tokens") or 0),
            output_tokens=int(usage.get("completion_tokens") or 0),
            request_id=answer.headers.get("x-marga-request-id", ""),
            cost_usd=_cost(answer.headers.get("x-marga-cost-usd")),
            message=choice["message"],
        )
    except (ValueError, LookupError, TypeError, AttributeError) as exc:
        raise Unavailable("The answer is not in the form of a chat completion; try another model.") from exc


def _decision(answer: httpx.Response) -> Mapping[str, Any]:
    if not answer.is_success:
        raise _error(answer)
    try:
        decision = answer.json()["decision"]
        return {**decision}
    except (ValueError, LookupError, TypeError) as exc:
        raise Unavailable("The answer is not a dry run; bring the gateway up to date.") from exc


def _cost(text: str | None) -> Decimal | None:
    try:
        return Decimal(text) if text else None
    except ArithmeticError:
        return None


def _error(answer: httpx.Response) -> GatewayError:
    message = _message(answer)
    status = answer.status_code
    if status == 402:
        return BudgetSpent(message)
    if status in (401, 403):
        return NoAccess(message)
    if status == 429:
        return Limited(message, _seconds(answer.headers.get("retry-after")))
    return Unavailable(message) if status in (408, 409) or status >= 500 else Refused(message)


def _message(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["error"]["message"])[:1000]
    except (ValueError, LookupError, TypeError):
        return f"The gateway answered with HTTP {answer.status_code}."


def _seconds(text: str | None) -> float:
    try:
        return max(0.0, float(text or 1))
    except ValueError:
        return 1.0


class _Pieces:
    """Reads the text out of a stream of events; a stream that ends without `[DONE]` was cut off."""

    def __init__(self) -> None:
        self._is_done = False

    def of(self, answer: httpx.Response) -> Iterator[str]:
        for line in answer.iter_lines():
            if piece := self._read(line):
                yield piece
        self._check_end()

    async def of_async(self, answer: httpx.Response) -> AsyncIterator[str]:
        async for line in answer.aiter_lines():
            if piece := self._read(line):
                yield piece
        self._check_end()

    def _read(self, line: str) -> str:
        if not line.startswith("data:"):
            return ""
        data = line[5:].strip()
        if data == "[DONE]":
            self._is_done = True
            return ""
        try:
            event = json.loads(data)
            if "error" in event:
                raise Unavailable(str(event["error"].get("message", "The answer broke off."))[:1000])
            return "".join((choice.get("delta") or {}).get("content") or "" for choice in event["choices"])
        except (ValueError, LookupError, TypeError, AttributeError) as exc:
            raise Unavailable("The stream holds something that is not a chat completion; try again.") from exc

    def _check_end(self) -> None:
        if not self._is_done:
            raise Unavailable("The answer broke off before its end; try again.")
