"""Carries a call to a provider and the answer back: bytes unchanged where both speak the same protocol."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import orjson

from marga.gateway import accepting, cascading, deciding, dry, keeping, recalling, sandbox, shadow, streaming
from marga.gateway.booking import CLIENT_LEFT
from marga.gateway.call import JSON_TYPE, Attempt, Call
from marga.gateway.core import Core
from marga.gateway.errors import Headers, Refusal
from marga.gateway.refused import failure_of, passed_headers
from marga.gateway.requests import ClientLeft
from marga.gateway.surfaces import WIRES, Surface
from marga.gateway.trying import Tries, TryFailed, cut, final_headers, open_answer, timed_out
from marga.gateway.upstream import FAILURES, Answer
from marga.protocols.answering import stream_answer, translate_answer
from marga.protocols.reading import object_in
from marga.protocols.request import Unreadable

STOPPED = {
    "request_body_timeout": Refusal(408, "request_body_timeout", "The request body did not arrive in time."),
    "upstream_timeout": Refusal(504, "upstream_timeout", "The provider did not begin to answer in time."),
    "upstream_stalled": Refusal(504, "upstream_stalled", "The provider stopped in the middle of its answer."),
}


async def serve(
    core: Core,
    surface: Surface,
    scope: dict[str, Any],
    receive: Any,
    send: Any,
    carry: Callable[[Call], Awaitable[None]] | None = None,
) -> None:
    """Serve one call; the task it runs in is cancelled when the client leaves or time is up.

    carry: the way of a request that is not a conversation.
    """
    call = Call(core, surface, scope, receive, send, asyncio.current_task())
    core.open_calls += 1
    try:
        try:
            await (carry or _carry)(call)
        except asyncio.CancelledError:
            reason = call.watch.again()
            if reason not in STOPPED:
                raise
            raise STOPPED[reason] from None
    except TryFailed as failure:
        await _refuse(call, _last_word(call, failure), failure.body)
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


def _last_word(call: Call, failure: TryFailed) -> Refusal:
    refusal = failure.refusal
    return Refusal(
        refusal.status,
        refusal.code,
        refusal.message,
        param=refusal.param,
        headers=final_headers(call, failure),
    )


async def _refuse(call: Call, refusal: Refusal, body: bytes = b"") -> None:
    """Tell the client no; body: the provider's own words, where it can read them."""
    try:
        if body and not call.started:
            call.book(refusal.status, refusal.code)
            await call.answer(refusal.status, [JSON_TYPE, *refusal.headers], body)
        else:
            await call.refuse(refusal)
    except asyncio.CancelledError:
        return  # the client left, or does not read, while it was told no: nothing is left to do


async def _carry(call: Call) -> None:
    await accepting.authenticate(call)
    body = await accepting.body_of(call)
    call.asks(body)
    if await recalling.recalled(call, body):
        return
    accepting.read(call, body)
    if await keeping.served(call):
        return
    deciding.decide(call)
    if dry.is_asked(call):
        await dry.answer(call)
        return
    await accepting.admit(call)
    call.core.retries.request()
    if (cheap := await cascading.accepted(call)) is not None and cheap.raw is not None:
        await _pass(call, cheap.attempt, cheap.raw, cheap.body, [])
        shadow.offer(call)
        return
    tries = Tries(call)
    while True:
        attempt = await tries.next()
        try:
            await _attempt(call, attempt)
        except TryFailed as failure:
            await tries.failed(attempt, failure)
        except Refusal as refusal:
            tries.broke(attempt, refusal)
            raise
        except BaseException:
            tries.left(attempt)
            raise
        else:
            tries.worked(attempt)
            shadow.offer(call)
            return


async def _attempt(call: Call, attempt: Attempt) -> None:
    provider = attempt.deployment.provider
    if provider.kind == "sandbox":
        await _play(call, attempt)
        return
    try:
        response = await open_answer(call, attempt)
        try:
            await _carry_back(call, attempt, response)
        finally:
            response.close()
            call.core.metrics.upstream_open -= 1
    except asyncio.CancelledError:
        if call.watch.stopped != "upstream_timeout" or call.is_committed:
            raise
        call.watch.again()
        if task := asyncio.current_task():
            task.uncancel()
        raise timed_out(provider) from None


async def _carry_back(call: Call, attempt: Attempt, response: Answer) -> None:
    if response.status != 200:
        raise failure_of(call, attempt, response, await read(call, response))
    if response.is_event_stream:
        if call.request.is_stream:
            await streaming.relay(call, attempt, response)
            return
        raise _senseless()
    body = await read(call, response)
    payload = object_in(body)
    if payload is None:
        raise _senseless()
    wire = WIRES[attempt.protocol]
    if wire.error_of(payload):
        raise failure_of(call, attempt, response, body)
    if call.meter is not None:
        call.meter.see_whole(payload)
    await _pass(call, attempt, payload, body, passed_headers(response, attempt.protocol, attempt.credential))


def _senseless() -> TryFailed:
    text = "The provider answered with something that is not JSON."
    return TryFailed("answer", Refusal(502, "upstream_invalid_answer", text))


async def _play(call: Call, attempt: Attempt) -> None:
    body = sandbox.answer(call.request, attempt.deployment.name, call.input_characters)
    payload = orjson.loads(body)
    if call.meter is not None:
        call.meter.see_whole(payload)
    await _pass(call, attempt, payload, body, [])


async def _pass(call: Call, attempt: Attempt, payload: dict[str, Any], body: bytes, headers: Headers) -> None:
    """Send a whole answer in the client's protocol, as a stream where it asked for one."""
    request = call.request
    events: list[bytes] = []
    try:
        if attempt.protocol != request.protocol:
            payload = translate_answer(
                payload, attempt.protocol, request.protocol, request=request.payload, created=int(time.time())
            )
            body = orjson.dumps(payload)
        if request.is_stream:
            events = stream_answer(payload, request.protocol, wants_usage=request.wants_usage)
    except (Unreadable, TypeError) as exc:  # orjson's own word for what nests too deeply is a TypeError
        raise _senseless() from exc
    if call.is_sampled:
        call.whole = (request.protocol, payload)
    await keeping.keep(call, payload, body)
    if request.is_stream:
        await streaming.play(call, events)
        return
    call.is_committed = True
    call.book(200)
    await call.answer(200, [JSON_TYPE, *headers], body)


async def read(call: Call, response: Answer) -> bytes:
    """Return the whole answer, bounded in size, and in time between two pieces.

    Raises Refusal.
    """
    whole = response.read_whole()
    if whole is not None:
        return whole  # no more than a connection holds back, which every limit allows
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
        raise cut() from exc
    finally:
        call.waited += time.perf_counter() - before
    return parts[0] if len(parts) == 1 else b"".join(parts)
