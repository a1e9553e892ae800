"""Cheap answers that pass their check are served; others give way to a strong one. All of it is paid for and shown."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest

from avyay_site.keys.format import generate
from marga.gateway.tests import harness
from marga.gateway.tests.harness import http_answer, stage, until

pytestmark = pytest.mark.processes

TASK = {"x-marga-task-type": "arithmetic"}
CHEAP = {"tier": "local", "input_usd_per_mtok": "0.1", "output_usd_per_mtok": "0.2"}
STRONG = {"tier": "frontier", "input_usd_per_mtok": "10", "output_usd_per_mtok": "40"}


def question(text="What is 6 x 7?", **changes):
    return {"model": "auto:careful", "messages": [{"role": "user", "content": text}], **changes}


def saying(content, finish="stop", tokens=(100, 10)):
    usage = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1], "total_tokens": sum(tokens)}
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": finish}
    body = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m"}
    return http_answer(json.dumps({**body, "choices": [choice], "usage": usage}).encode())


def by_model(**answers):
    """Answer by the name of the model; lists are used up one by one."""

    async def script(reader, writer, body):
        found = answers[body["model"]]
        found = found.pop(0) if isinstance(found, list) else found
        writer.write(found if isinstance(found, bytes) else saying(found))

    return script


@asynccontextmanager
async def careful(tmp_path, script, *, models=("one", "two"), key=None, **cascade):
    """Stage cheap models and a strong one under a policy with a cascade."""
    policy = {"cascade": {"tasks": ["arithmetic", "classification"], **cascade}}
    changes = {
        "format": 2,
        "policies": [{"id": "p", "name": "careful", "workspace_id": None, "document": policy}],
        "models": [
            *(harness.model_row(name, **CHEAP) for name in models),
            harness.model_row("strong", **STRONG),
        ],
    }
    if key is not None:
        changes["keys"] = [key]
    async with stage(tmp_path, script, changes=changes) as s:
        yield s


def asked(s):
    return sorted(json.loads(body)["model"] for _, body in s.upstream.requests)


async def the_record(s):
    await until(lambda: len(s.web.records) == 1)
    return s.web.records[0]


async def test_answers_that_agree_are_served_paid_for_and_shown(tmp_path):
    async with careful(tmp_path, by_model(one="It is 42.", two="6 x 7 = 42")) as s:
        async with s.post(question(), headers=TASK) as answer:
            found = await answer.json()
        assert found["choices"][0]["message"]["content"] == "It is 42."
        assert answer.headers["x-marga-reason"] == "cascade:accepted"
        assert (answer.headers["x-marga-model"], answer.headers["x-marga-tier"]) == ("one", "local")
        assert answer.headers["x-marga-attempts"] == "2"
        assert asked(s) == ["one", "two"]
        record = await the_record(s)
        each = (100 * Decimal("0.1") + 10 * Decimal("0.2")) / 10**6
        assert Decimal(answer.headers["x-marga-cost-usd"]) == Decimal(record["cost_usd"]) == 2 * each
        assert (record["input_tokens"], record["output_tokens"]) == (200, 20)
        trace = record["trace"]
        assert sorted((t["model"], t["part"], Decimal(t["cost_usd"])) for t in trace["attempts"]) == [
            ("one", "sample", each),
            ("two", "sample", each),
        ]
        # The baseline would have read the question once, and written one answer.
        assert Decimal(trace["baseline_usd"]) == (100 * Decimal(10) + 10 * Decimal(40)) / 10**6
        assert Decimal(trace["saved_usd"]) == Decimal(trace["baseline_usd"]) - 2 * each

        async with s.post(question(stream=True), headers=TASK) as answer:
            body = await answer.text()
        assert answer.headers["x-marga-reason"] == "cascade:accepted"
        assert "It is 42." in body
        assert body.endswith("data: [DONE]\n\n")

        other = {**question(), "max_tokens": 100}
        url = f"{s.gateway.url}/v1/messages"
        async with s.http.post(url, json=other, headers={"x-api-key": s.key, **TASK}) as answer:
            found = await answer.json()
        assert answer.headers["x-marga-reason"] == "cascade:accepted"
        assert found["content"] == [{"type": "text", "text": "It is 42."}]


BAD = [
    saying("41"),
    http_answer(b'{"error": {"message": "boom"}}', "500 X"),
    http_answer(b"<html>"),
    saying("42", finish="length"),
    saying(""),
]


async def test_answers_that_differ_fail_or_are_cut_short_give_way_to_the_strong_model(tmp_path):
    def other(bad):
        async def script(reader, writer, body):
            if body["model"] == "strong":
                await harness.ordinary(reader, writer, body)
            else:
                writer.write(saying("42") if body["model"] == "one" else bad)

        return script

    async with careful(tmp_path, by_model()) as s:
        for n, bad in enumerate(BAD, 1):
            s.upstream.script = other(bad)
            async with s.post(question(stream=n == 1), headers=TASK) as answer:
                await answer.read()
            assert answer.status == 200
            assert answer.headers["x-marga-reason"] == "cascade:escalated"
            assert answer.headers["x-marga-model"] == "strong"
            assert asked(s)[-1] == "two"
            assert len(s.upstream.requests) == 3 * n
        await until(lambda: len(s.web.records) == len(BAD))
        for record in s.web.records:
            tries = {t["model"]: t for t in record["trace"]["attempts"]}
            parts = {name: t.get("part", "") for name, t in tries.items()}
            assert parts == {"one": "sample", "two": "sample", "strong": ""}
            samples = sum(Decimal(tries[name]["cost_usd"]) for name in ("one", "two"))
            assert Decimal(record["cost_usd"]) - samples > samples > 0
            assert Decimal(record["trace"]["saved_usd"]) == -samples


async def test_one_model_that_is_asked_again_is_asked_with_chance(tmp_path):
    async with careful(tmp_path, by_model(one="It is 42."), models=("one",)) as s:
        async with s.post(question(temperature=0, seed=1, stream=True), headers=TASK) as answer:
            await answer.read()

        assert answer.headers["x-marga-reason"] == "cascade:accepted"
        bodies = [json.loads(body) for _, body in s.upstream.requests]
        assert sorted((b.get("temperature"), b.get("seed", 0)) for b in bodies) == [(0, 1), (0.7, 0)]
        assert not any(b.get("stream") for b in bodies)


async def test_a_verifier_examines_the_answer(tmp_path):
    async with careful(tmp_path, by_model(), check="verifier", samples=1) as s:
        for verdict, reason in (("RIGHT", "accepted"), ("WRONG", "escalated")):
            s.upstream.script = by_model(one="42", two=f"6 x 7 is 42.\n\nVERDICT: {verdict}", strong="42!")
            async with s.post(question(), headers=TASK) as answer:
                await answer.read()
            assert answer.headers["x-marga-reason"] == f"cascade:{reason}"
        examined = next(b for _, b in s.upstream.requests if json.loads(b)["model"] == "two")
        assert "What is 6 x 7?" in json.loads(examined)["messages"][0]["content"]
        await until(lambda: len(s.web.records) == 2)
        assert [[t.get("part", "") for t in r["trace"]["attempts"]] for r in s.web.records] == [
            ["sample", "verifier"],
            ["sample", "verifier", ""],
        ]


ONCE: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}]}, TASK),
    ({"n": 2}, TASK),
    ({"model": "strong"}, TASK),
    ({}, {"x-marga-task-type": "chat"}),
]


async def test_labels_are_checked_and_what_cannot_be_checked_or_taken_back_is_asked_once(tmp_path):
    script = by_model(one="Spam.", two="Spam.", strong="spam")
    async with careful(tmp_path, script, check="schema", samples=1) as s:
        labels = {"x-marga-task-type": "classification", "x-marga-labels": "spam, ham"}
        async with s.post(question("Buy now!"), headers=labels) as answer:
            await answer.read()
        assert answer.headers["x-marga-reason"] == "cascade:accepted"

        for changes, headers in ONCE:
            async with s.post(question(**changes), headers={**labels, **headers}) as answer:
                await answer.read()
            assert not answer.headers["x-marga-reason"].startswith("cascade")
        assert len(s.upstream.requests) == 1 + len(ONCE)


async def test_a_client_that_leaves_ends_the_samples_and_pays_for_those_that_came(tmp_path):
    async def script(reader, writer, body):
        if body["model"] == "one":
            writer.write(saying("42"))
        else:
            await reader.read()  # says nothing until the gateway hangs up

    async with careful(tmp_path, script) as s:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5), s.post(question(), headers=TASK):
                pass

        record = await the_record(s)
        assert (record["status"], record["is_cancelled"]) == (499, True)
        assert [(t["model"], t["part"]) for t in record["trace"]["attempts"]] == [("one", "sample")]
        assert Decimal(record["cost_usd"]) == Decimal(record["trace"]["attempts"][0]["cost_usd"]) > 0
        await until(lambda: s.upstream.open_connections <= 1)


async def test_a_key_without_room_for_samples_is_served_by_one_model(tmp_path):
    text = generate()
    key = harness.key_row(text, tokens_per_minute=1_000)
    async with careful(tmp_path, by_model(one="42", two="42"), key=key) as s:
        for most, reason in ((100, "cascade:accepted"), (600, "need<mid")):
            async with s.post(question(max_tokens=most), key=text, headers=TASK) as answer:
                await answer.read()
            assert (answer.status, answer.headers["x-marga-reason"]) == (200, reason)
