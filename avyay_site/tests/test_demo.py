from __future__ import annotations

import json

import httpx
import pytest

from avyay_site import demo


def gateway(request):
    """Answer in the wire format of the gateway."""
    if request.headers["Authorization"] != "Bearer right":
        return httpx.Response(401, json={"error": {"message": "Unknown key."}})
    body = json.loads(request.content)
    if not body.get("stream"):
        return httpx.Response(
            200, json={"choices": [{"message": {"content": body["messages"][0]["content"].upper()}}]}
        )
    events = [
        {"choices": [{"delta": {"role": "assistant"}}]},
        {"choices": [{"delta": {"content": "o"}}]},
        {"choices": []},
    ]
    lines = [": keep-alive", *(f"data: {json.dumps(event)}" for event in events), "data: [DONE]"]
    return httpx.Response(200, text="\n\n".join(lines))


@pytest.fixture(autouse=True)
def _fake_gateway(monkeypatch):
    real = httpx.Client
    monkeypatch.setattr(
        httpx, "Client", lambda **options: real(**options, transport=httpx.MockTransport(gateway))
    )


def test_each_question_is_answered_and_the_last_one_streamed_too():
    said: list[str] = []

    demo.send_all("http://gateway", "right", say=said.append)

    assert said[:2] == ["> What does Avyay mean?", "WHAT DOES AVYAY MEAN?"]
    assert said[-2:] == [f"> {demo.QUESTIONS[-1]} (streamed)", "o"]


def test_a_refusal_is_told_as_it_was_given():
    with pytest.raises(demo.UnableToShow, match=r"answered 401: .*Unknown key"):
        demo.send_all("http://gateway", "wrong", say=lambda _: None)
