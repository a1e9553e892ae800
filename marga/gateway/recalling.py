"""Requests whose very bytes were answered from the cache before: answered again without being read.

What a worker remembers of such a body is a few facts and where its answer is kept; the answer itself, its age and
purges are asked of the cache each time. Requests that say anything about the cache take the ordinary way.
"""

from __future__ import annotations

import time
from hashlib import blake2b

from marga.gateway import accepting
from marga.gateway.caching.caches import Plan
from marga.gateway.caching.entry import Entry
from marga.gateway.caching.recollections import Recollection
from marga.gateway.call import JSON_TYPE, Call
from marga.gateway.metering import Meter
from marga.gateway.snapshot import header_value

TELLING = (b"x-marga-", b"cache-control", b"anthropic-", b"openai-")
"""Headers that may change what is answered, by how their names begin."""


def mark_of(call: Call, body: bytes) -> bytes:
    """Return by what the body is known again; nothing where the request's headers have a say."""
    key = call.key
    if key is None or key.cache == "off":
        return b""
    for name, _ in call.scope["headers"]:
        if name.startswith(TELLING):
            return b""
    digest = blake2b(key.id.encode(), digest_size=16)
    digest.update(key.cache_scope)
    digest.update(call.surface.route.encode())
    digest.update(body)
    return digest.digest()


async def recalled(call: Call, body: bytes) -> bool:
    """Answer a plain request if its bytes are known and the cache still has the answer."""
    call.body_mark = mark = mark_of(call, body)
    found = call.core.recollections.get(mark) if mark else None
    if found is None:
        return False
    caches, plan = call.core.caches, found.plan
    caches.heed(call.core.keys.snapshot.purges)
    hit = caches.look(plan, time.time())
    if hit is None or hit.identity != plan.identity or hit.entry.created_at != found.kept_at:
        return False
    call.request = found.request
    await accepting.admit(call, is_free=True)
    call.plan, call.cache_mode, call.cached, call.hit = plan, plan.controls.mode, hit.how, hit.entry
    call.meter = Meter(call.surface.wire)
    call.served_by = found.headers
    call.record_rest = found.rest
    if call.content is not None:
        call.content.answered(hit.entry.body)
    call.book(200)
    await call.answer(200, [JSON_TYPE], hit.entry.body)
    return True


def remember(call: Call, rest: bytes) -> None:
    """Remember a plain request that the cache has just answered; rest: of its usage record."""
    mark, plan, entry = call.body_mark, call.plan, call.hit
    if not mark or plan is None or entry is None or call.request.is_stream or call.cached != "exact":
        return
    small = Plan(plan.workspace_id, plan.protocol, {}, b"", plan.policy_mark, plan.controls, plan.identity)
    request = call.request._replace(payload={}, body=b"")
    call.core.recollections.put(mark, Recollection(request, small, entry.created_at, call.served_by, rest))


def served_by(entry: Entry) -> tuple[tuple[bytes, bytes], ...]:
    """Return the headers that name what a kept answer came from."""
    return (
        (b"x-marga-model", header_value(entry.model)),
        (b"x-marga-provider", header_value(entry.provider)),
    )
