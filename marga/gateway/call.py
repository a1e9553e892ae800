"""What one call holds from its first byte to its record, and how it answers."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

from marga.gateway import booking
from marga.gateway.accounts import Credential
from marga.gateway.caching.caches import Plan
from marga.gateway.caching.entry import Entry
from marga.gateway.content import Content
from marga.gateway.core import Core
from marga.gateway.errors import Headers, Refusal
from marga.gateway.extras import Cascade, Extras
from marga.gateway.limits import Admission, KeyState
from marga.gateway.metering import NOTHING, Meter
from marga.gateway.requests import request_id_of
from marga.gateway.snapshot import Deployment, Key
from marga.gateway.spool import SpoolFull
from marga.gateway.surfaces import Surface
from marga.gateway.watch import Watch
from marga.pricing import ZERO
from marga.protocols.request import Request
from marga.routing import Decision, Needs

Send = Callable[[dict[str, Any]], Awaitable[None]]
SLOW_READER_SECONDS = 60.0
JSON_TYPE = (b"content-type", b"application/json")


class Attempt:
    """One try at one deployment. protocol: what it was spoken to in.

    part: what it is for when it is no try at the answer, such as `sample`; such a one has its own cost.
    """

    __slots__ = (
        "began",
        "cost",
        "credential",
        "deployment",
        "error",
        "first_byte",
        "part",
        "protocol",
        "seconds",
        "status",
    )

    def __init__(self, deployment: Deployment, credential: Credential, protocol: str, part: str = "") -> None:
        self.deployment = deployment
        self.credential = credential
        self.protocol = protocol
        self.part = part
        self.cost: Decimal | None = None
        self.began = time.perf_counter()
        self.first_byte = 0.0
        self.seconds = 0.0
        self.status = 0
        self.error = ""

    def end(self, status: int, error: str = "") -> None:
        """Note how it ended."""
        self.seconds = time.perf_counter() - self.began
        self.status = status
        self.error = error

    def first_byte_ms(self) -> float:
        """Return after how long the answer began; of a plain answer, when it was whole."""
        return ((self.first_byte or self.began + self.seconds) - self.began) * 1000

    def shown(self, since: float) -> dict[str, Any]:
        """Return it for the record."""
        found = {
            "model": self.deployment.name,
            "provider": self.deployment.provider.name,
            "credential": self.credential.name,
            "status": self.status,
            "error": self.error,
            "started_ms": round((self.began - since) * 1000, 1),
            "ms": round(self.seconds * 1000, 1),
        }
        if self.part:
            found["part"] = self.part
            found["cost_usd"] = format(self.cost or ZERO, "f")
        return found


class Call:
    """One call. started: whether the status line went out; is_committed: whether a part of an answer did.

    What most calls never set stands at the class: a call is made for every request.
    """

    waited: float = 0.0
    """Seconds spent waiting for the client's body and for the provider: not our overhead."""
    key: Key | None = None
    is_inside: bool = False
    """Whether it has a place at the door, to give back."""
    input_characters: int = 0
    needs: Needs | None = None
    decision: Decision | None = None
    need: float = 0.0
    """What the classifier said, before the workspace's own verdicts shift it."""
    cascade: Cascade | None = None
    is_sampled: bool = False
    """Whether a stronger model shall answer it too, to see what routing costs in quality."""
    whole: tuple[str, dict[str, Any]] | None = None
    """The protocol and the whole of the answer that was given, where it is sampled."""
    session: str = ""
    session_mark: bytes = b""
    baseline: Deployment | None = None
    deployment: Deployment | None = None
    meter: Meter | None = None
    admission: Admission | None = None
    warnings: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    """The part of the warnings that holds for every try."""
    cache_mode: str = "off"
    plan: Plan | None = None
    cache_identity: str = ""
    """Names the kept answer that served this call, or that it left; by it people purge."""
    leads: bytes | None = None
    """The identity for whose answer others wait, while this call gets it."""
    hit: Entry | None = None
    body_mark: bytes = b""
    record_rest: bytes = b""
    """The part of a cache hit's usage record that is the same each time."""
    served_by: tuple[tuple[bytes, bytes], ...] = ()
    """Headers that name what a kept answer came from."""
    cached: str = ""
    """`exact` or `semantic` when the answer came from a cache."""
    started: bool = False
    is_committed: bool = False
    has_raw_body: bool = False
    """Whether what is being sent is no stream of events: an error cannot be told in it, only by breaking off."""
    place: tuple[str, int] = ("", 0)
    """The id of a responses stream and the number of its next event."""
    content: Content | None = None
    """What was asked and answered, where the key's rules have it kept."""
    is_booked: bool = False
    bytes_out: int = 0
    cost: Decimal | None = None
    saved: Decimal = ZERO
    ttft_ms: int | None = None

    def __init__(
        self, core: Core, surface: Surface, scope: dict[str, Any], receive: Any, send: Send, task: Any
    ) -> None:
        self.core = core
        self.surface = surface
        self.scope = scope
        self.send = send
        self.receive = receive
        self.began = time.perf_counter()
        self.id = core.ids.new()
        self.shown_id = request_id_of(scope["headers"], self.id)
        self.watch = Watch(core.patrol, task, receive)
        self.asked: dict[bytes, bytes] = {}
        """The request's headers that begin with x- or anthropic-, by name."""
        self.key_state: KeyState
        self.request: Request
        self.extras = Extras()
        self.order: list[Deployment] = []
        self.attempts: list[Attempt] = []

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
            if self.attempts:
                self.attempts[-1].first_byte = self.began + seconds

    def asks(self, body: bytes) -> None:
        """Take the request's body, to be kept if the key's rules say so."""
        if self.key is not None and self.key.keeps_content:
            self.content = Content(body)

    def book(self, status: int, error_type: str = "", *, is_cancelled: bool = False) -> None:
        """Write the usage record, once; call it before the last byte of the answer goes out."""
        key = self.key
        if self.is_booked or key is None or self.admission is None:
            return
        self.is_booked = True
        if self.attempts and not self.attempts[-1].status:
            self.attempts[-1].end(status, error_type)
        seconds = time.perf_counter() - self.began
        if self.hit is not None:
            used, text = (
                0,
                self._kept_record(self.hit, status, error_type, seconds, is_cancelled=is_cancelled),
            )
        else:
            used, text = self._record(status, error_type, seconds, is_cancelled=is_cancelled)
        self.admission.close(used)
        core = self.core
        if self.attempts and self.needs is not None and not self.attempts[-1].part:
            core.credentials.settle(self.attempts[-1].credential, self.needs.input_tokens, used)
        cost = self.cost or ZERO
        try:
            keys = core.settings.encryption_keys
            position = core.spool.append(self.content.added_to(text, keys) if self.content else text)
            core.limits.book(key, self.key_state, cost, position)
        except SpoolFull as exc:
            # The log is the last place left: the whole record goes there, so that nothing is lost in silence.
            core.metrics.usage_lost += 1
            core.log.event("usage_not_spooled", level="error", reason=str(exc), record=text.decode())
        self._measure(status, seconds, cost, is_cancelled=is_cancelled)
        if core.settings.is_logging_requests:
            self._log(text)

    def _record(
        self, status: int, error_type: str, seconds: float, *, is_cancelled: bool
    ) -> tuple[int, bytes]:
        """Return the tokens used and the usage record; set cost and saved."""
        meter = self.meter
        usage, is_estimated = (NOTHING, False) if meter is None else meter.usage(self.input_characters)
        cost = booking.price(self, usage)
        would_cost = booking.counterfactual(self, usage, cost)
        self.cost = cost = cost + self.extras.cost
        usage = self.extras.with_own(usage)
        self.saved = would_cost - cost
        text = booking.record(
            self,
            status=status,
            usage=usage,
            is_estimated=is_estimated or self.extras.is_estimated,
            is_cancelled=is_cancelled,
            seconds=seconds,
            cost=cost,
            would_cost=would_cost,
            error_type=error_type,
        )
        return usage.input_tokens + usage.output_tokens, text

    def _kept_record(
        self, entry: Entry, status: int, error_type: str, seconds: float, *, is_cancelled: bool
    ) -> bytes:
        """Return the usage record of an answer from a cache; set cost and saved."""
        self.cost, self.saved = ZERO, entry.cost_usd
        self.record_rest = self.record_rest or booking.kept_rest(self, entry)
        return booking.kept(
            self,
            self.record_rest,
            status=status,
            is_cancelled=is_cancelled,
            seconds=seconds,
            error_type=error_type,
        )

    def _measure(self, status: int, seconds: float, cost: Decimal, *, is_cancelled: bool) -> None:
        metrics, deployment = self.core.metrics, self.deployment
        metrics.count(self.surface.route, deployment.provider.name if deployment else "", status)
        metrics.duration.observe(seconds)
        metrics.overhead.observe(max(0.0, seconds - self.waited))
        metrics.cost_usd += cost
        metrics.saved_usd += self.saved
        metrics.cancelled += is_cancelled
        if self.cached:
            metrics.cache_hits[self.cached] = metrics.cache_hits.get(self.cached, 0) + 1

    def headers(self) -> Headers:
        """Return the headers that every answer carries."""
        own = self.id.encode()
        found = [
            (b"x-request-id", self.shown_id.encode() if self.shown_id is not self.id else own),
            (b"x-marga-request-id", own),
        ]
        if self.surface.protocol == "messages":
            found.append((b"request-id", own))
        if self.deployment is not None:
            found += self.deployment.headers
        found += self.served_by
        decision, needs = self.decision, self.needs
        if decision is not None and needs is not None:
            found += (
                (b"x-marga-policy", decision.policy.encode()),
                (b"x-marga-reason", decision.reason.encode()),
                (b"x-marga-score", b"%.3f" % needs.need),
                (b"x-marga-attempts", b"%d" % len(self.attempts)),
            )
        found.append(
            (b"x-marga-cache", (self.cached or ("off" if self.cache_mode == "off" else "miss")).encode())
        )
        if self.cost is not None:
            found += (
                (b"x-marga-cost-usd", format(self.cost, "f").encode()),
                (b"x-marga-saved-usd", format(self.saved, "f").encode()),
            )
        if self.warnings:
            found.append((b"x-marga-protocol-warnings", ", ".join(self.warnings).encode("ascii", "replace")))
        key = self.key
        if key is not None and (key.requests_per_minute is not None or key.tokens_per_minute is not None):
            found += self.core.limits.headers(key, self.key_state, self.core.loop.time())
        found.append((b"x-marga-overhead-ms", b"%.3f" % (self.overhead() * 1000)))
        return found

    async def answer(self, status: int, headers: Headers, body: bytes) -> None:
        """Send a whole answer."""
        self.started = True
        self.watch.begin(SLOW_READER_SECONDS, "slow_reader")
        self.bytes_out = len(body)
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
        protocol = self.surface.protocol
        if not self.started:
            await self.answer(refusal.status, [JSON_TYPE, *refusal.headers], refusal.body(self.id, protocol))
            return
        if self.has_raw_body:
            return  # an answer that is left unfinished ends as a broken connection
        self.watch.begin(SLOW_READER_SECONDS, "slow_reader")
        event = refusal.event(self.id, protocol, self.place)
        await self.send({"type": "http.response.body", "body": event, "more_body": False})

    def close(self) -> None:
        """Let go of everything; safe at any point."""
        self.watch.close()
        if self.leads is not None:
            self.core.caches.flights.land(self.leads)
        if self.is_inside and self.key is not None:
            self.is_inside = False
            self.core.door.leave(self.key.id)
        if self.admission is not None:
            self.admission.close(0)

    def _log(self, record: bytes) -> None:
        """Log the record itself, with what only the log says."""
        shown = "" if self.shown_id == self.id else f'"client_request_id":"{self.shown_id}",'
        self.core.log.line(
            b'%b,%b"event":"gateway_request","level":"info","route":"%b","bytes_in":%d,"bytes_out":%d}\n'
            % (
                record[:-1],
                shown.encode(),
                self.surface.route.encode(),
                len(self.request.body),
                self.bytes_out,
            )
        )

    def _count_refusal(self, refusal: Refusal) -> None:
        route = self.surface.route
        self.core.metrics.count(route, "", refusal.status)
        if self.core.settings.is_logging_requests:
            key = self.key
            self.core.log.event(
                "gateway_refused",
                request_id=self.id,
                status=refusal.status,
                error_type=refusal.code,
                route=route,
                key_id=key.id if key else None,
                workspace_id=key.workspace_id if key else None,
                duration_ms=self.elapsed_ms(),
            )
