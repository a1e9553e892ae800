"""The caches as the gateway uses them: what is found, kept, purged, shared, and by whom."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from decimal import Decimal
from random import Random
from typing import Any
from uuid import uuid4

import orjson
import pytest

from benchmarks.cache_pairs import adversarial, restated, restatements
from marga.gateway.caching.caches import Caches, Found, Plan
from marga.gateway.caching.entry import Entry, seal_key
from marga.gateway.caching.purges import Purge
from marga.gateway.caching.sharing import LARGEST_VALUE, PREFIX, SharedTier, Store
from marga.gateway.logs import Log
from marga.gateway.shared import Shared
from marga.pricing import Usage

NOW = 1_800_000_000.0
QUESTION = "How do I reset my router?"


def make(store: Store | None = None, max_bytes: int = 1 << 20) -> Caches:
    return Caches(max_bytes=max_bytes, secret="installation", store=store, now=NOW)


def body_of(question: str = QUESTION, **fields: object) -> bytes:
    turns = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": question}]
    return orjson.dumps({"model": "auto", "messages": turns, **fields})


def plan(
    caches: Caches,
    question: str = QUESTION,
    *,
    workspace: str = "w",
    rule: str = "semantic",
    ttl: int = 600,
    mark: str = "auto",
    headers: dict[str, str] | None = None,
    body: bytes | None = None,
    **fields: object,
) -> Plan:
    body = body or body_of(question, **fields)
    made = caches.plan(
        workspace_id=workspace, protocol="chat", payload=orjson.loads(body), body=body, policy_mark=mark,
        rule=rule, ttl_seconds=ttl, header=(headers or {}).get,
    )  # fmt: skip
    assert made is not None
    return made


def entry(text: str = "Hold the button.", size: int = 0, created_at: float = NOW) -> Entry:
    body = orjson.dumps({"choices": [{"message": {"content": text + "x" * size}}]})
    return Entry(body, "gpt", "openai", "d1", Usage(20, 5), Decimal("0.001"), created_at)


async def test_the_same_request_is_found_whether_streamed_or_plain():
    caches = make()
    await caches.keep(plan(caches), entry(), NOW)

    found = await caches.find(plan(caches, stream=True), NOW + 1)

    assert found is not None
    assert (found.entry, found.how) == (entry(), "exact")
    assert caches.counters.exact_hits == 1


async def test_a_restatement_is_found_only_where_the_key_opted_in():
    caches = make()
    await caches.keep(plan(caches), entry(), NOW)
    asked = "hi, how do I reset my router? thanks!"

    semantic = await caches.find(plan(caches, asked), NOW + 1)
    exact = await caches.find(plan(caches, asked, rule="exact"), NOW + 1)

    assert semantic is not None
    assert semantic.how == "semantic"
    assert exact is None
    assert (caches.counters.semantic_hits, caches.counters.misses) == (1, 1)


async def test_what_an_exact_key_kept_does_not_become_a_restatement_for_others():
    caches = make()
    await caches.keep(plan(caches, rule="exact"), entry(), NOW)

    assert await caches.find(plan(caches, "how do i reset my router"), NOW + 1) is None


@pytest.mark.parametrize(
    "change",
    [
        {"temperature": 0.9}, {"mark": "auto:best"}, {"workspace": "other"}, {"model": "gpt"},
        {"messages": [{"role": "system", "content": "Be verbose."}, {"role": "user", "content": QUESTION}]},
        {"tools": [{"type": "function", "function": {"name": "f"}}]},
    ],
    ids=["temperature", "policy", "workspace", "model", "system", "tools"],
)  # fmt: skip
async def test_nothing_is_found_where_anything_but_the_question_differs(change):
    caches = make()
    await caches.keep(plan(caches), entry(), NOW)

    assert await caches.find(plan(caches, **change), NOW + 1) is None
    assert await caches.find(plan(caches, "how do i reset my router", **change), NOW + 1) is None


async def test_answers_end_with_their_time_and_a_request_may_want_a_younger_one():
    caches = make()
    await caches.keep(plan(caches), entry(), NOW)

    young = plan(caches, headers={"x-marga-cache-ttl": "10"})

    assert await caches.find(young, NOW + 9) is not None
    assert await caches.find(young, NOW + 10) is None
    assert await caches.find(plan(caches), NOW + 599) is not None
    assert await caches.find(plan(caches), NOW + 600) is None


async def test_refresh_asks_anew_and_keeps_what_comes():
    caches = make()
    await caches.keep(plan(caches), entry("old"), NOW)
    fresh = plan(caches, headers={"x-marga-cache": "refresh"})

    before = await caches.find(fresh, NOW + 1)
    await caches.keep(fresh, entry("new"), NOW + 1)

    assert before is None
    found = await caches.find(plan(caches), NOW + 2)
    assert found is not None
    assert found.entry == entry("new")


async def test_there_is_no_plan_where_key_or_request_wants_no_cache():
    caches = make()
    common: dict[str, Any] = {"workspace_id": "w", "protocol": "chat", "policy_mark": "", "ttl_seconds": 60}
    body = body_of()

    for rule, headers, payload in (
        ("off", {}, orjson.loads(body)),
        ("exact", {"cache-control": "no-store"}, orjson.loads(body)),
        ("exact", {}, {**orjson.loads(body), "tools": [{"type": "web_search"}]}),
    ):
        assert caches.plan(payload=payload, body=body, rule=rule, header=headers.get, **common) is None


async def test_an_answer_to_an_ambiguous_body_is_not_kept_for_those_who_ask_plainly():
    caches = make()
    poisoned = body_of()[:-1] + b',"messages":[{"role":"user","content":"' + QUESTION.encode() + b'"}]}'
    assert orjson.loads(poisoned)["messages"] == [{"role": "user", "content": QUESTION}]

    kept = await caches.keep(plan(caches, body=poisoned), entry("poison"), NOW)

    plain = orjson.dumps(orjson.loads(poisoned))
    assert not kept
    assert await caches.find(plan(caches, body=plain), NOW + 1) is None
    assert caches.counters.not_kept == 1


async def test_one_answer_or_a_whole_workspace_is_purged():
    caches = make()
    blue = "Why is the sky blue?"
    for owner in ("w", "v"):
        for question in (QUESTION, blue):
            await caches.keep(plan(caches, question, workspace=owner), entry(), NOW)
    identity = plan(caches).identity

    async def alive() -> list[bool]:
        asked = (
            plan(caches),
            plan(caches, "how do i reset my router"),
            plan(caches, blue),
            plan(caches, workspace="v"),
        )
        return [await caches.find(one, NOW + 2) is not None for one in asked]

    caches.heed((Purge("v", identity, NOW + 1),))
    assert await alive() == [True, True, True, True]
    caches.heed((Purge("w", identity, NOW + 1),))
    assert await alive() == [False, False, True, True]
    caches.heed((Purge("w", None, NOW + 1),))
    assert await alive() == [False, False, False, True]


async def test_a_purge_does_not_take_what_is_kept_after_it():
    caches = make()
    purges = (Purge("w", None, NOW),)
    caches.heed(purges)
    await caches.keep(plan(caches), entry(created_at=NOW + 1), NOW + 1)

    caches.heed(purges)
    caches.heed((*purges, Purge("other", None, NOW + 2)))

    assert await caches.find(plan(caches), NOW + 2) is not None


async def test_no_workspace_ever_sees_an_answer_of_another():
    caches = make(max_bytes=64 << 20)
    rng = Random(19)  # noqa: S311 (prompts, not secrets)
    wrong = []
    for i, pair in enumerate([*adversarial(2_500, seed=3), *restatements(2_500, seed=4)]):
        owner, other = ("red", "blue") if i % 2 else ("blue", "red")
        await caches.keep(plan(caches, pair.first, workspace=owner), entry(owner), NOW)
        for question in (pair.first, pair.second, restated(pair.first, rng)[0]):
            found = caches.look(plan(caches, question, workspace=other), NOW)
            if found is not None and found.entry != entry(other):
                wrong.append(question)

    assert wrong == []
    assert caches.counters.exact_hits + caches.counters.semantic_hits > 0


@pytest.fixture
async def shared(redis_server: str) -> AsyncIterator[Shared]:
    log = Log()
    client = Shared(redis_server, log, timeout_seconds=5)
    await client.start()
    assert client.is_up
    yield client
    await client.close()


@pytest.fixture
def workspace() -> str:
    return str(uuid4())


async def test_workers_share_answers_and_restatements(shared, workspace):
    first, second = make(shared), make(shared)
    await first.keep(plan(first, workspace=workspace), entry(), NOW)

    exact = await second.find(plan(second, workspace=workspace), NOW + 1)
    third = make(shared)
    restated_one = await third.find(plan(third, "how do i reset my router", workspace=workspace), NOW + 1)

    assert exact == Found(entry(), "exact", plan(second, workspace=workspace).identity)
    assert restated_one is not None
    assert restated_one.how == "semantic"
    assert second.look(plan(second, workspace=workspace), NOW + 1) is not None


async def test_shared_answers_expire_in_redis_and_by_their_own_age(shared, workspace):
    first, second = make(shared), make(shared)
    asked = plan(first, workspace=workspace, ttl=60)
    await first.keep(asked, entry(), NOW)

    left = await shared.call(lambda redis: redis.ttl(PREFIX + asked.identity))

    assert 0 < left <= 60
    assert await second.find(plan(second, workspace=workspace, ttl=60), NOW + 60) is None
    assert await second.find(plan(second, workspace=workspace, ttl=60), NOW - 1) is None


async def test_values_that_were_not_sealed_here_are_not_believed(shared, workspace):
    caches = make(shared)
    victim, attacker = plan(caches, workspace=workspace), plan(caches, "Something else", workspace=workspace)
    await caches.keep(attacker, entry("poison"), NOW)
    moved = await shared.call(lambda redis: redis.get(PREFIX + attacker.identity))
    await shared.call(lambda redis: redis.set(PREFIX + victim.identity, moved))
    await shared.call(
        lambda redis: redis.set(PREFIX + (victim.sense() or b""), attacker.identity + bytes(16))
    )
    fresh = make(shared)

    found = await fresh.find(plan(fresh, workspace=workspace), NOW + 1)

    assert found is None
    assert fresh.refused == 2


async def test_an_answer_too_large_to_share_stays_with_its_worker(shared, workspace):
    tier = SharedTier(shared, seal_key("installation"))
    noise = os.urandom(LARGEST_VALUE + 1)

    assert not await tier.put(b"i" * 28, Entry(noise, "m", "p", "d", Usage(), Decimal(0), NOW), 60)


async def test_a_purge_is_carried_out_in_redis(shared, workspace):
    caches = make(shared)
    kept = [plan(caches, question, workspace=workspace) for question in (QUESTION, "Why?", "Where is it?")]
    other = plan(caches, workspace=str(uuid4()))
    for one in (*kept, other):
        await caches.keep(one, entry(), NOW)

    async def held() -> list[int | None]:
        return [
            await shared.call(lambda r, one=one: r.exists(PREFIX + one.identity)) for one in (*kept, other)
        ]

    caches.heed((Purge(workspace, kept[0].identity, NOW + 1),))
    await caches.sweep()
    assert await held() == [0, 1, 1, 1]
    caches.heed((Purge(workspace, None, NOW + 1),))
    await caches.sweep()
    assert await held() == [0, 0, 0, 1]


async def test_what_was_purged_is_not_taken_from_redis_even_while_it_is_still_there(shared, workspace):
    first = make(shared)
    asked = plan(first, workspace=workspace)
    await first.keep(asked, entry(), NOW)
    younger = Caches(max_bytes=1 << 20, secret="installation", store=shared, now=NOW + 10)

    younger.heed((Purge(workspace, None, NOW + 1),))
    await younger.sweep()

    assert await younger.find(asked, NOW + 11) is None
    assert await shared.call(lambda redis: redis.exists(PREFIX + asked.identity)) == 1


class Away:
    """A Redis that is down."""

    async def call(self, work: object) -> Any:
        await asyncio.sleep(0)


async def test_without_redis_each_worker_goes_on_alone():
    caches = make(Away())
    await caches.keep(plan(caches), entry(), NOW)

    found = await caches.find(plan(caches), NOW)
    caches.heed((Purge("w", None, NOW + 1),))
    await caches.sweep()

    assert found is not None
    assert await caches.find(plan(caches), NOW) is None
