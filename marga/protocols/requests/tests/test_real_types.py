"""Translated requests against the types that the vendors' own packages publish."""

from __future__ import annotations

from typing import Any

import pytest
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming
from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming
from pydantic import TypeAdapter, ValidationError

from marga.protocols.requests.tests.strategies import REQUESTS
from marga.protocols.translate import translate_request

PARAMS: dict[str, Any] = {
    "chat": CompletionCreateParamsNonStreaming,
    "messages": MessageCreateParamsNonStreaming,
    "responses": ResponseCreateParamsNonStreaming,
}
SAMPLING = {"temperature", "top_p", "top_k"}
"""Older Claude models take these; the package no longer lists them."""

CROSSINGS = [(source, target) for source in sorted(PARAMS) for target in sorted(PARAMS) if source != target]


@pytest.fixture(scope="module")
def adapters() -> dict[str, TypeAdapter[Any]]:
    return {protocol: TypeAdapter(params) for protocol, params in PARAMS.items()}


def walk(value: Any) -> None:
    """Visit everything: pydantic checks an Iterable only as it is read."""
    if isinstance(value, dict):
        for inner in value.values():
            walk(inner)
    elif isinstance(value, list | tuple) or hasattr(value, "__next__"):
        for inner in value:
            walk(inner)


@pytest.mark.parametrize(("source", "target"), CROSSINGS, ids=lambda name: name)
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_translated_request_is_one_that_the_vendors_package_describes(adapters, source, target, data):
    request = data.draw(REQUESTS[source])

    payload = translate_request(request, source, target, model="gpt-5", is_stream=False).payload

    assert set(payload) - SAMPLING <= set(PARAMS[target].__annotations__) | {"stream"}
    walk(adapters[target].validate_python(payload))


def test_the_packages_types_do_refuse_a_wrong_block(adapters):
    blocks = [{"role": "user", "content": [{"type": "text"}]}]

    with pytest.raises(ValidationError):
        walk(adapters["messages"].validate_python({"model": "m", "max_tokens": 1, "messages": blocks}))
