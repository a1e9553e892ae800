"""Limits and budgets of one key in several workers at once (M-10, M-13)."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marga.gateway.budgets import OVERDRAFT
from marga.gateway.errors import Refusal
from marga.gateway.lending import RATE_RESTORES_AFTER
from marga.gateway.limits import Full, Limits
from marga.gateway.tests.fleet import fleet, running
from marga.gateway.tests.test_limits import key

ZERO = Decimal(0)
WORKERS = 4


@asynccontextmanager
async def workers(url, count=WORKERS, *, is_beating=True):
    """Give the limits of so many workers."""
    async with fleet(url, count) as lendings:
        limits = [Limits(count, lending) for lending in lendings]
        if not is_beating:
            yield limits
            return
        async with running(lendings):
            yield limits


async def enter(limits, k, *, tokens=0, usd=ZERO):
    now = asyncio.get_running_loop().time()
    try:
        return await limits.enter(k, limits.state(k, now), tokens=tokens, max_usd=usd, now=now)
    except Refusal as refusal:
        return refusal


def admitted(results):
    return [result for result in results if not isinstance(result, Refusal)]


async def test_one_worker_may_use_all_requests_of_a_key_and_all_together_no_more(redis_server):
    k = key(requests_per_minute=20)
    async with workers(redis_server) as limits:
        alone = [await enter(limits[0], k) for _ in range(20)]
        others = await asyncio.gather(*(enter(one, k) for one in limits for _ in range(5)))

    assert len(admitted(alone)) == 20
    assert admitted(others) == []


async def test_calls_at_once_are_counted_over_all_workers(redis_server):
    k = key(concurrency=6)
    async with workers(redis_server) as limits:
        inside = admitted(await asyncio.gather(*(enter(one, k) for one in limits for _ in range(6))))
        assert len(inside) == 6

        inside.pop().close(0)
        for one in limits:
            one.lending._leases["calls:key_1"].refused_until = 0.0  # a quarter of a second later
        again = [await enter(limits[n], k) for n in (0, 1)]

    assert len(admitted(again)) == 1


async def test_tokens_of_a_call_larger_than_a_part_are_borrowed(redis_server):
    k = key(tokens_per_minute=1000)
    async with workers(redis_server) as limits:
        first = await enter(limits[0], k, tokens=900)
        second = await enter(limits[1], k, tokens=200)

    assert not isinstance(first, Refusal)
    assert second.status == 429


@pytest.mark.parametrize("count", [1, 2, 4])
async def test_of_200_parallel_calls_with_a_dollar_left_no_more_begin_than_it_pays(redis_server, count):
    k = key(monthly_budget_usd=Decimal(10), spent_usd=Decimal(9))
    async with workers(redis_server, count) as limits:
        results = await asyncio.gather(*(enter(limits[n % count], k, usd=Decimal("0.3")) for n in range(200)))

    assert len(admitted(results)) == 3
    refused = [result for result in results if isinstance(result, Refusal)]
    assert {refusal.status for refusal in refused} == {402}
    assert all((b"x-should-retry", b"false") in refusal.headers for refusal in refused)


async def test_the_last_cent_goes_to_one_call_only(redis_server):
    k = key(monthly_budget_usd=Decimal(10), spent_usd=Decimal("9.99"))
    async with workers(redis_server) as limits:
        results = await asyncio.gather(*(enter(one, k, usd=Decimal("0.3")) for one in limits))

    assert len(admitted(results)) == 1


class Web:
    """Sums what was shipped, as the web process does."""

    def __init__(self, spent):
        self.spent = spent
        self.position = 0

    def take(self, limits, costs, k):
        """Take the records that a worker has not shipped yet."""
        self.spent += sum(costs, ZERO)
        costs.clear()
        limits.shipped(self.position, {k.id: str(self.spent)})


MOST = Decimal("0.4")
steps = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["enter", "enter", "enter", "end", "ship", "beat", "snapshot", "ask"]),
        st.integers(1, 40),
    ),
    max_size=120,
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps, st.sampled_from([True, False]))
async def test_a_budget_is_never_passed_by_more_than_one_call(redis_server, plan, has_redis):
    """Every call costs what it may cost at most; web knows of it when its record is shipped."""
    budget = Decimal(5)
    k = key(monthly_budget_usd=budget)
    async with workers(redis_server if has_redis else None, 3, is_beating=False) as limits:
        web = Web(ZERO)
        inside: list[list[Any]] = [[], [], []]
        unshipped: list[list[Decimal]] = [[], [], []]
        keys = [k] * 3
        for who, what, cents in plan:
            one, usd = limits[who], Decimal(cents) / 100
            if what in ("enter", "ask"):
                await take(one, keys[who], usd, inside[who], is_asking=what == "ask")
            elif what == "end" and inside[who]:
                admission, cost = inside[who].pop()
                admission.close(0)
                web.position += 1
                one.book(keys[who], one.state(keys[who], 0.0), cost, web.position)
                unshipped[who].append(cost)
            elif what == "ship":
                web.take(one, unshipped[who], k)
            elif what == "beat":
                await one.lending.exchange()
            elif what == "snapshot":
                keys[who] = replace(k, spent_usd=web.spent)

            everything = web.spent + sum(map(sum, unshipped)) + sum(c for some in inside for _, c in some)
            assert everything <= budget + (MOST if has_redis else budget / OVERDRAFT)


async def take(limits, k, usd, inside, *, is_asking):
    state = limits.state(k, 0.0)
    try:
        admission = limits.admit(k, state, tokens=0, max_usd=usd, now=0.0)
    except Full as full:
        if is_asking:
            full.lease.waiting, full.lease.wanted = 1, full.cost
            limits.lending.touch(full.lease)
            await limits.lending.exchange()
            full.lease.waiting = full.lease.wanted = 0
        return
    inside.append((admission, usd))


async def test_without_redis_the_workers_together_keep_to_every_limit():
    k = key(requests_per_minute=10, concurrency=7, tokens_per_minute=1000)
    async with workers(None, is_beating=False) as limits:
        results = [await enter(one, k, tokens=10) for one in limits for _ in range(10)]

    assert len(admitted(results)) == 7


async def test_when_redis_goes_away_in_the_middle_the_overshoot_stays_within_a_tenth(redis_server):
    """One worker has used the whole limit; then Redis is lost and all are asked as hard as can be for three minutes."""
    limit, taken = 100, []
    k = key(requests_per_minute=limit)
    async with workers(redis_server) as limits:
        start = asyncio.get_running_loop().time()
        for _ in range(limit):
            assert not isinstance(await enter(limits[0], k), Refusal)
            taken.append(start)
    for one in limits:
        one.lending._shared.is_up = False

    for second in range(1, 300):
        now = start + second
        for one in limits:
            for lease in one.lending._active.values():
                lease.stand_alone(now, now - start)
            for _ in range(10):
                try:
                    one.admit(k, one.state(k, now), tokens=0, max_usd=ZERO, now=now).close(0)
                except Refusal:
                    break
                taken.append(now)

    worst = max(sum(begin <= t < begin + 60 for t in taken) for begin in {*taken})
    first_minute = sum(t < start + 60 for t in taken)
    assert first_minute <= 1.1 * limit
    assert (
        worst <= 2 * limit
    )  # any sliding minute: what the approximation of one allows in one worker as well
    late = [t for t in taken if t >= start + 2 * RATE_RESTORES_AFTER]
    assert len(late) >= 0.8 * limit * (300 - 2 * RATE_RESTORES_AFTER) / 60


async def test_a_key_that_is_gone_leaves_nothing_behind(redis_server):
    k = key(requests_per_minute=4, concurrency=2, monthly_budget_usd=Decimal(1))
    async with workers(redis_server, 2) as limits:
        (await enter(limits[0], k)).close(0)

        limits[0].forget(set())

        assert limits[0]._states == {}
        assert limits[0].lending._leases == {}
