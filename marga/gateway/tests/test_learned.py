"""What a workspace's verdicts taught moves the need that decides, and not the classifier's word in the record."""

from __future__ import annotations

import pytest

from marga.gateway.tests.harness import question, stage, until
from marga.learning import shifted

pytestmark = pytest.mark.processes

TASK = {"x-marga-task-type": "chat"}


async def need(s, **headers):
    async with s.post(question(model="auto"), headers={**TASK, **headers}) as answer:
        found = await answer.json()
    return found["decision"]["need"] if headers else float(answer.headers["x-marga-score"])


async def test_need_is_shifted_for_the_task_in_the_workspace_that_learnt(tmp_path):
    async with stage(tmp_path) as s:
        before = await need(s, **{"x-marga-dry-run": "true"})
        for learned, expected in (
            ({"ws_1": {"writing": 1.0}, "ws_2": {"chat": 1.0}}, before),
            ({"ws_1": {"chat": 1.0}}, shifted(before, 1.0)),
        ):
            s.web.change({**s.web.document, "learned": learned})
            await s.fetched()
            assert await need(s, **{"x-marga-dry-run": "true"}) == pytest.approx(expected, abs=0.001)

        assert await need(s) == pytest.approx(shifted(before, 1.0), abs=0.002)
        await until(lambda: any(r["trace"]["attempts"] for r in s.web.records))
        answered = next(r for r in s.web.records if r["trace"]["attempts"])
        assert answered["trace"]["need"] == pytest.approx(before, abs=0.001)
