"""Moves parts of limits between the workers through Redis: in the background, and when a call would be refused."""

from __future__ import annotations

import asyncio
from secrets import token_hex
from typing import Any

import orjson
from redis.asyncio import Redis
from redis.exceptions import NoScriptError

from marga.gateway.lease_script import SCRIPT, SCRIPT_ID
from marga.gateway.leases import STARVED_SECONDS, Lease, MoneyLease
from marga.gateway.shared import Shared
from marga.gateway.windows import Level, Meter

PERIOD_SECONDS = 0.2
PATIENCE_SECONDS = 0.3
"""How long a call that would be refused waits for the other workers: one of their periods, and some."""

LOOK_AGAIN_SECONDS = 0.02
DEAF_SECONDS = 0.25
"""After asking in vain, calls are refused without asking for so long."""

MOST_WAITING = 256
MOST_ENTRIES = 100
"""More at once would hold up Redis for milliseconds; the others come next time, those that wait first."""

SILENCE_SECONDS = 2.0
SETTLING_SECONDS = 2.0
RATE_RESTORES_AFTER = 120.0
MONEY_RESTORES_AFTER = 60.0
MONEY = "usd:"
"""How the names of leases of money begin."""


class Lending:
    """The leases of one worker. shared None or one worker: every part is the whole, and nobody is asked."""

    def __init__(
        self,
        shared: Shared | None = None,
        *,
        workers: int = 1,
        slot: int = 0,
        prefix: str = "marga:",
        settling_seconds: float = SETTLING_SECONDS,
    ) -> None:
        self._shared = shared if workers > 1 else None
        self._workers = workers
        self._slot = slot
        self._prefix = prefix
        self._settling = int(settling_seconds * 1000)
        self._run = token_hex(4)
        self._number = 0
        self._leases: dict[str, Lease] = {}
        self._active: dict[str, Lease] = {}
        self._foreign: set[str] = set()
        """Names of leases that no call here has used: they are kept only while something was given away of them."""
        self._lock = asyncio.Lock()
        self._began_at = self._heard_at = -SILENCE_SECONDS

    @property
    def is_alone(self) -> bool:
        """Tell whether there are other workers that cannot be asked."""
        return self._workers > 1 and (self._shared is None or not self._shared.is_up)

    def lease(self, name: str, total: int, meter: Meter, *, is_money: bool = False) -> Lease:
        """Return the lease called name, which from now on measures its use by meter."""
        found = self._leases.get(name)
        if found is None:
            kind, restores_after = (
                (MoneyLease, MONEY_RESTORES_AFTER) if is_money else (Lease, RATE_RESTORES_AFTER)
            )
            found = self._leases[name] = kind(
                name, total, meter, slot=self._slot, workers=self._workers, restores_after=restores_after
            )
        found.meter = meter
        self._foreign.discard(name)
        found.resize(total)
        return found

    def drop(self, name: str) -> None:
        """Forget a lease that nobody uses any more; what it held comes back when Redis forgets it too."""
        self._leases.pop(name, None)
        self._active.pop(name, None)
        self._foreign.discard(name)

    def touch(self, lease: Lease) -> None:
        """Have the next exchange tell the others of lease."""
        self._active[lease.name] = lease

    async def ask(self, lease: Lease, cost: float) -> bool:
        """Try to get so much that cost fits; return at once when there is nobody to ask or no hope."""
        clock = asyncio.get_running_loop().time
        now = clock()
        lease.starved_until = now + STARVED_SECONDS
        if self._shared is None or not self._shared.is_up or not lease.can_grow(cost, now):
            return False
        if lease.waiting >= MOST_WAITING:
            return False
        lease.waiting += 1
        lease.wanted += cost
        deadline = now + PATIENCE_SECONDS
        try:
            while self._shared.is_up:
                asked_at = clock()
                self.touch(lease)
                async with self._lock:
                    # Of many that wait, one asks for all.
                    if self._began_at <= asked_at and not lease.fits(cost, asked_at):
                        await self._exchange()
                if lease.fits(cost, clock()):
                    return True
                if clock() >= deadline or lease.held >= lease.left:
                    break
                await asyncio.sleep(LOOK_AGAIN_SECONDS)
            lease.refused_cost, lease.refused_until = cost, clock() + DEAF_SECONDS
            return False
        finally:
            lease.waiting -= 1
            lease.wanted -= cost

    async def run(self) -> None:
        """Keep exchanging until cancelled."""
        if self._workers == 1:
            return
        while True:
            await asyncio.sleep(PERIOD_SECONDS)
            await self.exchange()

    async def exchange(self) -> None:
        """Tell the others what is held here, take what is free, give what they lack; alone, fall back."""
        now = asyncio.get_running_loop().time()
        for lease in self._active.values():
            lease.watch_growth(now)
        if self._shared is not None and self._shared.is_up:
            async with self._lock:
                await self._exchange()
        down_seconds = asyncio.get_running_loop().time() - self._heard_at
        if down_seconds > SILENCE_SECONDS:
            for lease in self._active.values():
                lease.stand_alone(now, down_seconds)

    async def _exchange(self) -> None:
        """Exchange once, and once more when something was given away, so that it arrives soon."""
        if await self._talk():
            await self._talk()

    async def _talk(self) -> bool:
        """Run the script; return whether something was given away for the others."""
        if self._shared is None:
            return False
        now = self._began_at = asyncio.get_running_loop().time()
        leases = sorted(self._active.values(), key=lambda lease: not lease.waiting)[:MOST_ENTRIES]
        entries = [self._entry(lease, now) for lease in leases]
        self._number += 1
        arguments: list[Any] = [
            self._prefix,
            self._slot,
            self._workers,
            self._run,
            self._number,
            self._settling,
        ]
        reply = await self._shared.call(lambda redis: _run(redis, [*arguments, orjson.dumps(entries)]))
        if reply is None:
            return False
        found = orjson.loads(reply)
        if found.get("stale"):
            return False
        self._heard_at = asyncio.get_running_loop().time()
        for lease, entry, answer in zip(leases, entries, found["answers"], strict=False):
            self._take(lease, entry, answer, self._heard_at)
        return self._help(found["wanted"], now)

    def _entry(self, lease: Lease, now: float) -> list[Any]:
        """Return what the script needs to know of a lease, in its order."""
        is_asking = lease.waiting > 0
        want = lease.hunger(now) if is_asking else lease.settle(now)
        is_leaving = (
            not want and lease.held == lease.share and now >= lease.starved_until and not lease.waiting
        )
        # To the end of the row, so that each has its turn when there are very many.
        self._active[lease.name] = self._active.pop(lease.name)
        return [
            *(lease.name, lease.turn, lease.total, lease.gone, lease.held, max(0, lease.used(now))),
            *(want, is_asking, is_leaving),
        ]

    def _take(self, lease: Lease, entry: list[Any], answer: list[str], now: float) -> None:
        grant, elsewhere, gone = map(int, answer)
        is_leaving = entry[-1]
        if is_leaving and lease.held == entry[4] and not lease.waiting:
            lease.is_registered = False
            self._active.pop(lease.name, None)
            if lease.name in self._foreign:
                self.drop(lease.name)
        lease.grant(grant, elsewhere, gone, now)

    def _help(self, wanted: list[list[str]], now: float) -> bool:
        """Give what others lack, also of limits that no call here has used yet."""
        has_given = False
        for name, total, gone in wanted or ():
            lease = self._leases.get(name)
            if lease is None:
                lease = self.lease(name, int(total), Level(), is_money=name.startswith(MONEY))
                self._foreign.add(name)
            lease.resize(lease.total, int(gone))
            if lease.give(now):
                self.touch(lease)
                has_given = True
        return has_given


async def _run(redis: Redis, arguments: list[Any]) -> bytes:
    found: bytes
    try:
        found = await redis.evalsha(SCRIPT_ID, 0, *arguments)
    except NoScriptError:
        found = await redis.eval(SCRIPT, 0, *arguments)
    return found
