"""How well each deployment answers: breakers, latencies, and the budget for second tries (M-14).

A breaker never forbids a call; it says that a deployment is not to be counted on, and the router puts that one last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import exp
from typing import Any

CLOSED, OPEN, TRYING = "ok", "open", "trying"

FAILURES_IN_A_ROW = 5
FAILURES_RECENT, SHARE_FAILED = 4.5, 0.4
MEMORY_SECONDS = 10.0
FIRST_REST_SECONDS, LONGEST_REST_SECONDS = 5.0, 60.0
RETRY_AFTER_MOST_SECONDS = 600.0
SUCCESSES_TO_CLOSE = 3
PROBATION_SECONDS, FAILURES_ON_PROBATION = 60.0, 1.5
"""For a while after it closed, two failures open a breaker again."""
TRIAL_SECONDS = 30.0

SLOW_TIMES, COUNTED_TIMES = 5.0, 10.0
SLOW_LEAST_MS = 100.0
KNOWN_CALLS = 20
USUAL_SECONDS, LATEST_WEIGHT = 300.0, 0.2

WAITING_CALLS = 5
STALL_LEAST_SECONDS, STALL_UNKNOWN_SECONDS = 2.0, 20.0


class Pace:
    """How long a deployment takes to begin an answer: usually, over minutes, and lately, over a few calls."""

    __slots__ = ("calls", "latest_ms", "seen_at", "usual_ms")

    def __init__(self) -> None:
        self.calls = 0
        self.latest_ms = 0.0
        self.usual_ms = 0.0
        self.seen_at = 0.0

    @property
    def is_known(self) -> bool:
        """Tell whether there were enough calls to say what is usual."""
        return self.calls > KNOWN_CALLS

    @property
    def is_slow(self) -> bool:
        """Tell whether it is lately far slower than usual."""
        return self.is_known and self.latest_ms > max(SLOW_LEAST_MS, SLOW_TIMES * self.usual_ms)

    def add(self, ms: float, now: float) -> bool:
        """Take one measurement; tell whether by itself it was slow."""
        self.calls += 1
        if self.calls == 1:
            self.latest_ms = self.usual_ms = ms
        usual = self.usual_ms
        is_slow = self.is_known and ms > max(SLOW_LEAST_MS, SLOW_TIMES * usual)
        if self.is_known:
            # One odd answer counts no more than this, so that it takes three of them to look slow.
            ms = min(ms, max(SLOW_LEAST_MS, COUNTED_TIMES * usual))
        # By time, not by calls: a busy deployment must not get used to being slow within a second.
        passed = 1 - exp((self.seen_at - now) / USUAL_SECONDS)
        self.usual_ms += (passed if self.is_known else 1 / self.calls) * (ms - usual)
        self.latest_ms += LATEST_WEIGHT * (ms - self.latest_ms)
        self.seen_at = now
        return is_slow


class Circuit:
    """What is known of one deployment."""

    __slots__ = (
        "calls",
        "closed_at",
        "errors",
        "failed",
        "failing_since",
        "in_a_row",
        "plain",
        "requests",
        "rest_seconds",
        "seen_at",
        "state",
        "streamed",
        "successes",
        "trial_at",
        "until",
        "waiting",
        "waiting_since",
    )

    def __init__(self, now: float) -> None:
        self.state = CLOSED
        self.until = 0.0
        self.rest_seconds = FIRST_REST_SECONDS
        self.trial_at: float | None = None
        self.successes = 0
        self.in_a_row = 0
        self.failing_since = 0.0
        # Recent counts fade with MEMORY_SECONDS.
        self.calls = self.failed = 0.0
        self.seen_at = now
        self.closed_at = now - PROBATION_SECONDS
        self.waiting = 0
        self.waiting_since = now
        self.plain, self.streamed = Pace(), Pace()
        self.requests = self.errors = 0

    def fade(self, now: float) -> None:
        """Let what was counted fade with the time since."""
        left = exp((self.seen_at - now) / MEMORY_SECONDS)
        self.calls *= left
        self.failed *= left
        self.seen_at = now

    def open(self, now: float, seconds: float | None = None) -> None:
        """Rest; without a time given, twice as long as the time before."""
        if seconds is None:
            if self.state == CLOSED and now - self.closed_at >= PROBATION_SECONDS:
                self.rest_seconds = FIRST_REST_SECONDS
            seconds = self.rest_seconds
            self.rest_seconds = min(2 * seconds, LONGEST_REST_SECONDS)
        self.until = max(self.until, now + seconds) if self.state == OPEN else now + seconds
        self.state = OPEN
        self.successes = 0
        self.trial_at = None

    def is_stalled(self, now: float) -> bool:
        """Tell whether several calls wait and none has begun its answer for far longer than usual."""
        if self.waiting < WAITING_CALLS:
            return False
        pace = self.streamed if self.streamed.calls > self.plain.calls else self.plain
        usual = SLOW_TIMES * pace.usual_ms / 1000
        limit = max(STALL_LEAST_SECONDS, usual) if pace.is_known else STALL_UNKNOWN_SECONDS
        return now - self.waiting_since > limit


class Breakers:
    """The health of every deployment, as this process sees it; serves the router as its live view.

    Each attempt is announced by begin() and ended by exactly one of ok(), fail() and left().
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._circuits: dict[str, Circuit] = {}

    def is_usable(self, deployment_id: str) -> bool:
        """Tell whether calls can be expected to work; after a rest one at a time may find out."""
        circuit = self._circuits.get(deployment_id)
        if circuit is None or (circuit.state == CLOSED and circuit.waiting < WAITING_CALLS):
            return True
        now = self._clock()
        if circuit.is_stalled(now):
            return False
        if circuit.state == CLOSED:
            return True
        if circuit.state == OPEN and now < circuit.until:
            return False
        return circuit.trial_at is None or now - circuit.trial_at > TRIAL_SECONDS

    def latency_ms(self, deployment_id: str) -> float | None:
        """Return how long it lately took to begin an answer: of streams where there were any."""
        circuit = self._circuits.get(deployment_id)
        if circuit is None:
            return None
        pace = circuit.streamed if circuit.streamed.calls else circuit.plain
        return pace.latest_ms if pace.calls else None

    def begin(self, deployment_id: str) -> None:
        """Note that a call goes out."""
        now = self._clock()
        circuit = self._circuits.get(deployment_id)
        if circuit is None:
            circuit = self._circuits[deployment_id] = Circuit(now)
        if not circuit.waiting:
            circuit.waiting_since = now
        circuit.waiting += 1
        circuit.requests += 1
        if circuit.state != CLOSED and now >= circuit.until:
            circuit.state = TRYING
            circuit.trial_at = now

    def ok(self, deployment_id: str, first_byte_ms: float, *, is_stream: bool) -> None:
        """Note that an answer began, and after how long; a plain answer begins when it is whole."""
        circuit, now = self._end(deployment_id)
        circuit.calls += 1
        circuit.in_a_row = 0
        pace = circuit.streamed if is_stream else circuit.plain
        is_slow = pace.add(first_byte_ms, now)
        if circuit.state == TRYING:
            if is_slow:
                circuit.open(now)
            else:
                self._succeed(circuit, now)
        elif circuit.state == CLOSED and pace.is_slow:
            circuit.open(now)

    def fail(self, deployment_id: str, *, retry_after: float | None = None) -> None:
        """Note that a call failed for a reason that is the deployment's: no connection, no answer in time, 429, 5xx.

        retry_after: the seconds that it asked us to wait; it is left alone for as long.
        """
        circuit, now = self._end(deployment_id)
        circuit.errors += 1
        circuit.calls += 1
        circuit.failed += 1
        if not circuit.in_a_row:
            circuit.failing_since = now
        circuit.in_a_row += 1
        if retry_after is not None:
            circuit.open(now, min(max(retry_after, 0.0), RETRY_AFTER_MOST_SECONDS))
        elif circuit.state == TRYING or (circuit.state == CLOSED and _is_ill(circuit, now)):
            circuit.open(now)

    def left(self, deployment_id: str) -> None:
        """Note that a call ended without telling anything of the deployment: its client left, or asked wrongly."""
        self._end(deployment_id)

    def states(self) -> list[dict[str, Any]]:
        """Return what is known, for display."""
        return [
            {
                "id": deployment_id,
                "state": self._shown(circuit),
                "latency_ms": _rounded(circuit.plain),
                "ttft_ms": _rounded(circuit.streamed),
                "requests": circuit.requests,
                "errors": circuit.errors,
            }
            for deployment_id, circuit in self._circuits.items()
        ]

    def forget(self, known: Iterable[str]) -> None:
        """Drop what is known of deployments that are gone and have no call open."""
        keep = set(known)
        for gone in [i for i, circuit in self._circuits.items() if i not in keep and not circuit.waiting]:
            del self._circuits[gone]

    def _end(self, deployment_id: str) -> tuple[Circuit, float]:
        now = self._clock()
        circuit = self._circuits.get(deployment_id)
        if circuit is None:
            circuit = self._circuits[deployment_id] = Circuit(now)
        circuit.fade(now)
        circuit.waiting = max(0, circuit.waiting - 1)
        circuit.waiting_since = now
        circuit.trial_at = None
        return circuit, now

    def _succeed(self, circuit: Circuit, now: float) -> None:
        circuit.successes += 1
        if circuit.successes >= SUCCESSES_TO_CLOSE:
            circuit.state = CLOSED
            circuit.successes = 0
            circuit.closed_at = now
            circuit.calls = circuit.failed = 0.0
            for pace in (circuit.plain, circuit.streamed):
                pace.latest_ms = min(pace.latest_ms, pace.usual_ms)

    def _shown(self, circuit: Circuit) -> str:
        if circuit.state == CLOSED and circuit.is_stalled(self._clock()):
            return "stalled"
        return circuit.state


def _is_ill(circuit: Circuit, now: float) -> bool:
    if circuit.in_a_row >= FAILURES_IN_A_ROW:
        return True
    if circuit.in_a_row > 1 and now - circuit.failing_since >= MEMORY_SECONDS:
        return True
    if now - circuit.closed_at < PROBATION_SECONDS:
        return circuit.failed >= FAILURES_ON_PROBATION
    return circuit.failed >= FAILURES_RECENT and circuit.failed >= SHARE_FAILED * circuit.calls


def _rounded(pace: Pace) -> float | None:
    return round(pace.latest_ms, 1) if pace.calls else None


class RetryBudget:
    """Keeps second tries to a share of the requests, so that trouble is not answered with more load.

    A few are always allowed, so that a quiet gateway can fail over too.
    """

    def __init__(
        self, clock: Callable[[], float], *, share: float = 0.2, seconds: float = 60.0, least: int = 10
    ) -> None:
        self._clock = clock
        self._share = share
        self._seconds = seconds
        self._least = least
        self._started_at = clock()
        self._requests = [0.0, 0.0]
        self._retries = [0.0, 0.0]

    def request(self) -> None:
        """Count one request."""
        self._turn()
        self._requests[0] += 1

    def take(self) -> bool:
        """Take one second try; False when there is none left."""
        elapsed = self._turn()
        fading = 1 - elapsed / self._seconds
        retries = self._retries[0] + self._retries[1] * fading
        allowed = self._share * (self._requests[0] + self._requests[1] * fading)
        if retries + 1 > max(allowed, self._least):
            return False
        self._retries[0] += 1
        return True

    def _turn(self) -> float:
        """Begin a new period when the present one is over; return the seconds since it began."""
        elapsed = self._clock() - self._started_at
        if elapsed >= self._seconds:
            is_next = elapsed < 2 * self._seconds
            for counts in (self._requests, self._retries):
                counts[1] = counts[0] if is_next else 0.0
                counts[0] = 0.0
            self._started_at += self._seconds * (elapsed // self._seconds)
            elapsed %= self._seconds
        return elapsed
