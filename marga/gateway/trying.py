"""Try one deployment after the other until one answers: what may be tried again, where, and when to give up.

A credential that is refused or over its limit is rotated past; a deployment that fails gives way to the next one;
without a next one it is tried once more after a short pause. Nothing is tried again once a part of an answer went
to the client, or where the provider may have done the work: an answer that broke off in the middle is not paid twice.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping

import orjson

from marga.gateway.call import Attempt, Call
from marga.gateway.credentials import Wait
from marga.gateway.errors import NO_RETRY, Headers, Refusal, retry_after
from marga.gateway.metering import Meter
from marga.gateway.providers import Endpoint, Provider
from marga.gateway.surfaces import WIRES
from marga.gateway.upstream import FAILURES, Answer, Broken, StaleConnection
from marga.protocols.request import Unreadable
from marga.protocols.translate import translate_request

MOST_ATTEMPTS = 6
PAUSE_SECONDS = (0.05, 0.25)
ANOTHER_CREDENTIAL = frozenset({"credential", "rate_limit"})
ABOUT_THE_CALL = frozenset({"client", "context", "credential", "stale", "missing", "untranslatable"})
"""Failures that say nothing about how well the deployment works."""

ANTHROPIC_VERSION = b"anthropic-version: 2023-06-01\r\n"


class TryFailed(Exception):
    """One try came to nothing, and no byte of an answer was shown.

    kind: connect, stale, timeout, credential, rate_limit, server, answer, context or client. refusal: what the client is
    told if no other try follows; body: the provider's own error, scrubbed, where the client can read it.
    """

    def __init__(
        self, kind: str, refusal: Refusal, *, status: int = 0, wait_seconds: float = 0.0, body: bytes = b""
    ) -> None:
        super().__init__(refusal.message)
        self.kind = kind
        self.refusal = refusal
        self.status = status
        self.wait_seconds = wait_seconds
        self.body = body


class Tries:
    """The tries of one call, one after the other."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._before = len(call.attempts)
        self._position = 0
        self._repeats = 0
        self._latest: TryFailed | None = None

    async def next(self) -> Attempt:
        """Return the next try.

        Raises TryFailed, the latest one, when there is none.
        """
        call = self._call
        core, now = call.core, call.core.loop.time()
        while self._position < len(call.order) and len(call.attempts) - self._before < MOST_ATTEMPTS:
            deployment = call.order[self._position]
            provider = deployment.provider
            protocol = provider.protocol_for(call.surface.protocol)
            if protocol is not None and not provider.problem:
                tokens = call.needs.input_tokens if call.needs else 0
                bucket = call.key.bucket if call.key else ""
                found = await core.credentials.find(provider, bucket, tokens, now)
                if not isinstance(found, Wait):
                    attempt = Attempt(deployment, found, protocol)
                    call.attempts.append(attempt)
                    call.deployment = deployment
                    call.meter = Meter(WIRES[protocol])
                    core.health.begin(deployment.id)
                    return attempt
                self._latest = self._latest or resting(provider, found)
            self._position += 1
            self._repeats = 0
        if self._latest is None:
            raise TryFailed(
                "client", Refusal(503, "no_route", "No provider can take this call at the moment.")
            )
        raise self._latest

    def worked(self, attempt: Attempt) -> None:
        """Note a try that answered."""
        call, core = self._call, self._call.core
        if not attempt.status:
            attempt.end(200)
        core.health.ok(attempt.deployment.id, attempt.first_byte_ms(), is_stream=call.request.is_stream)
        core.credentials.worked(attempt.credential)
        if call.session_mark and call.needs is not None:
            core.sessions.note(
                call.session_mark, attempt.deployment.id, call.needs.input_tokens, core.loop.time()
            )

    def broke(self, attempt: Attempt, refusal: Refusal) -> None:
        """Note a try that broke off after a part of its answer was shown, or may have been paid for."""
        if not attempt.status:
            attempt.end(refusal.status, refusal.code)
        if refusal.is_upstream:
            self._call.core.health.fail(attempt.deployment.id)
        else:
            self._call.core.health.left(attempt.deployment.id)

    def left(self, attempt: Attempt) -> None:
        """Note a try that its client did not wait for."""
        self._call.core.health.left(attempt.deployment.id)

    async def failed(self, attempt: Attempt, failure: TryFailed) -> None:
        """Note a failed try and get ready for the next one.

        Raises TryFailed when it makes no sense to go on.
        """
        call = self._call
        core, now, kind = call.core, call.core.loop.time(), failure.kind
        attempt.end(failure.status or failure.refusal.status, failure.refusal.code)
        self._latest = failure
        if kind in ANOTHER_CREDENTIAL:
            core.credentials.failed(attempt.credential, failure.status, now, failure.wait_seconds or None)
        others = len(attempt.deployment.provider.credentials) - 1
        if kind in ABOUT_THE_CALL or (kind == "rate_limit" and others):
            core.health.left(attempt.deployment.id)
        else:
            core.health.fail(attempt.deployment.id, retry_after=failure.wait_seconds or None)
        if kind == "client":
            raise failure
        if not core.retries.take():
            core.metrics.retries_refused += 1
            raise failure
        if kind == "stale" or (kind in ANOTHER_CREDENTIAL and others):
            self._repeats += 1
            if self._repeats <= max(1, others):
                core.metrics.count_retry(kind)
                return
        is_last = self._position + 1 >= len(call.order)
        if is_last and kind in ("server", "connect") and self._repeats == 0:
            self._repeats = 1
            core.metrics.count_retry(kind)
            await asyncio.sleep(random.uniform(*PAUSE_SECONDS))  # noqa: S311 - spreads tries, guards nothing
            return
        self._position += 1
        self._repeats = 0
        if not is_last:
            core.metrics.count_retry(kind, is_elsewhere=True)


def final_headers(call: Call, failure: TryFailed) -> Headers:
    """Return the refusal's headers, with word to the client not to try again where the gateway has done so already."""
    headers = failure.refusal.headers
    if len(call.attempts) > 1 and not any(name == b"x-should-retry" for name, _ in headers):
        return [*headers, NO_RETRY]
    return headers


async def open_answer(call: Call, attempt: Attempt) -> Answer:
    """Send the request and return once the provider's status line is there.

    Raises TryFailed.
    """
    provider = attempt.deployment.provider
    endpoint, body = _addressed(call, attempt)
    call.watch.begin(provider.timeout_seconds, "upstream_timeout")
    before = time.perf_counter()
    metrics = call.core.metrics
    metrics.upstream_open += 1
    try:
        return await call.core.upstream.send(endpoint, body, forwarded_headers(call, attempt))
    except BaseException as exc:
        metrics.upstream_open -= 1
        if isinstance(exc, FAILURES):
            raise unreachable(provider, exc) from exc
        raise
    finally:
        call.waited += time.perf_counter() - before


def _addressed(call: Call, attempt: Attempt) -> tuple[Endpoint, bytes]:
    """Return where the request goes and its body in the form that the provider speaks."""
    request, protocol = call.request, attempt.protocol
    endpoint = attempt.deployment.provider.endpoint(protocol, attempt.credential)
    name = attempt.deployment.upstream_name
    if protocol == request.protocol:
        body: bytes = WIRES[protocol].upstream_body(request, name)
        call.warnings = call.left_out
        return endpoint, body
    candidate = attempt.deployment.candidate
    try:
        found = translate_request(
            request.payload,
            request.protocol,
            protocol,
            model=name,
            is_stream=request.is_stream,
            capabilities=candidate.capabilities or None,
            most_output_tokens=candidate.max_output_tokens,
        )
    except Unreadable as exc:
        raise TryFailed("untranslatable", Refusal(400, "invalid_request", str(exc), param=exc.param)) from exc
    call.warnings = (*call.left_out, *found.warnings)
    return endpoint, orjson.dumps(found.payload)


def forwarded_headers(call: Call, attempt: Attempt) -> bytes:
    """Return the client's own headers for the provider, as lines."""
    return headers_for(call.asked, call.surface.protocol, attempt.protocol)


def headers_for(asked: Mapping[bytes, bytes], source: str, target: str) -> bytes:
    """Return what a provider that is spoken to in target sees of the headers of a client that speaks source."""
    if target != "messages":
        given = asked.get(b"openai-beta")
        return b"openai-beta: %b\r\n" % given if given and _is_plain(given) else b""
    lines = []
    if source == "messages":
        lines = [
            b"%b: %b\r\n" % (name, value)
            for name, value in asked.items()
            if name.startswith(b"anthropic-") and _is_plain(value)
        ]
    if b"anthropic-version" not in asked or not lines:
        lines.append(ANTHROPIC_VERSION)
    return b"".join(lines)


def _is_plain(value: bytes) -> bool:
    return value.isascii() and value.decode("ascii").isprintable() and len(value) < 1_000


def unreachable(provider: Provider, exc: Exception) -> TryFailed:
    """Return the failure of a provider that could not be reached, or hung up before it said anything."""
    if isinstance(exc, StaleConnection):
        text = f"The provider '{provider.name}' broke off before it answered."
        return TryFailed("stale", Refusal(502, "upstream_cut", text))
    if isinstance(exc, Broken):
        text = f"The provider '{provider.name}' broke off before it answered."
        return TryFailed("server", Refusal(502, "upstream_cut", text))
    text = f"The provider '{provider.name}' cannot be reached."
    return TryFailed("connect", Refusal(502, "upstream_unreachable", text))


def cut() -> Refusal:
    """Return what is said of an answer that broke off; it may have been paid for, so it is not tried again."""
    return Refusal(502, "upstream_cut", "The provider broke off in the middle of its answer.")


def timed_out(provider: Provider) -> TryFailed:
    """Return the failure of a provider that said nothing in time."""
    text = f"The provider '{provider.name}' did not begin to answer in time."
    return TryFailed("timeout", Refusal(504, "upstream_timeout", text))


def resting(provider: Provider, wait: Wait) -> TryFailed:
    """Return the failure of a provider none of whose credentials may be used now."""
    if wait.is_dead:
        text = f"The provider '{provider.name}' refuses every credential that the operator gave. Your own key is fine."
        return TryFailed("credential", Refusal(502, "upstream_credentials_exhausted", text))
    text = f"Every credential of the provider '{provider.name}' is at its limit; try again shortly."
    headers = [retry_after(min(wait.seconds, 3_600.0))]
    return TryFailed("rate_limit", Refusal(429, "upstream_rate_limited", text, headers=headers))
