from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from typing import Any

import httpx
import pytest

from avyay_site import llm
from avyay_site.accounts import access
from avyay_site.accounts.tests.factories import WorkspaceFactory
from avyay_site.keys import internal
from avyay_site.keys.models import ApiKey, InternalKey
from avyay_site.keys.services import revoke_key

MESSAGES = [{"role": "user", "content": "Name a river."}]
ANSWER = {
    "model": "fast",
    "choices": [{"message": {"role": "assistant", "content": "Ganga"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 9, "completion_tokens": 2},
}
HEADERS = {"x-marga-request-id": "req_1", "x-marga-cost-usd": "0.0000123", "x-marga-model": "fast-2026"}


def events(*contents, end="[DONE]"):
    lines = [f"data: {json.dumps({'choices': [{'delta': {'content': text}}]})}\n\n" for text in contents]
    return "".join(
        [": keep-alive\n\n", 'data: {"choices": []}\n\n', *lines, f"data: {end}\n\n" if end else ""]
    )


def gateway(answer, **options):
    seen = []

    def handle(request):
        seen.append(request)
        return answer if isinstance(answer, httpx.Response) else answer(len(seen))

    made = llm.Gateway(
        "avy_live_x", base_url="http://gateway", transport=httpx.MockTransport(handle), **options
    )
    return made, seen


def ways(made):
    """Return each way to call: whole and streamed, plain and async."""

    async def collect():
        return "".join([piece async for piece in made.astream(MESSAGES)])

    return {
        "complete": lambda: made.complete(MESSAGES).text,
        "acomplete": lambda: asyncio.run(made.acomplete(MESSAGES)).text,
        "stream": lambda: "".join(made.stream(MESSAGES)),
        "astream": lambda: asyncio.run(collect()),
    }


WAYS = ["complete", "acomplete", "stream", "astream"]


def test_a_whole_answer_is_read_with_its_usage_and_cost():
    made, seen = gateway(httpx.Response(200, json=ANSWER, headers=HEADERS))

    answer = made.complete(MESSAGES, model="auto:cheap", task_type="review", max_tokens=5)

    assert (answer.text, answer.model, answer.finish_reason) == ("Ganga", "fast-2026", "stop")
    assert (answer.input_tokens, answer.output_tokens, answer.request_id) == (9, 2, "req_1")
    assert answer.cost_usd == Decimal("0.0000123")
    assert str(seen[0].url) == "http://gateway/v1/chat/completions"
    assert seen[0].headers["authorization"] == "Bearer avy_live_x"
    assert seen[0].headers["x-marga-task-type"] == "review"
    assert json.loads(seen[0].content) == {
        "model": "auto:cheap",
        "messages": MESSAGES,
        "max_tokens": 5,
        "stream": False,
    }


@pytest.mark.parametrize("way", WAYS)
def test_all_ways_give_the_same_text(way):
    def answer(_):
        if way.endswith("stream"):
            return httpx.Response(200, text=events("Gan", "ga"))
        return httpx.Response(200, json=ANSWER)

    made, _ = gateway(answer)

    assert ways(made)[way]() == "Ganga"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, llm.Refused),
        (401, llm.NoAccess),
        (402, llm.BudgetSpent),
        (403, llm.NoAccess),
        (404, llm.Refused),
        (429, llm.Limited),
        (500, llm.Unavailable),
        (502, llm.Unavailable),
        (503, llm.Unavailable),
    ],
)
def test_each_status_becomes_an_error_with_the_gateways_words(way, status, error):
    made, seen = gateway(
        httpx.Response(status, json={"error": {"message": "Words."}}, headers={"retry-after": "7"})
    )

    with pytest.raises(error, match="Words") as raised:
        ways(made)[way]()

    assert type(raised.value) is error
    assert len(seen) == 1
    if isinstance(raised.value, llm.Limited):
        assert raised.value.retry_after_seconds == 7


@pytest.mark.parametrize("way", WAYS)
def test_a_gateway_that_cannot_be_reached_is_unavailable(way):
    def fail(_):
        raise httpx.ConnectError("refused")

    made, _ = gateway(fail)

    with pytest.raises(llm.Unavailable, match="cannot be reached"):
        ways(made)[way]()


@pytest.mark.parametrize("way", ["stream", "astream"])
@pytest.mark.parametrize(
    "text",
    [
        events("Gan", end=""),
        events("Gan", end='{"error": {"message": "The provider broke off."}}'),
        events("Gan", end="nonsense"),
    ],
)
def test_a_stream_that_breaks_is_never_taken_for_a_whole_answer(way, text):
    made, _ = gateway(lambda _: httpx.Response(200, text=text))

    with pytest.raises(llm.Unavailable):
        ways(made)[way]()


@pytest.mark.parametrize("body", ["", "{}", '{"choices": []}', "[]", '{"choices": [{"message": "x"}]}'])
def test_an_answer_in_another_form_is_an_error(body):
    made, _ = gateway(httpx.Response(200, text=body))

    with pytest.raises(llm.Unavailable, match="form"):
        made.complete(MESSAGES)


@pytest.mark.parametrize("way", WAYS)
def test_a_key_that_was_just_issued_is_tried_until_the_gateway_knows_it(way, monkeypatch):
    monkeypatch.setattr(llm, "RETRY_SECONDS", 0)

    def answer(count):
        if count < 3:
            return httpx.Response(401, json={"error": {"message": "Unknown key."}})
        return (
            httpx.Response(200, text=events("Ganga"))
            if way.endswith("stream")
            else httpx.Response(200, json=ANSWER)
        )

    made, seen = gateway(answer, is_new_key=True)

    assert ways(made)[way]() == "Ganga"
    assert len(seen) == 3


@pytest.mark.django_db
def test_each_workspace_has_one_key_of_its_own_that_is_issued_on_first_use(now):
    one, other = WorkspaceFactory.create(), WorkspaceFactory.create()

    first = internal.get_secret(workspace_id=one.pk, now=now)
    again = internal.get_secret(workspace_id=one.pk, now=now)

    assert (first.secret, first.is_new, again.is_new) == (again.secret, True, False)
    assert internal.get_secret(workspace_id=other.pk, now=now).secret != first.secret
    key = ApiKey.objects.get(workspace=one)
    assert (key.scopes, key.bucket) == (["marga:call"], "platform")
    assert InternalKey.objects.get(workspace=one).secret.token != first.secret


@pytest.mark.django_db
def test_a_revoked_key_of_the_platform_is_replaced(now):
    workspace = WorkspaceFactory.create()
    first = internal.get_secret(workspace_id=workspace.pk, now=now)
    revoke_key(by=access.for_system(workspace), key=ApiKey.objects.get(), now=now)

    second = internal.get_secret(workspace_id=workspace.pk, now=now)

    assert (second.is_new, second.secret == first.secret) == (True, False)
    assert llm.for_workspace(workspace.pk)._headers == {"Authorization": f"Bearer {second.secret}"}


def test_a_dry_run_tells_where_a_call_would_go():
    decision = {"model": "fast", "reason": "need<mid", "order": ["fast", "slow"]}
    made, seen = gateway(httpx.Response(200, json={"dry_run": True, "decision": decision}))

    assert made.decide(MESSAGES, model="auto:cheap", task_type="review") == decision
    assert seen[0].headers["x-marga-dry-run"] == "true"
    assert seen[0].headers["x-marga-task-type"] == "review"
    assert json.loads(seen[0].content)["model"] == "auto:cheap"


def test_a_gateway_that_knows_no_dry_runs_is_unavailable_not_misread():
    made, _ = gateway(httpx.Response(200, json=ANSWER))

    with pytest.raises(llm.Unavailable, match="not a dry run"):
        made.decide(MESSAGES)


def test_who_listens_to_a_stream_is_told_its_headers_before_the_first_piece():
    made, _ = gateway(lambda _: httpx.Response(200, text=events("Ga", "nga"), headers=HEADERS))
    heard: list[Any] = []

    async def collect():
        return [piece async for piece in made.astream(MESSAGES, told=heard.append)]

    for pieces in (list(made.stream(MESSAGES, told=heard.append)), asyncio.run(collect())):
        assert pieces == ["Ga", "nga"]
    assert [headers["x-marga-model"] for headers in heard] == ["fast-2026", "fast-2026"]
