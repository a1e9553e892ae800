"""Ask a deployment for one whole answer that goes to no client as it comes: samples, checks, comparisons, judgements.

Such a call is tried once, within the deployment's health and its credentials' limits, and is paid for like any other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson

from marga.gateway import sandbox
from marga.gateway.call import Attempt
from marga.gateway.core import Core
from marga.gateway.credentials import DEAD_STATUSES, TOO_FAST, Wait
from marga.gateway.metering import NOTHING, Meter
from marga.gateway.snapshot import Deployment
from marga.gateway.surfaces import WIRES
from marga.gateway.trying import headers_for
from marga.gateway.upstream import FAILURES, StaleConnection
from marga.pricing import ZERO, Usage, cost_usd
from marga.protocols import chat
from marga.protocols.answering import translate_answer
from marga.protocols.checkable import said
from marga.protocols.reading import object_in
from marga.protocols.request import Unreadable
from marga.protocols.translate import translate_request

SERVER_ERRORS = 500


@dataclass(frozen=True, slots=True)
class Question:
    """A request for a whole answer. payload: in protocol; asked: the client's headers; part: what it is for."""

    payload: dict[str, Any]
    protocol: str
    part: str
    bucket: str
    tokens: int
    characters: int
    asked: Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of it. raw, body: the answer as the provider gave it; text: what it says, empty when it is not whole."""

    attempt: Attempt
    meter: Meter | None = None
    usage: Usage = NOTHING
    is_estimated: bool = False
    cost: Decimal = ZERO
    raw: dict[str, Any] | None = None
    body: bytes = b""
    text: str = ""


class _Failed(Exception):
    """No answer. status: the provider's, 0 when it gave none."""

    def __init__(self, error: str, status: int = 0) -> None:
        super().__init__(error)
        self.error = error
        self.status = status


async def ask(core: Core, deployment: Deployment, question: Question) -> Reply | None:
    """Return what the deployment answers; None where it cannot be asked at the moment.

    A failure is a reply without text. Cancelling it gives the connection back.
    """
    provider = deployment.provider
    spoken = provider.protocol_for(question.protocol)
    if spoken is None or provider.problem:
        return None
    found = await core.credentials.find(provider, question.bucket, question.tokens, core.loop.time())
    if isinstance(found, Wait):
        return None
    attempt = Attempt(deployment, found, spoken, question.part)
    core.health.begin(deployment.id)
    try:
        body = await _answered(core, attempt, question)
        reply = _read(attempt, question, body)
    except _Failed as failure:
        attempt.end(failure.status or 502, failure.error)
        _note_failure(core, attempt, failure)
        core.credentials.settle(found, question.tokens, 0)
        return Reply(attempt)
    except BaseException:
        core.health.left(deployment.id)
        core.credentials.settle(found, question.tokens, 0)
        raise
    core.health.ok(deployment.id, attempt.first_byte_ms(), is_stream=False)
    core.credentials.worked(found)
    core.credentials.settle(found, question.tokens, reply.usage.input_tokens + reply.usage.output_tokens)
    return reply


async def _answered(core: Core, attempt: Attempt, question: Question) -> bytes:
    deployment, provider = attempt.deployment, attempt.deployment.provider
    request = _written(attempt, question)
    if provider.kind == "sandbox":
        return sandbox.answer(chat.read_request(request), deployment.name, question.characters)
    settings = core.settings
    endpoint = provider.endpoint(attempt.protocol, attempt.credential)
    headers = headers_for(question.asked, question.protocol, attempt.protocol)
    core.metrics.upstream_open += 1
    try:
        async with asyncio.timeout(provider.timeout_seconds + settings.idle_timeout_seconds):
            try:
                response = await core.upstream.send(endpoint, request, headers)
            except StaleConnection:
                response = await core.upstream.send(endpoint, request, headers)
            try:
                if response.status != 200:
                    raise _Failed("upstream_error", response.status)
                parts, size = [], 0
                while part := await response.content.readany():
                    size += len(part)
                    if size > settings.max_answer_bytes:
                        raise _Failed("upstream_answer_too_large")
                    parts.append(part)
            finally:
                response.close()
    except TimeoutError as exc:
        raise _Failed("upstream_timeout", 504) from exc
    except FAILURES as exc:
        raise _Failed("upstream_unreachable") from exc
    finally:
        core.metrics.upstream_open -= 1
    return b"".join(parts)


def _written(attempt: Attempt, question: Question) -> bytes:
    """Return the body in the words of the provider."""
    candidate = attempt.deployment.candidate
    try:
        found = translate_request(
            question.payload,
            question.protocol,
            attempt.protocol,
            model=attempt.deployment.upstream_name,
            is_stream=False,
            capabilities=candidate.capabilities or None,
            most_output_tokens=candidate.max_output_tokens,
        )
        return orjson.dumps(found.payload)
    except (Unreadable, TypeError) as exc:  # orjson's own word for what nests too deeply is a TypeError
        raise _Failed("invalid_request", 400) from exc


def _read(attempt: Attempt, question: Question, body: bytes) -> Reply:
    raw = object_in(body)
    if raw is None or WIRES[attempt.protocol].error_of(raw):
        raise _Failed("upstream_invalid_answer")
    attempt.end(200)
    meter = Meter(WIRES[attempt.protocol])
    meter.see_whole(raw)
    usage, is_estimated = meter.usage(question.characters)
    attempt.cost = cost = cost_usd(usage, attempt.deployment.price, attempt.seconds)
    try:
        shown = translate_answer(raw, attempt.protocol, question.protocol, request=question.payload)
        text = said(shown, question.protocol)
    except Unreadable:
        text = ""
    return Reply(attempt, meter, usage, is_estimated, cost, raw, body, text)


def _note_failure(core: Core, attempt: Attempt, failure: _Failed) -> None:
    """Tell the breakers and the credentials what it says about them, and nothing more."""
    deployment_id = attempt.deployment.id
    if failure.status in DEAD_STATUSES or failure.status == TOO_FAST:
        core.credentials.failed(attempt.credential, failure.status, core.loop.time())
        core.health.left(deployment_id)
    elif failure.status == 0 or failure.status >= SERVER_ERRORS:
        core.health.fail(deployment_id)
    else:
        core.health.left(deployment_id)
