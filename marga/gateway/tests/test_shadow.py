"""A few answers are compared blindly with the baseline's: paid for, within the budget, and beside the client's limits."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest

from avyay_site.keys.format import generate
from marga.gateway import shadow
from marga.gateway.tests import harness
from marga.gateway.tests.harness import stage, until
from marga.gateway.tests.test_cascading import CHEAP, STRONG, saying
from marga.policies import BUILT_IN, Policy
from marga.records import parse_record
from marga.routing import Needs

pytestmark = pytest.mark.processes

SECRET = "tell nobody 7f3a"
MOST_CALLS = 600
"""At five per cent, not one of so many is chosen once in 10^13 times."""


def question(**changes):
    return {"model": "auto:watched", "messages": [{"role": "user", "content": SECRET}], **changes}


def said_by(cheap="cheap words", strong="strong words", judge="They differ.\nVERDICT: FIRST"):
    texts = {"cheap": cheap, "strong": strong, "judge": judge}

    async def script(reader, writer, body):
        if body.get("stream"):
            await harness.ordinary(reader, writer, body)
        else:
            writer.write(saying(texts[body["model"]]))

    return script


NEEDS = Needs("auto:watched", task="writing")


@pytest.mark.parametrize(
    ("needs", "policy", "is_sampled"),
    [
        (NEEDS, "watched", True),
        (NEEDS._replace(capabilities=frozenset({"json_schema"})), "watched", True),
        (NEEDS._replace(capabilities=frozenset({"tools"})), "watched", False),
        (NEEDS._replace(capabilities=frozenset({"vision"})), "watched", False),
        (NEEDS._replace(lock="tool_loop"), "watched", False),
        (NEEDS, "auto", False),
        (NEEDS, "", False),
    ],
    ids=["plain", "schema", "tools", "vision", "locked", "policy without", "named model"],
)
def test_only_what_a_judge_sees_whole_and_what_may_be_done_twice_is_chosen(needs, policy, is_sampled):
    catalogue = SimpleNamespace(policies={**BUILT_IN, "watched": Policy(name="watched", shadow_percent=100)})
    call = SimpleNamespace(
        id="req_1",
        needs=needs,
        decision=SimpleNamespace(policy=policy),
        request=SimpleNamespace(protocol="chat"),
        is_sampled=False,
    )

    shadow.choose(cast(Any, call), cast(Any, catalogue))

    assert call.is_sampled is is_sampled


@asynccontextmanager
async def watched(tmp_path, script, **key_changes):
    text = generate()
    changes = {
        "format": 2,
        "keys": [harness.key_row(text, **key_changes)],
        "policies": [
            {
                "id": "p",
                "name": "watched",
                "workspace_id": None,
                "document": {"shadow_percent": 5, "tiers": {"mid": 1.0, "frontier": 1.0}, "abstain": "stay"},
            }
        ],
        "baseline": "strong",
        "models": [
            harness.model_row("cheap", **CHEAP),
            harness.model_row("strong", **STRONG),
            harness.model_row("judge", **{**STRONG, "input_usd_per_mtok": "12"}),
        ],
    }
    async with stage(tmp_path, script, changes=changes) as s:
        s.key = text
        yield s


def extra(s):
    return [record for record in s.web.records if record["action"] == "shadow"]


async def call_until(s, condition, **changes):
    """Call until a sampled answer has led to what is waited for; return how often."""
    for n in range(1, MOST_CALLS):
        async with s.post(question(**changes)) as answer:
            await answer.read()
            assert answer.status == 200
            assert answer.headers["x-marga-model"] == "cheap"
        if condition():
            return n
    raise AssertionError("no call was compared")


async def metrics(s):
    async with s.http.get(f"{s.gateway.url}/metrics") as answer:
        return await answer.text()


@pytest.mark.parametrize("stream", [False, True])
async def test_an_answer_is_compared_blindly_and_the_verdict_comes_with_its_cost(tmp_path, stream):
    async with watched(tmp_path, said_by(), requests_per_minute=10_000) as s:
        await call_until(s, lambda: any(record["trace"]["sample"] for record in extra(s)), stream=stream)

        judged = next(record for record in extra(s) if record["trace"]["sample"])
        compared = next(record for record in extra(s) if record["model_used"] == "strong")
        for record in (compared, judged):
            assert parse_record(record).trace_problem == ""
            assert record["trace"]["saved_usd"] == f"-{record['cost_usd']}"
            assert Decimal(record["cost_usd"]) > 0
        assert (compared["model_used"], judged["model_used"]) == ("strong", "judge")
        assert compared["trace"]["sample"] is None
        sample = judged["trace"]["sample"]
        given = next(r for r in s.web.records if r["request_id"] == sample["request_id"])
        assert (given["model_used"], given["is_stream"]) == ("cheap", stream)
        assert sample["verdict"] in ("win", "loss")
        assert [sample[name] for name in ("tier", "model_used", "model_compared", "judge")] == [
            "local",
            "cheap",
            "strong",
            "judge",
        ]
        assert sample["used_usd"] == given["cost_usd"]
        assert (sample["compared_usd"], sample["judge_usd"]) == (compared["cost_usd"], judged["cost_usd"])

        words = next(
            json.loads(body)["messages"][0]["content"]
            for _, body in s.upstream.requests
            if json.loads(body)["model"] == "judge"
        )
        assert "strong words" in words
        assert SECRET in words
        assert "cheap" not in words.replace("cheap words", "")
        assert not any(json.loads(body).get("stream") for _, body in s.upstream.requests if b"strong" in body)
        # Neither the question nor an answer stays anywhere.
        assert SECRET not in json.dumps(s.web.records) + s.gateway.log.read_text()
        assert "strong words" not in json.dumps(s.web.records) + s.gateway.log.read_text()
        text = await metrics(s)
        assert f'avyay_gateway_shadow_total{{outcome="{sample["verdict"]}"}}' in text


async def test_the_same_words_need_no_judge(tmp_path):
    async with watched(tmp_path, said_by(cheap="Yes.", strong=" yes. ")) as s:
        await call_until(s, lambda: extra(s))

        assert extra(s)[0]["trace"]["sample"]["verdict"] == "tie"
        assert extra(s)[0]["trace"]["sample"]["judge"] == ""
        assert b"judge" not in b"".join(body for _, body in s.upstream.requests)


async def test_comparing_keeps_within_the_budget_and_counts_against_no_other_limit(tmp_path):
    # What the judge and the strong model may cost at most is more than the budget; the cheap calls fit in.
    async with watched(tmp_path, said_by(), monthly_budget_usd="0.1", concurrency=1) as s:
        for _ in range(150):
            async with s.post(question(max_tokens=10)) as answer:
                await answer.read()
                assert answer.status == 200

        text = await metrics(s)
        assert 'shadow_total{outcome="no_budget"}' in text
        await until(lambda: len(s.web.records) == 150)
        assert not extra(s)
