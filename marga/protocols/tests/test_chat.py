from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marga.pricing import Usage
from marga.protocols import chat
from marga.protocols.request import Unreadable

MESSAGES = [{"role": "user", "content": 'say "model": "x"'}]
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
extras = st.dictionaries(
    st.sampled_from(["metadata", "tools", "model2", "mod\u0435l", "stream_options", "user"]),
    json_values,
    max_size=4,
)


def body_of(**fields) -> bytes:
    return json.dumps({"model": "old", "messages": MESSAGES, **fields}).encode()


@given(extras, st.booleans(), st.booleans(), st.text(min_size=1, max_size=20))
def test_upstream_body_changes_the_name_and_the_request_for_usage_and_nothing_else(
    extra, stream, ascii_only, new
):
    if not isinstance(extra.get("stream_options", {}), dict | None):
        extra.pop("stream_options")
    body = json.dumps(
        {**extra, "metadata": {"model": "nested"}, "model": "old", "messages": MESSAGES, "stream": stream},
        ensure_ascii=ascii_only,
    ).encode("utf-8", "replace")

    sent = json.loads(chat.upstream_body(chat.read_request(body), new))

    expected = json.loads(body) | {"model": new.encode("utf-8", "replace").decode()}
    if stream:
        expected["stream_options"] = {**(expected.get("stream_options") or {})}
        if not expected["stream_options"].get("include_usage"):
            expected["stream_options"]["include_usage"] = True
    assert sent == expected


def test_a_body_that_needs_no_change_is_passed_as_the_very_same_bytes():
    body = b'{ "model":"m",\n "messages":[{"role":"user","content":"\\u00fc"}], "seed": 1e400 }'.replace(
        b"1e400", b"1.0"
    )

    assert chat.upstream_body(chat.read_request(body), "m") is body


def test_a_rename_leaves_every_other_byte_alone():
    body = b'{ "temperature" : 1.00,  "model" :  "old" , "messages":[{"role":"user","content":"x"}]}'

    assert chat.upstream_body(chat.read_request(body), "new") == body.replace(b'"old"', b'"new"')


def test_usage_is_asked_for_by_splicing():
    body = body_of(stream=True)

    sent = chat.upstream_body(chat.read_request(body), "old")

    assert sent == b'{"stream_options":{"include_usage":true},' + body[1:]


def test_an_escaped_key_is_renamed_too():
    body = b'{"\\u006dodel":"old","metadata":{"model":"old"},"messages":[{"role":"user","content":"x"}]}'

    sent = json.loads(chat.upstream_body(chat.read_request(body), "new"))

    assert sent["model"] == "new"
    assert sent["metadata"] == {"model": "old"}


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b"", None),
        (b"[]", None),
        (b"{", None),
        (b'{"messages":[{}]}', "model"),
        (b'{"model":"","messages":[{}]}', "model"),
        (b'{"model":5,"messages":[{}]}', "model"),
        (b'{"model":"m"}', "messages"),
        (b'{"model":"m","messages":[]}', "messages"),
        (b'{"model":"m","messages":[{}],"stream":"yes"}', "stream"),
        (b'{"model":"m","messages":[{}],"stream_options":1}', "stream_options"),
        (b"[" * 100_000, None),
        (b'{"model":"\xff","messages":[{}]}', None),
    ],
)
def test_a_body_that_cannot_be_used_is_refused_by_name(body, param):
    with pytest.raises(Unreadable) as caught:
        chat.read_request(body)

    assert caught.value.param == param


@given(json_values)
def test_whatever_a_provider_says_the_meter_does_not_fail(value):
    for payload in ({"usage": value, "choices": value}, {"choices": [{"delta": value, "message": value}]}):
        chat.usage_of(payload)
        chat.is_usage_only(payload)
        chat.has_finished(payload)
        chat.written_characters(payload)
        chat.read_characters({"messages": value})


def test_usage_is_read_as_openai_and_deepseek_write_it():
    openai = {
        "prompt_tokens": 10,
        "completion_tokens": 5,
        "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 3},
    }
    deepseek = {"prompt_tokens": 10, "completion_tokens": 5, "prompt_cache_hit_tokens": 4}

    assert chat.usage_of({"usage": openai}) == Usage(10, 5, 4, 3)
    assert chat.usage_of({"usage": deepseek}) == Usage(10, 5, 4, 0)
    assert chat.usage_of({"usage": None}) is None
    assert chat.usage_of({"usage": {"prompt_tokens": -1, "completion_tokens": 10**12}}) is None
