from __future__ import annotations

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marga.gateway.leases import FLOOR, Lease
from marga.gateway.lending import MOST_ENTRIES, Lending
from marga.gateway.tests.fleet import connected, fleet, running
from marga.gateway.tests.slowstore import SlowStore
from marga.gateway.windows import Level

NAME = "req:key_1"


def leases_of(lendings, total):
    return [lending.lease(NAME, total, Level()) for lending in lendings]


def take(lease, amount=1):
    """Use amount without asking, as a request does."""
    if not lease.fits(amount, 0.0):
        return False
    lease.meter.level += amount
    return True


def release(lease, amount):
    """Give back what a call used, as its end does."""
    lease.meter.level -= amount


async def want(lending, lease, cost):
    """Ask once, without waiting for the others."""
    lease.waiting, lease.wanted = 1, cost
    lending.touch(lease)
    await lending._exchange()
    lease.waiting = lease.wanted = 0


@given(st.integers(0, 10**12), st.integers(1, 9), st.text(max_size=5))
def test_equal_parts_add_up_to_the_limit(total, workers, name):
    parts = [
        Lease(name, total, Level(), slot=slot, workers=workers, restores_after=1).held
        for slot in range(workers)
    ]

    assert sum(parts) == total
    assert max(parts) - min(parts) <= 1


async def test_one_busy_worker_gets_the_whole_limit(redis_server):
    async with fleet(redis_server, 4) as lendings, running(lendings[1:]):
        busy = leases_of(lendings, 10)[0]

        taken = 0
        for _ in range(10):
            if not take(busy):
                assert await lendings[0].ask(busy, 1)
                assert take(busy)
            taken += 1

        assert taken == 10
        assert not await lendings[0].ask(busy, 1)


async def test_a_part_of_a_limit_is_lent_by_workers_that_never_saw_the_key(redis_server):
    async with fleet(redis_server, 3) as lendings:
        async with running(lendings[1:]):
            busy = lendings[0].lease(NAME, 9, Level())

            assert await lendings[0].ask(busy, 9)

            assert busy.held == 9
            busy.starved_until = -100.0
        for _ in range(2):  # back to equal parts, and what nobody uses is forgotten
            for lending in lendings:
                await lending.exchange()
        assert [len(lending._leases) for lending in lendings] == [1, 0, 0]


async def test_what_is_in_use_elsewhere_is_not_lent(redis_server):
    async with fleet(redis_server, 2) as lendings, running(lendings[1:]):
        hungry, other = leases_of(lendings, 10)
        take(other, 4)

        assert not await lendings[0].ask(hungry, 7)
        assert await lendings[0].ask(hungry, 6)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(0, 12),
    st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from(["take", "give", "ask", "beat", "forget"])),
        max_size=60,
    ),
)
async def test_all_parts_together_never_exceed_the_limit_whatever_happens(redis_server, total, steps):
    async with fleet(redis_server, 3) as lendings:
        leases = leases_of(lendings, total)
        for who, what in steps:
            lending, lease = lendings[who], leases[who]
            if what == "take":
                take(lease)
            elif what == "give" and lease.meter.level:
                lease.meter.level -= 1
            elif what == "ask":
                await want(lending, lease, 1)
            elif what == "beat":
                await lending.exchange()
            elif what == "forget":
                # The answer of an exchange gets lost.
                lending.touch(lease)
                held, registered = lease.held, lease.is_registered
                await lending._talk()
                lease.held = min(held, lease.held)
                lease.is_registered = lease.is_registered or registered or lease.held != lease.share

            assert sum(lease.meter.level for lease in leases) <= total
            assert sum(lease.held for lease in leases) <= total


async def test_when_redis_forgets_everything_nobody_gets_more_until_all_have_said_what_they_hold(
    redis_server,
):
    async with fleet(redis_server, 2, settling_seconds=60) as lendings:
        leases = leases_of(lendings, 10)
        leases[1].held, leases[0].held = 10, 0  # as it was lent before
        leases[0].is_registered = leases[1].is_registered = True

        await want(lendings[0], leases[0], 5)

        # The other has not spoken yet, so Redis takes it for one with an equal part: it must not lend that out.
        assert leases[0].held <= 5
        third = lendings[0].lease("req:other", 10, Level())
        await want(lendings[0], third, 10)
        assert third.held == 5


async def test_a_worker_that_died_gives_its_part_to_its_successor_at_once(redis_server):
    async with fleet(redis_server, 2) as lendings, running(lendings[1:]):
        first = leases_of(lendings, 10)[0]
        assert await lendings[0].ask(first, 10)
        take(first, 10)
        reborn = type(lendings[0])(
            lendings[0]._shared, workers=2, slot=0, prefix=lendings[0]._prefix, settling_seconds=0
        )
        lease = reborn.lease(NAME, 10, Level())

        await reborn.ask(lease, 10)

        assert lease.held == 10


async def test_the_parts_become_equal_again_when_it_is_quiet(redis_server):
    async with fleet(redis_server, 2) as lendings:
        leases = leases_of(lendings, 10)
        async with running(lendings[1:]):
            assert await lendings[0].ask(leases[0], 10)
        for lease in leases:
            lease.starved_until = -100.0

        for _ in range(3):
            for lending in lendings:
                await lending.exchange()

        assert [lease.held for lease in leases] == [5, 5]
        assert [lending._active for lending in lendings] == [{}, {}]


async def test_without_redis_each_worker_has_its_equal_part_and_refuses_at_once():
    async with fleet(None, 4) as lendings:
        lease = leases_of(lendings, 8)[0]

        assert take(lease, 2)
        assert not await asyncio.wait_for(lendings[0].ask(lease, 1), 0.05)


def test_when_redis_is_lost_what_was_borrowed_goes_back_and_what_was_lent_returns_later():
    borrower, lender = (
        Lease(NAME, 100, Level(), slot=slot, workers=2, restores_after=120) for slot in range(2)
    )
    borrower.held, lender.held = 100, 0
    take(borrower, 80)

    for lease in (borrower, lender):
        lease.stand_alone(3.0, 3.0)
    assert borrower.held == 80
    assert lender.held == 50 * FLOOR

    release(borrower, 70)
    borrower.stand_alone(100.0, 100.0)
    assert borrower.held == 50
    lender.stand_alone(120.0, 120.0)
    assert lender.held == 50


async def test_a_store_that_hangs_holds_up_one_call_for_no_longer_than_its_timeout():
    store = SlowStore()
    async with store.serving(), connected(store.url, timeout_seconds=0.02) as (shared, _):
        store.is_silent = True
        lending = Lending(shared, workers=2, slot=0)
        lease = lending.lease(NAME, 2, Level())
        take(lease)

        async with asyncio.timeout(1.0):
            answers = await asyncio.gather(*(lending.ask(lease, 1) for _ in range(100)))

        assert answers == [False] * 100


@pytest.mark.parametrize("cost", [1, 11])
def test_what_is_larger_than_the_limit_fits_only_alone(cost):
    lease = Lease(NAME, 10, Level(), slot=0, workers=1, restores_after=1)

    assert lease.fits(cost, 0.0)
    take(lease, 10)
    assert not lease.fits(cost, 0.0)


async def test_of_very_many_leases_each_has_its_turn_and_one_that_waits_comes_first(redis_server):
    async with fleet(redis_server, 2) as lendings:
        lendings[1].lease("req:last", 10, Level())
        for number in range(3 * MOST_ENTRIES):
            lease = lendings[0].lease(f"req:{number}", 10, Level())
            lease.held -= 1
            lendings[0].touch(lease)

        last = lendings[0].lease("req:last", 10, Level())
        await want(lendings[0], last, 5)
        await want(lendings[0], last, 9)
        for _ in range(5):
            await lendings[0].exchange()

        assert all(lendings[0]._leases[f"req:{n}"].held == 5 for n in range(3 * MOST_ENTRIES))
        assert last.held == 5  # the other worker has not given anything yet
        assert lendings[0]._active.keys() <= {"req:last"}
