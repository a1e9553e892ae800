from __future__ import annotations

import asyncio
from collections import Counter
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marga.gateway.errors import Refusal
from marga.gateway.shedding import (
    EASY_PERIODS,
    LATE_SECONDS,
    MOST_QUEUED,
    OVERLOAD_SECONDS,
    PERIOD_SECONDS,
    Shedding,
    fair_quota,
)


def loop_time():
    return 0.0


@given(st.lists(st.integers(0, 1000), max_size=30), st.integers(0, 5000))
def test_a_fair_quota_gives_all_that_there_is_and_no_more(wanted, available):
    quota = fair_quota(wanted, available)

    given_away = sum(min(want, quota) for want in wanted)
    if quota > 1:
        assert given_away <= available
        if sum(wanted) >= available:
            # One more for each would not fit: nothing worth dividing is left over.
            assert sum(min(want, quota + 1) for want in wanted) > available or given_away == available


@given(st.integers(1, 20), st.lists(st.tuples(st.sampled_from("abcd"), st.booleans()), max_size=200))
def test_places_are_never_exceeded_and_all_come_back(places, steps):
    door = Shedding(places, loop_time)
    inside: Counter[str] = Counter()
    for key, is_leaving in steps:
        if is_leaving and inside[key]:
            door.leave(key)
            inside[key] -= 1
        elif door.try_enter(key):
            inside[key] += 1
        assert door.open == inside.total() <= places

    for key in inside.elements():
        door.leave(key)
    assert door.open == 0
    assert door._open == {}


def test_near_the_end_of_the_places_a_greedy_key_leaves_room_for_the_others():
    door = Shedding(100, loop_time)
    greedy = sum(door.try_enter("greedy") for _ in range(90))
    assert greedy == 90  # alone it may have them all

    assert door.try_enter("modest")
    assert not door.try_enter("greedy")
    assert all(door.try_enter(f"other{n}") for n in range(9))


async def test_a_call_without_a_place_waits_a_moment_for_one():
    door = Shedding(1, loop_time)
    await door.enter("a")

    waiting = asyncio.create_task(door.enter("b"))
    await asyncio.sleep(0)
    door.leave("a")
    await waiting

    assert door.open == 1
    assert door.shed == 0


async def test_and_is_turned_away_with_a_time_to_come_back_when_there_is_none():
    door = Shedding(1, loop_time)
    await door.enter("a")

    with pytest.raises(Refusal) as caught:
        await door.enter("b")

    assert caught.value.status == 503
    assert b"retry-after" in dict(caught.value.headers)
    assert (door.open, door.shed, len(door._queue)) == (1, 1, 0)


async def test_the_queue_is_short_and_one_key_cannot_fill_it_for_the_others():
    door = Shedding(1, loop_time)
    await door.enter("a")
    tasks = [asyncio.create_task(door.enter("greedy")) for _ in range(3 * MOST_QUEUED)]
    await asyncio.sleep(0)

    assert len(door._queue) <= MOST_QUEUED // 2 + 1
    modest = asyncio.create_task(door.enter("modest"))
    await asyncio.sleep(0)
    assert not modest.done()
    door.leave("a")

    results = await asyncio.gather(*tasks, modest, return_exceptions=True)
    assert sum(result is None for result in results) == 1
    assert door.open == 1


async def test_a_client_that_leaves_the_queue_takes_no_place():
    door = Shedding(1, loop_time)
    await door.enter("a")
    waiting = asyncio.create_task(door.enter("b"))
    await asyncio.sleep(0)

    door.leave("a")  # the place is b's now, and b leaves before it knows
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert door.open == 0


def test_timers_that_are_late_now_and_then_turn_nobody_away():
    door = Shedding(1000, loop_time)
    for late in (2.0, 0.0) * 20:
        door.look(late, PERIOD_SECONDS + late)

    assert door.allowed_per_second is None


def test_after_an_overload_everybody_may_enter_again():
    door = Shedding(1000, loop_time)
    door.look(1.0, OVERLOAD_SECONDS)
    assert door.allowed_per_second is not None

    for _ in range(EASY_PERIODS):
        door.look(0.0, PERIOD_SECONDS)

    assert door.allowed_per_second is None


CALL_SECONDS, SHED_SECONDS = 150e-6, 25e-6
CAPACITY = 1 / CALL_SECONDS
WARM = 25.0


def simulate(load, *, seconds=30.0):
    """Play one core: load, a key's calls a second; each turn of the loop serves all that came during the one before.

    Returns finished calls a second by key, and the 99th of 100 times from arrival to answer, after warming up.
    """
    debts: Counter[str] = Counter()
    done: Counter[str] = Counter()
    door, clock = Shedding(100_000, lambda: came_before), 0.0
    waits: list[float] = []
    before, came_before = 0.0, 0.0
    due = PERIOD_SECONDS
    while clock < seconds:
        span, came_before = max(clock - came_before, 50e-6), clock
        admitted = []
        order = []
        for key, rate in load.items():
            debts[key] += rate * span
            order += [key] * int(debts[key])
            debts[key] -= int(debts[key])
        for key in sorted(order, key=lambda one: crc32(one.encode())):
            if door.try_enter(key):
                admitted.append(key)
                clock += CALL_SECONDS
            else:
                clock += SHED_SECONDS
        clock += 50e-6
        for key in admitted:
            door.leave(key)
            if clock > WARM:
                done[key] += 1
                waits.append(clock - came_before + span)
        if clock >= due:
            door.look(clock - due, clock - before)
            before, due = clock, clock + PERIOD_SECONDS
    waits.sort()
    return {key: count / (seconds - WARM) for key, count in done.items()}, waits[int(len(waits) * 0.99)]


def test_at_three_times_the_capacity_what_is_possible_is_done_and_nobody_admitted_waits_long():
    _, usual = simulate({"a": 0.7 * CAPACITY})
    done, waited = simulate({"a": 3 * CAPACITY})

    # Turning the rest away costs time too: so many calls fit beside that.
    possible = (1 - 3 * CAPACITY * SHED_SECONDS) / (CALL_SECONDS - SHED_SECONDS)
    assert done["a"] >= 0.85 * possible
    assert waited <= usual + 4 * LATE_SECONDS


def test_one_key_that_floods_takes_nothing_from_twenty_that_do_not():
    modest = {f"m{n}": 0.02 * CAPACITY for n in range(20)}

    done, _ = simulate({**modest, "flood": 2 * CAPACITY})

    for key, rate in modest.items():
        assert done[key] >= 0.9 * rate
