"""A conversation whose model is gone goes on with another one, without what only the first could read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from marga.gateway.tests import harness
from marga.gateway.tests.harness import Upstream, http_answer, stage

pytestmark = pytest.mark.processes

ANSWER = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "content": [{"type": "text", "text": "42"}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 10, "output_tokens": 2},
}
THOUGHT = {"type": "thinking", "thinking": "hm", "signature": "c2ln"}
CALL = {"type": "tool_use", "id": "t1", "name": "look", "input": {}}
FIRST: dict[str, Any] = {
    "model": "auto",
    "max_tokens": 3000,
    "messages": [{"role": "user", "content": "Look it up."}],
}
SECOND = {
    **FIRST,
    "thinking": {"type": "enabled", "budget_tokens": 2000},
    "messages": [
        *FIRST["messages"],
        {"role": "assistant", "content": [THOUGHT, CALL]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "42"}]},
    ],
}


async def anthropic(reader, writer, body):
    writer.write(http_answer(json.dumps(ANSWER).encode()))


async def test_thinking_that_nobody_else_can_read_is_left_out_and_named(tmp_path):
    async with Upstream(anthropic).serving() as one, Upstream(anthropic).serving() as two:
        spoken = {"protocols": ["messages"]}
        providers = [
            harness.provider_row(one.base_url, id="prv_1", name="one", **spoken),
            harness.provider_row(two.base_url, id="prv_2", name="two", **spoken),
        ]
        models = [
            harness.model_row("m", provider_id="prv_1", input_usd_per_mtok="1"),
            harness.model_row("n", provider_id="prv_2", input_usd_per_mtok="2"),
        ]
        async with stage(tmp_path, changes={"providers": providers, "models": models}) as s:
            url = f"{s.gateway.url}/v1/messages"
            headers = {"x-api-key": s.key, "x-session-id": "s1"}
            for body in (FIRST, SECOND):
                async with s.http.post(url, json=body, headers=headers) as answer:
                    await answer.read()
                assert answer.headers["x-marga-provider"] == "one"
                assert "x-marga-protocol-warnings" not in answer.headers
            assert json.loads(one.requests[1][1])["messages"] == SECOND["messages"]

            s.web.change(
                {**s.web.document, "providers": [{**providers[0], "api_key": "garbage"}, providers[1]]}
            )
            await s.fetched()
            async with s.http.post(url, json=SECOND, headers=headers) as answer:
                assert await answer.json() == ANSWER

            assert answer.headers["x-marga-provider"] == "two"
            assert answer.headers["x-marga-protocol-warnings"] == "thinking"
            sent = json.loads(two.requests[0][1])
            assert "thinking" not in sent
            assert sent["messages"][1] == {"role": "assistant", "content": [CALL]}
