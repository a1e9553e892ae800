"""The monthly budget of a key: reserve the most that a call can cost, settle what it did cost.

Money is counted in whole nano-dollars, rounded up, so that workers can exchange it exactly.
"""

from __future__ import annotations

import math
import time
from decimal import Decimal

from marga.gateway.errors import NO_RETRY, Refusal, retry_after
from marga.gateway.leases import Lease
from marga.gateway.lending import MONEY, Lending
from marga.gateway.snapshot import Key
from marga.gateway.windows import Level

NANO = Decimal(10**9)
OVERDRAFT = 50
"""Without Redis all workers together may pass a budget by this part of it: 1 / 50, two per cent."""


def nanos(usd: Decimal) -> int:
    """Return USD in nano-dollars, rounded up."""
    return math.ceil(usd * NANO)


class Budget:
    """What one key may still spend here this month: open calls at their most, finished ones at their cost.

    Finished calls count here until the web process has their records, and then in what it says was spent.
    """

    __slots__ = ("_lending", "_open", "_workers", "key", "lease", "month", "reserved", "unshipped")

    def __init__(self, lending: Lending, key: Key, budget: int, workers: int) -> None:
        self._lending = lending
        self._workers = workers
        self._open = Level()
        self.key = key
        self.month = this_month()
        self.reserved = 0
        self.unshipped = 0
        self.lease: Lease = lending.lease(
            f"{MONEY}{key.id}:{self.month[0]}-{self.month[1]:02}", budget, self._open, is_money=True
        )

    def has_room(self, most: int) -> bool:
        """Tell whether a call that costs at most this much may begin.

        With nothing open anywhere, whatever is left may be used up, by one call.
        """
        lease, open_now = self.lease, self._open.level
        room = lease.held - open_now
        if most <= room and room > 0:
            return True
        if self.reserved or room <= 0:
            return False
        if lease.held >= lease.left:
            return True
        return self._lending.is_alone and most <= room + lease.total // (OVERDRAFT * self._workers)

    def spares(self, most: int) -> bool:
        """Tell whether this much is surely left, besides all that open calls may cost."""
        return most <= self.lease.held - self._open.level

    def reserve(self, most: int) -> None:
        """Set aside the most that a call can cost."""
        self.reserved += most
        self._open.level += most

    def release(self, most: int) -> None:
        """Give back what was set aside."""
        self.reserved -= most
        self._open.level -= most

    def book(self, cost: int) -> None:
        """Count what a call did cost, until the web process counts it."""
        self.unshipped += cost
        self._open.level += cost

    def shipped(self, cost: int) -> None:
        """The web process has the record: the money is spent, out of the part that this worker holds."""
        self.unshipped -= cost
        self._open.level -= cost
        if self._workers > 1:
            self.lease.debit(cost)
            self._lending.touch(self.lease)

    def refusal(self, budget: Decimal) -> Refusal:
        """Return the refusal of a call that has no room."""
        lease = self.lease
        if self._lending.is_alone and lease.left > self._open.level:
            return Refusal(
                429,
                "budget_part_exceeded",
                "The part of this key's budget that this worker may spend alone is used up, and the others cannot be "
                "asked at the moment; try again in a minute.",
                headers=[retry_after(60)],
            )
        return Refusal(
            402,
            "budget_exceeded",
            f"The budget of {budget} USD a month for this key is used up; raise it, or wait for next month.",
            headers=[NO_RETRY],
        )


def this_month() -> tuple[int, int]:
    """Return the month that budgets count in: the calendar's, in UTC."""
    return time.gmtime()[:2]
