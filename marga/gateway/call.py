"""One chat call from its first byte to its record: who, what, where to, and what was answered."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from marga.gateway import metering
from marga.gateway.core import Core
from marga.gateway.errors import Headers, Refusal, retry_after
from marga.gateway.limits import Admission, KeyState
from marga.gateway.requests import check_size, read_body, request_id_of
from marga.gateway.snapshot import Deployment, Key
from marga.gateway.spool import SpoolFull
from marga.gateway.watch import Watch
from marga.pricing import ZERO, cost_usd
from marga.protocols import chat
from marga.protocols.request import Request, Unreadable

Send = Callable[[dict[str, Any]], Awaitable[None]]
ROUTE = "/v1/chat/completions"
SLOW_READER_SECONDS = 60.0
JSON_TYPE = (b"content-type", b"application/json")


class Call:
    """Holds what one call needs; every step of its life is a method, in order."""

    def __init__(self, core: Core, scope: dict[str, Any], receive: Any, send: Send, task: Any) -> None:
        self.core = core
        self.scope = scope
        self.send = send
        self.began = time.perf_counter()
        self.waited = 0.0
        """Seconds spent waiting for the client's body and for the provider: not our overhead."""
        self.id = core.ids.new()
        self.shown_id = request_id_of(scope["headers"], self.id)
        self.watch = Watch(core.loop, task, receive)
        self._receive = receive
        self.key: Key | None = None
        self.key_state: KeyState
        self.request: Request
        self.deployment: Deployment | None = None
        self.meter: metering.Meter
        self.admission: Admission | None = None
        self.started = False
        self.is_booked = False
        self.bytes_out = 0
        self.ttft_ms: int | None = None

    async def accept(self) -> None:
        """Check the key, read the body, find the deployment, take a place within the limits.

        Raises Refusal, ClientLeft.
        """
        core, headers = self.core, self.scope["headers"]
        client = self.scope["client"]
        now = core.loop.time()
        key = core.keys.authenticate(headers, client[0] if client else "", now)
        if not key.may_call:
            raise Refusal(
                403, "scope_missing", "This key may not call models: it lacks the scope marga:call."
            )
        self.key, self.key_state = key, core.limits.state(key, now)
        if core.open_calls > core.max_concurrent:
            core.metrics.shed += 1
            raise Refusal(
                503, "overloaded", "Too many calls are open; try again shortly.", headers=[retry_after(1)]
            )
        if core.spool.is_full:
            raise Refusal(
                503,
                "usage_spool_full",
                "Usage cannot be recorded, so no call is made; the operator must look at the disk (MARGA_SPOOL_MB).",
                headers=[retry_after(30)],
            )
        await self._read()
        self._choose(key)
        reserved = metering.reserved_tokens(self.request)
        price = self.deployment.price if self.deployment else None
        self.admission = await core.limits.enter(
            key,
            self.key_state,
            tokens=reserved.input_tokens + reserved.output_tokens,
            max_usd=cost_usd(reserved, price) if price and key.monthly_budget_usd is not None else ZERO,
            now=now,
        )

    async def _read(self) -> None:
        settings = self.core.settings
        check_size(self.scope["headers"], settings.max_body_bytes)
        before = time.perf_counter()
        body = await read_body(
            self._receive, settings.max_body_bytes, self.watch, settings.body_timeout_seconds
        )
        self.waited += time.perf_counter() - before
        try:
            self.request = chat.read_request(body)
        except Unreadable as exc:
            raise Refusal(400, "invalid_request", str(exc), param=exc.param) from exc
        self.meter = metering.Meter(self.request)

    def _choose(self, key: Key) -> None:
        name = self.request.model
        deployment = self.core.keys.snapshot.catalogue(key.workspace_id).get(name)
        if deployment is None:
            raise Refusal(
                404,
                "model_not_found",
                f"The model '{name[: metering.LONGEST_NAME]}' is not set up here. GET /v1/models lists what this key "
                "may call; 'auto' picks one; an operator adds models in the admin or in MARGA_CONFIG.",
                param="model",
            )
        provider = deployment.provider
        if not deployment.takes_chat:
            raise Refusal(
                501,
                "protocol_not_supported",
                f"The model '{deployment.name}' belongs to a provider of kind '{provider.kind}', which this endpoint "
                "does not reach yet. Chat completions go to providers of kind openai, ollama and sandbox.",
                param="model",
            )
        if provider.problem:
            raise Refusal(503, "provider_unusable", f"The provider '{provider.name}': {provider.problem}")
        self.deployment = deployment

    def elapsed_ms(self) -> int:
        """Return the milliseconds since the request arrived."""
        return int((time.perf_counter() - self.began) * 1000)

    def overhead(self) -> float:
        """Return the seconds spent in the gateway itself."""
        return max(0.0, time.perf_counter() - self.began - self.waited)

    def first_token(self) -> None:
        """Note the time of the first event."""
        if self.ttft_ms is None:
            seconds = time.perf_counter() - self.began
            self.ttft_ms = int(seconds * 1000)
            self.core.metrics.ttft.observe(seconds)

    def book(self, status: int, error_type: str = "", *, is_cancelled: bool = False) -> Decimal:
        """Write the usage record, once; call it before the last byte of the answer goes out. Return the cost."""
        deployment, key = self.deployment, self.key
        if self.is_booked or deployment is None or key is None or self.admission is None:
            return ZERO
        self.is_booked = True
        core = self.core
        usage, is_estimated = self.meter.usage()
        seconds = time.perf_counter() - self.began
        text, cost = metering.record(
            request_id=self.id,
            occurred_at=datetime.now(UTC).isoformat(),
            key=key,
            request=self.request,
            deployment=deployment,
            status=status,
            usage=usage,
            is_estimated=is_estimated,
            is_cancelled=is_cancelled,
            duration_ms=int(seconds * 1000),
            ttft_ms=self.ttft_ms,
            error_type=error_type,
        )
        self.admission.close(usage.input_tokens + usage.output_tokens)
        try:
            position = core.spool.append(text)
            core.limits.book(key, self.key_state, cost, position)
        except SpoolFull as exc:
            # The log is the last place left: the whole record goes there, so that nothing is lost in silence.
            core.metrics.usage_lost += 1
            core.log.event("usage_not_spooled", level="error", reason=str(exc), record=text.decode())
        overhead = max(0.0, seconds - self.waited)
        metrics = core.metrics
        metrics.count(ROUTE, deployment.provider.name, status)
        metrics.duration.observe(seconds)
        metrics.overhead.observe(overhead)
        metrics.cost_usd += cost
        metrics.cancelled += is_cancelled
        if core.settings.is_logging_requests:
            shown = "" if self.shown_id == self.id else f'"client_request_id":"{self.shown_id}",'
            core.log.line(
                b'%b,%b"event":"gateway_request","level":"info","route":"%b","bytes_in":%d,"bytes_out":%d,'
                b'"overhead_ms":%.3f}\n'
                % (
                    text[:-1],
                    shown.encode(),
                    ROUTE.encode(),
                    len(self.request.body),
                    self.bytes_out,
                    overhead * 1000,
                )
            )
        return cost

    def headers(self) -> Headers:
        """Return the headers that every answer carries."""
        own = self.id.encode()
        found = [
            (b"x-request-id", self.shown_id.encode() if self.shown_id is not self.id else own),
            (b"x-marga-request-id", own),
            (b"x-marga-overhead-ms", b"%.3f" % (self.overhead() * 1000)),
        ]
        if self.deployment is not None:
            found += self.deployment.headers
        key = self.key
        if key is not None and (key.requests_per_minute is not None or key.tokens_per_minute is not None):
            found += self.core.limits.headers(key, self.key_state, self.core.loop.time())
        return found

    async def answer(self, status: int, headers: Headers, body: bytes) -> None:
        """Send a whole answer."""
        self.started = True
        self.watch.begin(SLOW_READER_SECONDS, "slow_reader")
        length = (b"content-length", b"%d" % len(body))
        await self.send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [*headers, length, *self.headers()],
            }
        )
        await self.send({"type": "http.response.body", "body": body, "more_body": False})

    async def refuse(self, refusal: Refusal) -> None:
        """Send a refusal: as an answer, or as the last event of a stream that has begun."""
        self.book(200 if self.started else refusal.status, refusal.code)
        if not self.is_booked:
            self._count_refusal(refusal)
        if not self.started:
            await self.answer(refusal.status, [JSON_TYPE, *refusal.headers], refusal.body(self.id))
            return
        self.watch.begin(SLOW_READER_SECONDS, "slow_reader")
        await self.send({"type": "http.response.body", "body": refusal.event(self.id), "more_body": False})

    def _count_refusal(self, refusal: Refusal) -> None:
        self.core.metrics.count(ROUTE, "", refusal.status)
        if self.core.settings.is_logging_requests:
            key = self.key
            self.core.log.event(
                "gateway_refused",
                request_id=self.id,
                status=refusal.status,
                error_type=refusal.code,
                route=ROUTE,
                key_id=key.id if key else None,
                workspace_id=key.workspace_id if key else None,
                duration_ms=self.elapsed_ms(),
            )

    def close(self) -> None:
        """Let go of everything; safe at any point."""
        self.watch.close()
        if self.admission is not None:
            self.admission.close(0)
