from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marga.gateway.upstream.failures import Unreachable
from marga.gateway.upstream.places import Places


async def take(places, name, order):
    if not places.take():
        await places.wait()
    order.append(name)


async def settle():
    for _ in range(3):
        await asyncio.sleep(0)


async def test_places_are_given_in_the_order_of_asking():
    places, order = Places(2), list[int]()
    tasks = [asyncio.create_task(take(places, n, order)) for n in range(5)]
    await settle()
    assert order == [0, 1]
    assert places.waiting == 3

    places.give_back()
    assert not places.take()  # nobody goes past the line
    await settle()
    places.give_back()
    places.give_back()
    await settle()

    assert order == [0, 1, 2, 3, 4]
    assert places.taken == 2
    await asyncio.gather(*tasks)


async def test_a_place_given_to_somebody_who_leaves_in_the_same_moment_goes_to_the_next():
    places, order = Places(1), list[int]()
    places.take()
    first, second = (asyncio.create_task(take(places, n, order)) for n in range(2))
    await settle()

    places.give_back()
    first.cancel()
    await settle()

    assert order == [1]
    assert first.cancelled()
    await second


async def test_the_line_is_bounded_and_ends_when_the_house_closes():
    places = Places(1, most_waiting=1)
    places.take()
    waiting = asyncio.create_task(places.wait())
    await settle()

    with pytest.raises(Unreachable):
        await places.wait()
    places.close()
    with pytest.raises(Unreachable):
        await waiting


@settings(max_examples=100, deadline=None)
@given(
    st.integers(1, 3),
    st.lists(st.tuples(st.sampled_from(["ask", "give", "leave", "turn"]), st.integers(0, 50)), max_size=60),
)
def test_no_place_is_ever_lost_or_given_twice(most, steps):
    async def play():
        places, holders = Places(most), list[int]()
        tasks: list[asyncio.Task[None]] = []
        for step, n in steps:
            if step == "ask":
                tasks.append(asyncio.create_task(take(places, len(tasks), holders)))
            elif step == "give" and holders:
                holders.pop(n % len(holders))
                places.give_back()
            elif step == "leave" and tasks:
                tasks[n % len(tasks)].cancel()
            elif step == "turn":
                await asyncio.sleep(0)
            assert len(holders) <= places.taken <= most
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (places.taken, places.waiting) == (len(holders), 0)

    asyncio.run(play())
