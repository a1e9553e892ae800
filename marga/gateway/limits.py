"""Limits of a key: requests and tokens per minute, calls at once, budget of the month.

A call is counted against the parts that this worker holds, by numbers in its own memory. Only a call that would be
refused asks the other workers, and only while that can help.
"""

from __future__ import annotations

from collections import deque
from decimal import Decimal

from marga.gateway.budgets import Budget, nanos, this_month
from marga.gateway.errors import NO_RETRY, Headers, Refusal, retry_after
from marga.gateway.leases import Lease
from marga.gateway.lending import Lending
from marga.gateway.snapshot import Key
from marga.gateway.windows import Level, Window

MOST_ASKED = 3
"""A call may lack requests, tokens and money at once; each is asked for."""


class KeyState:
    """What one key has in use in this worker; it outlives snapshots."""

    __slots__ = ("budget", "calls", "calls_lease", "requests", "requests_lease", "tokens", "tokens_lease")

    def __init__(self, now: float) -> None:
        self.requests = Window(now)
        self.tokens = Window(now)
        self.calls = Level()
        self.requests_lease: Lease | None = None
        self.tokens_lease: Lease | None = None
        self.calls_lease: Lease | None = None
        self.budget: Budget | None = None


class Admission:
    """One admitted call; close it exactly once, with what it really used."""

    __slots__ = ("_budget", "_closed", "_reserved_nanos", "_reserved_tokens", "_state")

    def __init__(self, state: KeyState, tokens: int, budget: Budget | None, most: int) -> None:
        self._state = state
        self._reserved_tokens = tokens
        self._budget = budget
        self._reserved_nanos = most
        self._closed = False
        state.calls.level += 1
        state.requests.add(1)
        state.tokens.add(tokens)
        if budget is not None:
            budget.reserve(most)

    def close(self, tokens: int) -> None:
        """Give back the place, and put the tokens used in place of the tokens reserved; safe to repeat."""
        if self._closed:
            return
        self._closed = True
        self._state.calls.level -= 1
        self._state.tokens.add(tokens - self._reserved_tokens)
        if self._budget is not None:
            self._budget.release(self._reserved_nanos)


class Reserve:
    """Money set aside for a call that nobody asked for; close it once that is booked."""

    __slots__ = ("_budget", "_most")

    def __init__(self, budget: Budget | None, most: int) -> None:
        self._budget = budget
        self._most = most
        if budget is not None:
            budget.reserve(most)

    def close(self) -> None:
        """Give back what was set aside; safe to repeat."""
        if self._budget is not None:
            self._budget.release(self._most)
            self._budget = None


class Full(Refusal):
    """A limit has no room. lease: the one; cost: what did not fit."""

    def __init__(self, refusal: Refusal, lease: Lease, cost: float) -> None:
        super().__init__(refusal.status, refusal.code, refusal.message, headers=refusal.headers)
        self.lease = lease
        self.cost = cost


class Limits:
    """workers: how many divide each limit between them; lending: how they do it, alone by default."""

    def __init__(self, workers: int, lending: Lending | None = None) -> None:
        self._workers = workers
        self.lending = lending or Lending(workers=workers)
        self._states: dict[str, KeyState] = {}
        self._unshipped: deque[tuple[int, Budget, int]] = deque()

    def state(self, key: Key, now: float) -> KeyState:
        """Return the state of key, made on first sight."""
        state = self._states.get(key.id)
        if state is None:
            state = self._states[key.id] = KeyState(now)
        return state

    async def enter(
        self, key: Key, state: KeyState, *, tokens: int, max_usd: Decimal, now: float
    ) -> Admission:
        """Take a place for one call, as admit does, and ask the other workers for theirs before refusing."""
        for _ in range(MOST_ASKED):
            try:
                return self.admit(key, state, tokens=tokens, max_usd=max_usd, now=now)
            except Full as full:
                if not await self.lending.ask(full.lease, full.cost):
                    break
        return self.admit(key, state, tokens=tokens, max_usd=max_usd, now=now)

    def admit(self, key: Key, state: KeyState, *, tokens: int, max_usd: Decimal, now: float) -> Admission:
        """Take a place for one call among what this worker holds.

        tokens: an estimate of what the call will use; max_usd: the most it can cost.
        Raises Full, a Refusal: 429 over a limit, 402 when the budget is used up.
        """
        if (limit := key.concurrency) is not None:
            lease = state.calls_lease
            if lease is None or lease.total != limit:
                lease = state.calls_lease = self.lending.lease(f"calls:{key.id}", limit, state.calls)
            if not lease.fits(1, now):
                raise Full(_too_many_calls(limit), lease, 1)
        if (limit := key.requests_per_minute) is not None:
            lease = state.requests_lease
            if lease is None or lease.total != limit:
                lease = state.requests_lease = self.lending.lease(f"requests:{key.id}", limit, state.requests)
            if not lease.fits(1, now):
                wait = state.requests.wait(now, max(0, lease.held - 1))
                raise Full(_over("requests", limit, wait), lease, 1)
        if (limit := key.tokens_per_minute) is not None:
            if tokens > limit:
                raise _too_large(tokens, limit)
            lease = state.tokens_lease
            if lease is None or lease.total != limit:
                lease = state.tokens_lease = self.lending.lease(f"tokens:{key.id}", limit, state.tokens)
            if not lease.fits(tokens, now):
                wait = state.tokens.wait(now, max(0, lease.held - tokens))
                raise Full(_over("tokens", limit, wait), lease, tokens)
        if key.monthly_budget_usd is None:
            return Admission(state, tokens, None, 0)
        budget, most = self._budget(key, state, key.monthly_budget_usd), nanos(max_usd)
        if not budget.has_room(most):
            raise Full(budget.refusal(key.monthly_budget_usd), budget.lease, most)
        return Admission(state, tokens, budget, most)

    def set_aside(self, key: Key, state: KeyState, max_usd: Decimal) -> Reserve | None:
        """Set money aside for a call of the gateway's own, which no other limit counts; None without room for it."""
        if key.monthly_budget_usd is None:
            return Reserve(None, 0)
        budget, most = self._budget(key, state, key.monthly_budget_usd), nanos(max_usd)
        return Reserve(budget, most) if budget.spares(most) else None

    def headers(self, key: Key, state: KeyState, now: float) -> Headers:
        """Return the rate-limit headers of a key: the old names that SDKs read, and the IETF draft's.

        Source: draft-ietf-httpapi-ratelimit-headers.
        """
        found: Headers = []
        policies, levels = [], []
        if (lease := state.requests_lease) is not None and key.requests_per_minute is not None:
            left, reset = lease.remaining(now), state.requests.wait(now, 0.0)
            found += [
                (b"x-ratelimit-limit-requests", b"%d" % lease.total),
                (b"x-ratelimit-remaining-requests", b"%d" % left),
                (b"x-ratelimit-reset-requests", b"%.3fs" % reset),
            ]
            policies.append(b'"req";q=%d;w=60' % lease.total)
            levels.append(b'"req";r=%d;t=%d' % (left, int(reset + 0.999)))
        if (lease := state.tokens_lease) is not None and key.tokens_per_minute is not None:
            left, reset = lease.remaining(now), state.tokens.wait(now, 0.0)
            found += [
                (b"x-ratelimit-limit-tokens", b"%d" % lease.total),
                (b"x-ratelimit-remaining-tokens", b"%d" % left),
                (b"x-ratelimit-reset-tokens", b"%.3fs" % reset),
            ]
            policies.append(b'"tok";q=%d;w=60' % lease.total)
            levels.append(b'"tok";r=%d;t=%d' % (left, int(reset + 0.999)))
        if policies:
            found.append((b"ratelimit-policy", b", ".join(policies)))
            found.append((b"ratelimit", b", ".join(levels)))
        return found

    def book(self, key: Key, state: KeyState, cost: Decimal, position: int) -> None:
        """Count cost against the budget until the web process has taken the record at position."""
        if key.monthly_budget_usd is not None and cost:
            budget, amount = self._budget(key, state, key.monthly_budget_usd), nanos(cost)
            budget.book(amount)
            self._unshipped.append((position, budget, amount))

    def shipped(self, position: int, spent_usd: dict[str, str]) -> None:
        """Take over what the web process says was spent, now that records up to position are there."""
        while self._unshipped and self._unshipped[0][0] <= position:
            _, budget, amount = self._unshipped.popleft()
            budget.shipped(amount)
        for key_id, spent in spent_usd.items():
            state = self._states.get(key_id)
            if state is not None and state.budget is not None and state.budget.month == this_month():
                lease = state.budget.lease
                lease.resize(lease.total, nanos(Decimal(spent)))

    def forget(self, key_ids: set[str]) -> None:
        """Drop the state of keys that are gone and have no call open."""
        for key_id in [k for k, state in self._states.items() if k not in key_ids and not state.calls.level]:
            state = self._states.pop(key_id)
            for lease in (state.requests_lease, state.tokens_lease, state.calls_lease):
                if lease is not None:
                    self.lending.drop(lease.name)
            if state.budget is not None:
                self.lending.drop(state.budget.lease.name)

    def _budget(self, key: Key, state: KeyState, budget_usd: Decimal) -> Budget:
        """Return the budget of the present month, with the latest that is known of what was spent."""
        budget = state.budget
        if budget is not None and budget.key is key and budget.month == this_month():
            return budget
        if budget is None or budget.month != this_month():
            is_new_month = budget is not None
            if budget is not None:
                self.lending.drop(budget.lease.name)
            budget = state.budget = Budget(self.lending, key, nanos(budget_usd), self._workers)
            if is_new_month:
                return budget  # what this snapshot says was spent was spent in the month before
        budget.key = key
        budget.lease.resize(nanos(budget_usd), nanos(key.spent_usd))
        return budget


def _too_many_calls(limit: int) -> Refusal:
    return Refusal(
        429,
        "too_many_concurrent_requests",
        f"This key may have {limit} call{'s' * (limit != 1)} open at once; wait for one to end.",
        headers=[retry_after(1)],
    )


def _too_large(tokens: int, limit: int) -> Refusal:
    """Say that a call never fits, so that nobody waits a minute and asks again."""
    return Refusal(
        429,
        "tokens_per_minute_exceeded",
        f"This call may take {tokens} tokens, and this key may use {limit} tokens a minute; allow a shorter answer.",
        headers=[NO_RETRY],
    )


def _over(what: str, limit: int, wait: float) -> Refusal:
    wait = max(wait, 0.001)
    return Refusal(
        429,
        f"{what}_per_minute_exceeded",
        f"This key may use {limit} {what} a minute; try again in {wait:.1f}s.",
        headers=[retry_after(wait), (b"retry-after-ms", b"%d" % (int(wait * 1000) + 1))],
    )
