"""The gateway's side of the caches: whether one may answer, what it says, and what is kept."""

from __future__ import annotations

import time
from typing import Any

import orjson

from marga.gateway import accepting, booking, dry, recalling, streaming
from marga.gateway.caching.caches import Found, Plan
from marga.gateway.caching.entry import Entry
from marga.gateway.caching.keeping import is_keepable
from marga.gateway.call import JSON_TYPE, Attempt, Call
from marga.gateway.metering import Meter
from marga.protocols.answering import stream_answer, translate_answer
from marga.protocols.request import Unreadable

LONGEST_WAIT_SECONDS = 20.0
MARKED = (b"anthropic-beta", b"anthropic-version", b"openai-beta", b"x-marga-task-type", b"x-marga-labels")
"""Headers that shape an answer; they are a part of a request's identity."""


async def served(call: Call) -> bool:
    """Answer from a cache if the key and the request allow it and the answer is known."""
    key, request = call.key, call.request
    if key is None or key.cache == "off":
        return False
    caches = call.core.caches
    call.plan = plan = caches.plan(
        workspace_id=key.workspace_id,
        protocol=request.protocol,
        payload=request.payload,
        body=request.body,
        policy_mark=_mark(call),
        rule=key.cache,
        ttl_seconds=key.cache_ttl_seconds,
        header=lambda name: _header(call, name),
    )
    if plan is None or dry.is_asked(call):
        return False
    call.cache_mode = plan.controls.mode
    call.cache_identity = plan.identity.hex()
    caches.heed(call.core.keys.snapshot.purges)
    now = time.time()
    found = caches.look(plan, now)
    if found is None and call.core.shared.is_up:
        found = await caches.find(plan, now)
    elif found is None:
        caches.counters.misses += 1  # as find counts them
    if found is None and plan.controls.may_read:
        found = await _from_the_first(call, plan)
    if found is None:
        return False
    await _give(call, found)
    return True


async def _from_the_first(call: Call, plan: Plan) -> Found | None:
    """Let the first of several equal calls go, and give its answer to the others; one that is late is not waited for.

    A stream never waits: its client is to see the first words at once.
    """
    flights = call.core.caches.flights
    if flights.leads(plan.identity):
        call.leads = plan.identity
        return None
    if call.request.is_stream:
        return None
    before = time.perf_counter()
    await flights.wait(plan.identity, LONGEST_WAIT_SECONDS)
    call.waited += time.perf_counter() - before
    return call.core.caches.look(plan, time.time())


async def _give(call: Call, found: Found) -> None:
    entry, request = found.entry, call.request
    await accepting.admit(call, is_free=True)
    call.cached = found.how
    call.hit = entry
    call.cache_identity = found.identity.hex()
    call.served_by = recalling.served_by(entry)
    call.meter = Meter(call.surface.wire)
    if call.content is not None:
        call.content.answered(entry.body)
    if request.is_stream:
        events = stream_answer(orjson.loads(entry.body), request.protocol, wants_usage=request.wants_usage)
        await streaming.play(call, events)
        return
    call.book(200)
    recalling.remember(call, call.record_rest)
    await call.answer(200, [JSON_TYPE], entry.body)


async def keep(call: Call, payload: dict[str, Any], body: bytes) -> None:
    """Keep a whole answer in the client's protocol, if it may be given again."""
    if call.content is not None:
        call.content.answered(body)
    plan, deployment, meter = call.plan, call.deployment, call.meter
    if plan is None or deployment is None or meter is None or not is_keepable(payload, plan.protocol):
        return
    usage, is_estimated = meter.usage(call.input_characters)
    if is_estimated:
        return
    now = time.time()
    entry = Entry(
        body=body,
        model=deployment.name,
        provider=deployment.provider.name,
        deployment_id=deployment.id,
        usage=usage,
        cost_usd=booking.price(call, usage),
        created_at=now,
    )
    await call.core.caches.keep(plan, entry, now)


async def keep_stream(call: Call, attempt: Attempt, answer: dict[str, Any] | None) -> None:
    """Keep what a stream said, if it came to its end."""
    request = call.request
    if answer is None or (call.plan is None and call.content is None):
        return
    if attempt.protocol != request.protocol:
        try:
            answer = translate_answer(
                answer,
                attempt.protocol,
                request.protocol,
                request=request.payload,
                created=int(time.time()),
            )
        except Unreadable:
            return
    await keep(call, answer, orjson.dumps(answer))


def _mark(call: Call) -> str:
    """Return what shapes the answer and is not in the body: the key's rules and some headers."""
    key = call.key
    given = [call.asked[name].decode("latin-1") for name in MARKED if name in call.asked]
    return "\0".join((key.cache_mark if key else "", *given))


def _header(call: Call, name: str) -> str | None:
    value = call.asked.get(name.encode("ascii"))
    return None if value is None else value.decode("latin-1")
