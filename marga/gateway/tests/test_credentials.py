from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marga.gateway.credentials import (
    FIRST_DEAD_SECONDS,
    LONGEST_DEAD_SECONDS,
    TRIAL_SECONDS,
    Credential,
    CredentialPool,
    Wait,
)
from marga.gateway.reporting import Reporter, share_standing
from marga.gateway.tests.fleet import connected, fleet, running

WALL = 1_700_000_000.0


@dataclass
class Provider:
    credentials: tuple[Credential, ...]


def credential(name, bucket="", **more):
    return Credential(id=name, api_key=f"sk-{name}", bucket=bucket, **more)


def provider(*buckets, **more):
    return Provider(tuple(credential(f"c{n}", bucket, **more) for n, bucket in enumerate(buckets)))


def pick(pool: CredentialPool, *arguments: Any) -> Any:
    """Pick a credential where the test knows that there is one, or that there is none."""
    return pool.pick(*arguments)


def test_a_bucket_uses_its_own_credential_and_one_without_its_own_the_common_one():
    pool, p = CredentialPool(), provider("", "agents", "content")

    assert pick(pool, p, "agents", 1, 0.0).id == "c1"
    assert pick(pool, p, "content", 1, 0.0).id == "c2"
    assert pick(pool, p, "people", 1, 0.0).id == "c0"
    assert pick(pool, p, "", 1, 0.0).id == "c0"


def test_a_bucket_never_gets_another_ones_credential():
    pool, p = CredentialPool(), provider("agents")

    found = pick(pool, p, "people", 1, 0.0)

    assert isinstance(found, Wait)
    assert found.seconds == float("inf")


@given(
    st.lists(st.sampled_from(["", "a", "b"]), max_size=5),
    st.lists(
        st.tuples(st.sampled_from(["a", "b", "x"]), st.sampled_from([0, 429, 500]), st.floats(0, 100)),
        max_size=40,
    ),
)
def test_two_buckets_never_share_a_credential_while_each_has_its_own(buckets, calls):
    pool, p, now = CredentialPool(), provider(*buckets, requests_per_minute=3), 0.0
    users: dict[str, set[str]] = {}
    for bucket, status, gap in calls:
        now += gap
        found = pick(pool, p, bucket, 10, now)
        if isinstance(found, Wait):
            assert found.seconds > 0
            continue
        users.setdefault(found.id, set()).add(bucket)
        if status:
            pool.failed(found, status, now)
        else:
            pool.worked(found)

    if {"a", "b"} <= set(buckets):
        assert not any({"a", "b"} <= who for who in users.values())


def test_calls_of_one_bucket_take_turns():
    pool, p = CredentialPool(), provider("", "", "")

    picked = [pick(pool, p, "", 1, 0.0).id for _ in range(6)]

    assert sorted(picked) == ["c0", "c0", "c1", "c1", "c2", "c2"]


@pytest.mark.parametrize("status", [401, 402, 403])
def test_a_dead_credential_is_passed_over_and_tried_again_by_one_call_after_a_pause(status):
    pool, p = CredentialPool(), provider("", "")
    first = pick(pool, p, "", 1, 0.0)
    pool.failed(first, status, 0.0)

    assert all(pick(pool, p, "", 1, 1.0).id != first.id for _ in range(5))

    other = next(c for c in p.credentials if c.id != first.id)
    pool.failed(other, status, FIRST_DEAD_SECONDS)
    assert pick(pool, p, "", 1, FIRST_DEAD_SECONDS).id == first.id
    waiting = pick(pool, p, "", 1, FIRST_DEAD_SECONDS + 1)
    assert waiting == Wait(TRIAL_SECONDS - 1, is_dead=True)

    pool.worked(first)
    assert pick(pool, p, "", 1, FIRST_DEAD_SECONDS + 1).id == first.id


def test_the_pause_of_a_dead_credential_doubles_up_to_an_hour():
    pool, p, now, pauses = CredentialPool(), provider(""), 0.0, []
    for _ in range(7):
        found = pick(pool, p, "", 1, now)
        pool.failed(found, 401, now)
        pauses.append(pick(pool, p, "", 1, now).seconds)
        now += pauses[-1]

    assert pauses[:4] == [300, 600, 1200, 2400]
    assert pauses[-1] == LONGEST_DEAD_SECONDS


def test_calls_that_were_under_way_when_a_credential_died_do_not_lengthen_its_pause():
    pool, p = CredentialPool(), provider("")
    found = pick(pool, p, "", 1, 0.0)
    for _ in range(50):
        pool.failed(found, 401, 1.0)

    assert pick(pool, p, "", 1, 1.0).seconds == FIRST_DEAD_SECONDS


def test_one_that_is_too_fast_rests_as_long_as_the_provider_says_and_else_ever_longer():
    pool, p = CredentialPool(), provider("")
    found = pick(pool, p, "", 1, 0.0)
    pool.failed(found, 429, 0.0, 17.0)
    assert pick(pool, p, "", 1, 0.0) == Wait(17.0)

    pool.worked(found)
    pool.failed(found, 429, 20.0)
    assert pick(pool, p, "", 1, 20.0) == Wait(1.0)
    pool.failed(found, 429, 21.0)
    assert pick(pool, p, "", 1, 21.0) == Wait(2.0)


def test_when_the_own_credential_is_dead_the_common_one_serves():
    pool, p = CredentialPool(), provider("", "agents")
    pool.failed(pick(pool, p, "agents", 1, 0.0), 401, 0.0)

    assert pick(pool, p, "agents", 1, 1.0).id == "c0"


def test_while_the_own_credential_rests_the_common_one_is_left_to_the_others():
    pool, p = CredentialPool(), provider("", "agents")
    pool.failed(pick(pool, p, "agents", 1, 0.0), 429, 0.0, 9.0)

    assert pick(pool, p, "agents", 1, 1.0) == Wait(8.0)


def test_each_has_its_own_limits_of_requests_and_tokens():
    pool, p = CredentialPool(), provider("", "", requests_per_minute=2, tokens_per_minute=100)

    picked = [pick(pool, p, "", 40, 0.0) for _ in range(5)]

    assert [c.id for c in picked[:4]] == ["c0", "c1", "c0", "c1"]
    assert isinstance(picked[4], Wait)
    assert 0 < picked[4].seconds <= 120


def test_tokens_that_were_not_used_are_given_back():
    pool, p = CredentialPool(), provider("", tokens_per_minute=100)
    found = pick(pool, p, "", 90, 0.0)
    assert isinstance(pick(pool, p, "", 90, 0.0), Wait)

    pool.settle(found, 90, 10)

    assert isinstance(pick(pool, p, "", 90, 0.0), Credential)


def test_a_new_secret_makes_a_dead_credential_well():
    pool = CredentialPool()
    old = Credential(id="c", api_key="sk-old")
    pool.failed(pick(pool, Provider((old,)), "", 1, 0.0), 401, 0.0)
    new = Credential(id="c", api_key="sk-new")

    assert pick(pool, Provider((new,)), "", 1, 1.0) is new

    pool.failed(old, 401, 1.0)  # a late answer to the old one
    assert pick(pool, Provider((new,)), "", 1, 1.0) is new


def test_states_say_until_when_and_name_no_secret():
    pool, p = CredentialPool(), provider("", "")
    pool.failed(pick(pool, p, "", 1, 0.0), 401, 0.0)
    pick(pool, p, "", 1, 0.0)

    assert pool.states(0.0, WALL) == [
        {"id": "c0", "state": "dead", "until": "2023-11-14T22:18:20+00:00"},
        {"id": "c1", "state": "ok", "until": None},
    ]
    assert "sk-" not in repr(pool.states(0.0, WALL)) + repr(pool.told(0.0, WALL)) + repr(p)


class Healthy:
    def __init__(self):
        self.rows = []

    def states(self):
        return self.rows


def test_a_report_tells_only_what_changed_since_one_arrived():
    pool, health = CredentialPool(), Healthy()
    reporter = Reporter(pool, health)
    assert reporter.report(0.0, WALL) is None
    pick(pool, provider(""), "", 1, 0.0)

    first = reporter.report(0.0, WALL)
    assert first == reporter.report(0.0, WALL)  # not taken yet
    reporter.arrived()

    assert reporter.report(0.0, WALL) is None
    health.rows = [{"id": "d", "state": "open"}]
    assert reporter.report(0.0, WALL) == b'{"credentials":[],"deployments":[{"id":"d","state":"open"}]}'
    reporter.arrived()
    assert reporter.report(0.0, WALL) is None


async def test_workers_tell_each_other_which_credentials_are_dead_and_which_live_again(redis_server):
    p = provider("", "")
    async with connected(redis_server) as (shared, _):
        one, two = CredentialPool(), CredentialPool()
        dead = pick(one, p, "", 1, 0.0)
        one.failed(dead, 401, 0.0)

        async def exchange(pool):
            await share_standing(pool, shared, prefix=f"marga-test-{id(one)}:", now=0.0, wall=WALL)

        await exchange(one)
        await exchange(two)
        assert {pick(two, p, "", 1, 0.0).id for _ in range(4)} == {"c1"}

        pick(two, p, "", 1, FIRST_DEAD_SECONDS)
        two.worked(dead)
        await exchange(two)
        await exchange(one)
        assert dead.id in {pick(one, p, "", 1, 1.0).id for _ in range(3)}


async def test_a_shared_standing_that_cannot_be_told_is_told_later(redis_server):
    async with connected(redis_server) as (shared, _):
        pool = CredentialPool()
        pool.failed(pick(pool, provider(""), "", 1, 0.0), 401, 0.0)
        shared.is_up = False

        await share_standing(pool, shared, prefix="marga-test-later:", now=0.0, wall=WALL)

        assert pool.news == {"c0"}


def test_nonsense_from_the_store_is_passed_over():
    pool = CredentialPool()

    pool.hear({b"c0": b"{", b"c1": b'["m","dead","soon",1,1]', b"\xff": b'["m","gone",1e99,1,1]'}, 0.0, WALL)

    assert isinstance(pick(pool, provider("", ""), "", 1, 0.0), Credential)


async def test_a_credentials_limit_is_lent_between_workers(redis_server):
    p, now = provider("", requests_per_minute=4), asyncio.get_running_loop().time()
    async with fleet(redis_server, 2) as lendings, running(lendings):
        pools = [CredentialPool(lending) for lending in lendings]
        assert isinstance(await pools[1].find(p, "", 1, now), Credential)

        found = [await pools[0].find(p, "", 1, now) for _ in range(4)]

    assert [isinstance(one, Credential) for one in found] == [True, True, True, False]
