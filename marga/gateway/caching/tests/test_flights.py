"""Concurrent requests for one answer: one goes, the others wait, none for ever."""

from __future__ import annotations

import asyncio

from marga.gateway.caching.flights import Flights


async def test_the_first_leads_and_its_landing_wakes_all_who_wait():
    flights = Flights()
    leads = [flights.leads(b"a") for _ in range(3)]
    waiting = [asyncio.ensure_future(flights.wait(b"a", 60)) for _ in range(2)]
    await asyncio.sleep(0)

    flights.land(b"a")

    assert leads == [True, False, False]
    assert await asyncio.gather(*waiting) == [True, True]
    assert len(flights) == 0


async def test_who_waits_too_long_goes_on_alone():
    flights = Flights()
    flights.leads(b"a")

    assert await flights.wait(b"a", 0) is False


async def test_a_waiter_that_is_cancelled_takes_nobody_down():
    flights = Flights()
    flights.leads(b"a")
    gone, stays = (asyncio.ensure_future(flights.wait(b"a", 60)) for _ in range(2))
    await asyncio.sleep(0)

    gone.cancel()
    await asyncio.sleep(0)
    flights.land(b"a")

    assert await stays is True


async def test_landing_twice_is_safe_and_another_may_lead_then():
    flights = Flights()
    flights.leads(b"a")
    flights.land(b"a")
    flights.land(b"a")

    assert await flights.wait(b"a", 60) is True
    assert flights.leads(b"a")
