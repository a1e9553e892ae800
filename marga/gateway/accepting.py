"""The way in: who calls, with what body, and within which limits."""

from __future__ import annotations

import time

from marga.gateway.booking import most_usd
from marga.gateway.call import Call
from marga.gateway.errors import Refusal, retry_after
from marga.gateway.extras import Cascade
from marga.gateway.requests import check_size, read_body
from marga.gateway.snapshot import Key
from marga.pricing import ZERO, Usage
from marga.protocols.reading import estimated_tokens
from marga.protocols.request import Unreadable

PREFIXES = (b"x-", b"anthropic-", b"openai-", b"cache-control")


async def authenticate(call: Call) -> Key:
    """Find out whose call it is, and whether there is room for it.

    Raises Refusal.
    """
    core, scope = call.core, call.scope
    client = scope["client"]
    now = core.loop.time()
    key = core.keys.authenticate(scope["headers"], client[0] if client else "", now)
    if not key.may_call:
        raise Refusal(403, "scope_missing", "This key may not call models: it lacks the scope marga:call.")
    call.key, call.key_state = key, core.limits.state(key, now)
    await core.door.enter(key.id)
    call.is_inside = True
    if core.spool.is_full:
        raise Refusal(
            503,
            "usage_spool_full",
            "Usage cannot be recorded, so no call is made; the operator must look at the disk (MARGA_SPOOL_MB).",
            headers=[retry_after(30)],
        )
    return key


async def body_of(call: Call) -> bytes:
    """Return the body, within its bounds of size and time.

    Raises Refusal, ClientLeft.
    """
    settings = call.core.settings
    check_size(call.scope["headers"], settings.max_body_bytes)
    before = time.perf_counter()
    body = await read_body(call.receive, settings.max_body_bytes, call.watch, settings.body_timeout_seconds)
    call.waited += time.perf_counter() - before
    return body


def read(call: Call, body: bytes) -> None:
    """Read the body as the surface's protocol has it.

    Raises Refusal.
    """
    wire = call.surface.wire
    try:
        call.request = wire.read_request(body)
    except Unreadable as exc:
        raise Refusal(400, "invalid_request", str(exc), param=exc.param) from exc
    call.asked = {name: value for name, value in call.scope["headers"] if name.startswith(PREFIXES)}
    call.input_characters = wire.read_characters(call.request.payload)


async def admit(call: Call, *, is_free: bool = False) -> None:
    """Take a place within the key's limits.

    is_free: a cache answers, so no tokens and no money are set aside.
    Raises Refusal.
    """
    key = call.key
    if key is None:
        raise AssertionError("a call is admitted before its key is known")
    tokens, dearest = 0, ZERO
    if not is_free:
        wire, payload = call.surface.wire, call.request.payload
        usage = Usage(estimated_tokens(call.input_characters), wire.most_output_tokens(payload))
        tokens = usage.input_tokens + usage.output_tokens
        if key.monthly_budget_usd is not None:
            dearest = max((most_usd(usage, d) for d in call.order[:2]), default=ZERO)
        if call.cascade is not None and await _admit_cascade(call, key, call.cascade, usage):
            return
    call.admission = await call.core.limits.enter(
        key, call.key_state, tokens=tokens, max_usd=dearest, now=call.core.loop.time()
    )


async def _admit_cascade(call: Call, key: Key, cascade: Cascade, usage: Usage) -> bool:
    """Take a place for all answers of a cascade; where there is no room for them, leave the call to one model."""
    tokens = (usage.input_tokens + usage.output_tokens) * (1 + len(cascade.asked))
    dearest = ZERO
    if key.monthly_budget_usd is not None:
        dearest = max(most_usd(usage, d) for d in cascade.strong[:2])
        dearest += sum((most_usd(usage, d) for d in cascade.asked), ZERO)
    try:
        call.admission = await call.core.limits.enter(
            key, call.key_state, tokens=tokens, max_usd=dearest, now=call.core.loop.time()
        )
    except Refusal:
        call.cascade = None
    return call.cascade is not None
