"""Limits of a key, kept in this process: requests and tokens per minute, calls at once, budget of the month.

With several workers each holds its share (limit / workers), so together they never exceed the limit.
Counting is over a sliding minute: the minute before counts in proportion to how much of it is still in view.
"""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime
from decimal import Decimal

from marga.gateway.errors import NO_RETRY, Headers, Refusal, retry_after
from marga.gateway.snapshot import Key
from marga.pricing import ZERO

MINUTE = 60.0


class Window:
    """How much was used in the last minute."""

    __slots__ = ("_before", "_current", "_started_at")

    def __init__(self, now: float) -> None:
        self._started_at = now
        self._current = 0.0
        self._before = 0.0

    def used(self, now: float) -> float:
        """Return what was used in the minute up to now."""
        elapsed = now - self._started_at
        if elapsed >= MINUTE:
            self._before = self._current if elapsed < 2 * MINUTE else 0.0
            self._current = 0.0
            self._started_at += MINUTE * (elapsed // MINUTE)
            elapsed = now - self._started_at
        return self._before * (1 - elapsed / MINUTE) + self._current

    def add(self, amount: float) -> None:
        """Count amount in the current minute; a negative amount gives back what was reserved too much."""
        self._current = max(0.0, self._current + amount)

    def wait(self, now: float, allowed: float) -> float:
        """Return the seconds until no more than allowed counts as used."""
        if self.used(now) <= allowed:
            return 0.0
        elapsed = now - self._started_at
        if self._current <= allowed and self._before:
            return MINUTE * (1 - (allowed - self._current) / self._before) - elapsed
        return MINUTE - elapsed + (MINUTE * (1 - allowed / self._current) if self._current else 0.0)


class KeyState:
    """What one key has in use; it outlives snapshots."""

    __slots__ = ("acknowledged", "in_flight", "requests", "reserved_usd", "tokens", "unshipped_usd")

    def __init__(self, now: float) -> None:
        self.requests = Window(now)
        self.tokens = Window(now)
        self.in_flight = 0
        self.reserved_usd = ZERO
        self.unshipped_usd = ZERO
        self.acknowledged: tuple[str, Decimal] | None = None


class Admission:
    """One admitted call; close it exactly once, with what it really used."""

    __slots__ = ("_closed", "_reserved_tokens", "_reserved_usd", "_state")

    def __init__(self, state: KeyState, tokens: int, usd: Decimal) -> None:
        self._state = state
        self._reserved_tokens = tokens
        self._reserved_usd = usd
        self._closed = False
        state.in_flight += 1
        state.requests.add(1)
        state.tokens.add(tokens)
        state.reserved_usd += usd

    def close(self, tokens: int) -> None:
        """Give back the place, and put the tokens used in place of the tokens reserved; safe to repeat."""
        if self._closed:
            return
        self._closed = True
        self._state.in_flight -= 1
        self._state.tokens.add(tokens - self._reserved_tokens)
        self._state.reserved_usd -= self._reserved_usd


class Limits:
    """share: how many workers divide each limit between them."""

    def __init__(self, share: int) -> None:
        self._share = share
        self._states: dict[str, KeyState] = {}
        self._unshipped: deque[tuple[int, str, Decimal]] = deque()

    def state(self, key: Key, now: float) -> KeyState:
        """Return the state of key, made on first sight."""
        state = self._states.get(key.id)
        if state is None:
            state = self._states[key.id] = KeyState(now)
        return state

    def admit(self, key: Key, state: KeyState, *, tokens: int, max_usd: Decimal, now: float) -> Admission:
        """Take a place for one call.

        tokens: an estimate of what the call will use; max_usd: the most it can cost.
        Raises Refusal: 429 over a limit, 402 when the budget is used up.
        """
        if key.concurrency is not None and state.in_flight >= self._part(key.concurrency):
            raise Refusal(
                429,
                "too_many_concurrent_requests",
                f"This key may have {key.concurrency} calls open at once; wait for one to end.",
                headers=[retry_after(1)],
            )
        if key.requests_per_minute is not None:
            limit = self._part(key.requests_per_minute)
            if wait := state.requests.wait(now, limit - 1):
                raise self._over("requests_per_minute_exceeded", key.requests_per_minute, "requests", wait)
        if key.tokens_per_minute is not None:
            limit = self._part(key.tokens_per_minute)
            if wait := state.tokens.wait(now, max(0, limit - tokens)):
                raise self._over("tokens_per_minute_exceeded", key.tokens_per_minute, "tokens", wait)
        if key.monthly_budget_usd is not None:
            self._check_budget(key, state, key.monthly_budget_usd, max_usd)
            return Admission(state, tokens, max_usd)
        return Admission(state, tokens, ZERO)

    def headers(self, key: Key, state: KeyState, now: float) -> Headers:
        """Return the rate-limit headers of a key: the old names that SDKs read, and the IETF draft's.

        Source: draft-ietf-httpapi-ratelimit-headers.
        """
        found: Headers = []
        policies, levels = [], []
        for name, short, limit, window in (
            ("requests", "req", key.requests_per_minute, state.requests),
            ("tokens", "tok", key.tokens_per_minute, state.tokens),
        ):
            if limit is None:
                continue
            part = self._part(limit)
            remaining = max(0, int(part - window.used(now)))
            reset = window.wait(now, 0.0)
            found += [
                (f"x-ratelimit-limit-{name}".encode(), str(part).encode()),
                (f"x-ratelimit-remaining-{name}".encode(), str(remaining).encode()),
                (f"x-ratelimit-reset-{name}".encode(), f"{reset:.3f}s".encode()),
            ]
            policies.append(f'"{short}";q={part};w=60')
            levels.append(f'"{short}";r={remaining};t={int(reset + 0.999)}')
        if policies:
            found.append((b"ratelimit-policy", ", ".join(policies).encode()))
            found.append((b"ratelimit", ", ".join(levels).encode()))
        return found

    def book(self, key: Key, state: KeyState, cost: Decimal, position: int) -> None:
        """Count cost against the budget until the web process has taken the record at position."""
        if key.monthly_budget_usd is not None and cost:
            state.unshipped_usd += cost
            self._unshipped.append((position, key.id, cost))

    def shipped(self, position: int, spent_usd: dict[str, str]) -> None:
        """Take over what the web process says was spent, now that records up to position are there."""
        month = _month()
        while self._unshipped and self._unshipped[0][0] <= position:
            _, key_id, cost = self._unshipped.popleft()
            if state := self._states.get(key_id):
                state.unshipped_usd -= cost
        for key_id, spent in spent_usd.items():
            if state := self._states.get(key_id):
                state.acknowledged = (month, Decimal(spent))

    def forget(self, key_ids: set[str]) -> None:
        """Drop the state of keys that are gone and have no call open."""
        for key_id in [k for k, state in self._states.items() if k not in key_ids and not state.in_flight]:
            del self._states[key_id]

    def _part(self, limit: int) -> int:
        return max(1, limit // self._share)

    def _over(self, code: str, limit: int, what: str, wait: float) -> Refusal:
        return Refusal(
            429,
            code,
            f"This key may use {limit} {what} a minute; try again in {wait:.1f}s.",
            headers=[retry_after(wait), (b"retry-after-ms", str(int(wait * 1000) + 1).encode())],
        )

    def _check_budget(self, key: Key, state: KeyState, budget: Decimal, max_usd: Decimal) -> None:
        spent = key.spent_usd
        if state.acknowledged and state.acknowledged[0] == _month():
            spent = max(spent, state.acknowledged[1])
        open_usd = state.unshipped_usd + state.reserved_usd
        # Calls already open count at their most, so parallel calls cannot all use the last dollar (M-10);
        # with none open, whatever is left may be used up, by one call.
        if spent + open_usd >= budget or (state.reserved_usd and spent + open_usd + max_usd > budget):
            raise Refusal(
                402,
                "budget_exceeded",
                f"The budget of {budget} USD a month for this key is used up; raise it, or wait for next month.",
                headers=[NO_RETRY],
            )


def _month() -> str:
    return datetime.now(UTC).strftime("%Y-%m")
