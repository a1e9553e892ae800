"""M-08, M-09, M-14, M-19: many callers at once, greedy ones, a sick upstream, and strangers with the same question."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from avyay_site.keys.format import generate
from marga.gateway.tests import harness
from marga.gateway.tests.harness import Stage, Upstream, http_answer, key_row, stage
from marga.gateway.tests.speaking import PROTOCOLS, asking, plain, polyglot, post, says

pytestmark = pytest.mark.processes
PLACES = 8
KEYS, FLOOD, ALLOWED = 25, 200, 20
CALLS = 240


class Busy:
    """A provider that takes a moment. most: how many calls were inside at once."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._inside = 0
        self.most = 0

    async def __call__(self, reader: Any, writer: Any, body: dict[str, Any]) -> None:
        self._inside += 1
        self.most = max(self.most, self._inside)
        await asyncio.sleep(self._seconds)
        self._inside -= 1
        await says()(reader, writer, body)


async def check_overload(s: Stage, busy: Busy, keys: list[str]) -> Counter[str]:
    """Five times as many callers as places: no more get in, the others hear so at once. Returns answers by key."""
    done: Counter[str] = Counter()

    async def caller(key: str, asked: str) -> None:
        for number in range(12):
            async with post(s, asked, asking(asked, "chat", f"{number}"), key=key) as answer:
                await answer.read()
                assert answer.status in (200, 503), answer.status
                if answer.status == 200:
                    done[key] += 1
                else:
                    assert int(answer.headers["retry-after"]) >= 1

    await asyncio.gather(*(caller(key, PROTOCOLS[n % 3]) for n, key in enumerate(keys * 5)))
    assert busy.most <= PLACES
    return done


@pytest.mark.parametrize("places", [PLACES, 1_000])
async def test_m08_what_is_too_much_is_turned_away_early_and_evenly(tmp_path, places):
    busy, keys = Busy(0.05), [generate() for _ in range(8)]
    async with polyglot(
        tmp_path, busy, keys=[key_row(key) for key in keys], MARGA_MAX_CONCURRENT=str(places)
    ) as s:
        if places > PLACES:  # the control: without a bound all get in
            with pytest.raises(AssertionError):
                await check_overload(s, busy, keys)
            return
        done = await check_overload(s, busy, keys)

    assert sum(done.values()) < 12 * 5 * len(keys)
    assert len(done) == len(keys)
    assert min(done.values()) >= max(done.values()) / 4


async def check_flood(s: Stage, flood: str, others: list[str]) -> None:
    """One key asks ten times what it may, many others what they may: the others get all, the one gets its part."""

    async def ask(key: str, number: int) -> int:
        asked = PROTOCOLS[number % 3]
        async with post(s, asked, asking(asked, asked, f"{number}", stream=False), key=key) as answer:
            await answer.read()
            return int(answer.status)

    flooding = asyncio.gather(*(ask(flood, number) for number in range(FLOOD)))
    served = await asyncio.gather(*(ask(key, number) for number in range(4) for key in others))
    found = Counter(await flooding)
    assert set(served) == {200}
    assert found[200] <= ALLOWED
    assert found[200] + found[429] == FLOOD


@pytest.mark.parametrize("limit", [ALLOWED, None])
async def test_m09_a_key_that_floods_takes_nothing_from_the_others(tmp_path, limit):
    flood, others = generate(), [generate() for _ in range(KEYS)]
    rows = [
        key_row(flood, requests_per_minute=limit),
        *(key_row(key, requests_per_minute=10) for key in others),
    ]
    async with polyglot(tmp_path, says(), keys=rows) as s:
        if limit is None:  # the control: a key without a limit
            with pytest.raises(AssertionError):
                await check_flood(s, flood, others)
            return
        await check_flood(s, flood, others)
        assert len(s.upstream.requests) == ALLOWED + 4 * KEYS


class Sick:
    """A provider in trouble."""

    def __init__(self, trouble: str) -> None:
        self.trouble = trouble
        self.asked = 0

    async def __call__(self, reader: Any, writer: Any, body: dict[str, Any]) -> None:
        self.asked += 1
        error = b'{"error": {"message": "no", "type": "server_error", "code": null, "param": null}}'
        if self.trouble == "half 500" and self.asked % 2:
            writer.write(http_answer(error, "500 X"))
        elif self.trouble == "429":
            writer.write(http_answer(error, "429 X", retry_after="20"))
        elif self.trouble == "dead":
            writer.close()
        else:
            await asyncio.sleep(0.15 if self.trouble == "slow" else 0)
            writer.write(http_answer(plain("chat", "sick")))


async def check_farm(s: Stage, upstreams: list[Upstream], model_name: str) -> None:
    """One of three upstreams in trouble costs hardly an answer, and hardly more calls than there are requests."""

    async def caller(number: int) -> list[int]:
        statuses = []
        for turn in range(CALLS // 8):
            body = asking("chat", model_name, f"{number} {turn}", stream=False)
            async with post(s, "chat", body) as answer:
                await answer.read()
                statuses.append(answer.status)
        return statuses

    found = Counter(sum(await asyncio.gather(*map(caller, range(8))), []))
    assert found[200] >= 0.995 * CALLS, found
    assert sum(len(up.requests) for up in upstreams) <= 1.2 * CALLS


@pytest.mark.parametrize("trouble", ["half 500", "429", "dead", "slow"])
async def test_m14_one_of_three_upstreams_in_trouble_costs_hardly_an_answer(tmp_path, trouble):
    sick = Sick(trouble)
    async with (
        stage(tmp_path, sick) as s,
        Upstream(says()).serving() as two,
        Upstream(says()).serving() as three,
    ):
        ups = [s.upstream, two, three]
        rows = [harness.provider_row(up.base_url, id=f"prv_{n}", name=f"p{n}") for n, up in enumerate(ups)]
        models = [
            harness.model_row("m", id=f"mdl_{n}", provider_id=f"prv_{n}", upstream_name="chat")
            for n in range(3)
        ]
        alone = harness.model_row("alone", provider_id="prv_0", upstream_name="chat")
        s.web.change({**s.web.document, "format": 2, "providers": rows, "models": [*models, alone]})
        await s.fetched()

        await check_farm(s, ups, "m")

        if trouble in ("429", "dead"):  # the control: a model that only the sick one has
            with pytest.raises(AssertionError):
                await check_farm(s, ups, "alone")


RULES = {"cache": "semantic", "cache_ttl_seconds": 600}


async def hits(s: Stage, key: str, questions: list[str]) -> int:
    """Ask everything in every protocol; return how many answers came from a cache."""

    async def one(asked: str, question: str) -> bool:
        async with post(s, asked, asking(asked, "chat", question, stream=False), key=key) as answer:
            await answer.read()
            assert answer.status == 200
            return answer.headers["x-marga-cache"] in ("exact", "semantic")

    return sum(await asyncio.gather(*(one(asked, q) for asked in PROTOCOLS for q in questions)))


async def test_m19_no_workspace_gets_an_answer_that_another_one_asked_for(tmp_path):
    ours, theirs = generate(), generate()
    rows = [key_row(ours, rules=RULES), key_row(theirs, workspace_id="ws_2", rules=RULES)]
    questions = [f"How do I reset the router number {n} at home?" for n in range(20)]
    restated = [f"hello, how do i reset the router number {n} at home? thanks!" for n in range(20)]
    async with polyglot(tmp_path, says(), keys=rows) as s:
        assert await hits(s, ours, questions) == 0

        assert await hits(s, theirs, questions + restated) < len(questions) * len(PROTOCOLS) + 1
        assert len(s.upstream.requests) >= 2 * len(questions) * len(PROTOCOLS)

        # The control: for those who asked, the same questions are found.
        assert await hits(s, ours, questions) == len(questions) * len(PROTOCOLS)
        assert await hits(s, ours, restated) > 0
