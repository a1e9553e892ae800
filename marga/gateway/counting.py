"""Token counts before a call, for clients of the messages protocol: asked of a provider that counts, else estimated."""

from __future__ import annotations

import orjson

from marga.gateway import accepting, deciding
from marga.gateway.call import JSON_TYPE, Attempt, Call
from marga.gateway.credentials import Wait
from marga.gateway.errors import Refusal
from marga.gateway.relay import read
from marga.gateway.surfaces import Surface
from marga.gateway.trying import forwarded_headers
from marga.gateway.upstream import FAILURES
from marga.protocols import messages
from marga.protocols.estimating import estimate_input_tokens

SURFACE = Surface("/v1/messages/count_tokens", "messages", "count_tokens")
ESTIMATED = (b"x-marga-estimated", b"true")


async def carry(call: Call) -> None:
    """Answer {"input_tokens": n}; it counts as a request and costs nothing.

    Raises Refusal, ClientLeft.
    """
    await accepting.authenticate(call)
    accepting.read(call, await accepting.body_of(call))
    deciding.decide(call)
    await accepting.admit(call, is_free=True)
    body = await _asked(call)
    headers = [JSON_TYPE]
    if body is None:
        tokens = estimate_input_tokens(call.request.payload, "messages")
        body = orjson.dumps({"input_tokens": tokens})
        headers.append(ESTIMATED)
    call.core.metrics.count(SURFACE.route, "", 200)
    await call.answer(200, headers, body)


async def _asked(call: Call) -> bytes | None:
    """Return what the provider counts, None where it cannot or does not."""
    deployment, key = call.order[0], call.key
    provider = deployment.provider
    if provider.kind != "anthropic" or key is None:
        return None
    found = await call.core.credentials.find(provider, key.bucket, 0, call.core.loop.time())
    if isinstance(found, Wait):
        return None
    endpoint = provider.endpoint("count_tokens", found)
    attempt = Attempt(deployment, found, "messages")
    call.watch.begin(provider.timeout_seconds, "upstream_timeout")
    try:
        body = messages.upstream_body(call.request, deployment.upstream_name)
        response = await call.core.upstream.send(endpoint, body, forwarded_headers(call, attempt))
    except FAILURES:
        return None
    try:
        return await read(call, response) if response.status == 200 else None
    except Refusal:
        return None
    finally:
        response.close()
