"""Carries a chat call to its provider and the answer back, bytes unchanged."""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any

import aiohttp
import orjson

from marga.gateway import sandbox, streaming
from marga.gateway.call import JSON_TYPE, Call
from marga.gateway.core import Core
from marga.gateway.errors import Headers, Refusal
from marga.gateway.metering import CLIENT_LEFT
from marga.gateway.requests import ClientLeft
from marga.gateway.snapshot import Deployment, Provider
from marga.gateway.upstream import FAILURES, Answer
from marga.protocols import chat

PASSED_HEADERS = ("retry-after", "retry-after-ms", "x-should-retry", "openai-processing-ms", "openai-version")
"""What a client sees of a provider's headers; rate limits and cookies are between the provider and us."""

_ORGANISATION = re.compile(rb"\borg-[A-Za-z0-9]{6,}")
HIDDEN = b"***"
STOPPED = {
    "request_body_timeout": Refusal(408, "request_body_timeout", "The request body did not arrive in time."),
    "upstream_timeout": Refusal(504, "upstream_timeout", "The provider did not begin to answer in time."),
    "upstream_stalled": Refusal(504, "upstream_stalled", "The provider stopped in the middle of its answer."),
}


async def serve_chat(core: Core, scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Serve one chat call; the task it runs in is cancelled when the client leaves or time is up."""
    call = Call(core, scope, receive, send, asyncio.current_task())
    core.open_calls += 1
    try:
        try:
            await _carry(call)
        except asyncio.CancelledError:
            reason = call.watch.again()
            if reason not in STOPPED:
                raise
            raise STOPPED[reason] from None
    except Refusal as refusal:
        await _refuse(call, refusal)
    except (ClientLeft, asyncio.CancelledError):
        call.book(CLIENT_LEFT, "client_left", is_cancelled=True)
    except Exception as exc:
        core.log.event("gateway_failed", level="error", request_id=call.id, reason=repr(exc))
        await _refuse(
            call, Refusal(500, "internal_error", "The gateway failed; the request id finds it in the log.")
        )
        raise
    finally:
        core.open_calls -= 1
        call.close()


async def _refuse(call: Call, refusal: Refusal) -> None:
    try:
        await call.refuse(refusal)
    except asyncio.CancelledError:
        return  # the client left, or does not read, while it was told no: nothing is left to do


async def _carry(call: Call) -> None:
    await call.accept()
    deployment = call.deployment
    if deployment is None:
        raise AssertionError("accept() returned without a deployment")
    if deployment.provider.kind == "sandbox":
        await _play(call, deployment)
        return
    response = await _open(call, deployment)
    try:
        if response.status != 200:
            await _pass_error(call, deployment.provider, response)
        elif call.request.is_stream and response.is_event_stream:
            await streaming.relay(call, response, deployment.provider)
        else:
            await _pass_answer(call, response)
    finally:
        response.close()
        call.core.metrics.upstream_open -= 1


async def _play(call: Call, deployment: Deployment) -> None:
    if call.request.is_stream:
        await streaming.play(call, sandbox.events(call.request, deployment.name))
        return
    body = sandbox.answer(call.request, deployment.name)
    call.meter.see(orjson.loads(body))
    await _answer(call, 200, [JSON_TYPE], body)


async def _open(call: Call, deployment: Deployment) -> Answer:
    """Send the request on and return once the provider's status line is there."""
    provider = deployment.provider
    body = chat.upstream_body(call.request, deployment.upstream_name)
    call.watch.begin(provider.timeout_seconds, "upstream_timeout")
    before = time.perf_counter()
    metrics = call.core.metrics
    metrics.upstream_open += 1
    try:
        response = await call.core.upstream.post(provider, body)
    except BaseException as exc:
        metrics.upstream_open -= 1
        if isinstance(exc, FAILURES):
            raise _unreachable(provider, exc) from exc
        raise
    call.waited += time.perf_counter() - before
    return response


def _unreachable(provider: Provider, exc: Exception) -> Refusal:
    if isinstance(exc, aiohttp.ClientConnectionError | OSError) and not isinstance(
        exc, aiohttp.ServerDisconnectedError
    ):
        return Refusal(502, "upstream_unreachable", f"The provider '{provider.name}' cannot be reached.")
    return Refusal(502, "upstream_cut", f"The provider '{provider.name}' broke off before it answered.")


async def _read(call: Call, response: Answer) -> bytes:
    """Return the whole answer, bounded in size, and in time between two pieces."""
    idle, most = call.core.settings.idle_timeout_seconds, call.core.settings.max_answer_bytes
    call.watch.begin(idle, "upstream_stalled")
    before = time.perf_counter()
    parts, size = [], 0
    try:
        while part := await response.content.readany():
            size += len(part)
            if size > most:
                raise Refusal(
                    502, "upstream_answer_too_large", "The provider's answer is too large to carry."
                )
            parts.append(part)
            call.watch.extend(idle)
    except FAILURES as exc:
        raise Refusal(502, "upstream_cut", "The provider broke off in the middle of its answer.") from exc
    call.waited += time.perf_counter() - before
    return parts[0] if len(parts) == 1 else b"".join(parts)


async def _pass_answer(call: Call, response: Answer) -> None:
    body = await _read(call, response)
    payload = _parsed(body)
    if payload is None:
        raise Refusal(
            502, "upstream_invalid_answer", "The provider answered with something that is not JSON."
        )
    call.meter.see(payload)
    await _answer(call, 200, [JSON_TYPE, *_passed_headers(response)], body)


async def _answer(call: Call, status: int, headers: Headers, body: bytes) -> None:
    call.bytes_out = len(body)
    cost = call.book(status)
    await call.answer(status, [*headers, (b"x-marga-cost-usd", format(cost, "f").encode())], body)


async def _pass_error(call: Call, provider: Provider, response: Answer) -> None:
    """Pass a provider's error on; what concerns our own account there becomes 502."""
    status = response.status
    body = await _read(call, response)
    if status in (401, 403):
        raise Refusal(
            502,
            "upstream_credentials",
            f"The provider '{provider.name}' refused the credentials that the operator gave ({status}). "
            "Your own key is fine.",
        )
    if status < 400 or _parsed(body) is None:
        raise Refusal(
            status if status >= 400 else 502,
            "upstream_error",
            f"The provider '{provider.name}' answered {status} without a readable error.",
            headers=_passed_headers(response),
        )
    body = scrubbed(body, provider)
    call.bytes_out = len(body)
    call.book(status, "upstream_error")
    await call.answer(status, [JSON_TYPE, *_passed_headers(response)], body)


def scrubbed(body: bytes, provider: Provider) -> bytes:
    """Return body without our credential and without organisation ids."""
    if provider.api_key:
        body = body.replace(provider.api_key.encode(), HIDDEN)
        body = body.replace(orjson.dumps(provider.api_key)[1:-1], HIDDEN)
    return _ORGANISATION.sub(HIDDEN, body)


def _passed_headers(response: Answer) -> Headers:
    found = response.headers
    return [
        (name.encode(), found[name].encode("latin-1", "replace"))
        for name in PASSED_HEADERS
        if name in found and found[name].isprintable() and found[name].isascii() and len(found[name]) < 200
    ]


def _parsed(body: bytes) -> dict[str, Any] | None:
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return payload if isinstance(payload, dict) else None
