from __future__ import annotations

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marga.protocols.body import MOST_PLACES, renamed

values = st.recursive(
    st.none() | st.text(max_size=4) | st.integers(-5, 5) | st.just("old"),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3) | st.just("model"), inner)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=3), values), st.booleans(), st.sampled_from([None, 1]))
def test_only_the_name_changes(rest, is_ascii, indent):
    payload = {**rest, "model": "old"}
    body = json.dumps(payload, ensure_ascii=is_ascii, indent=indent).encode()

    sent = renamed(body, "old", "new")

    if sent is not None:
        assert orjson.loads(sent) == {**payload, "model": "new"}
        assert len(sent) == len(body)
        assert sum(before != after for before, after in zip(body, sent, strict=True)) == 3


@pytest.mark.parametrize(
    "body",
    [
        b'{"model": "old", "messages": [{"content": "\\u00fc"}]}',
        b'{"messages": [{"input": {"model": "old"}}], "model": "old"}',
        b'{"tools": [{"schema": {"model": "other"}}], "model" : "old", "text": "\\u0905"}',
    ],
)
def test_escapes_and_the_word_elsewhere_do_not_cost_the_other_bytes(body):
    before, _, after = body.rpartition(b'"old"')

    assert renamed(body, "old", "new") == before + b'"new"' + after


@pytest.mark.parametrize(
    "body",
    [
        b'{"\\u006dodel": "old", "metadata": {"model": "old"}}',
        b'{"model": "\\u006fld", "model": "old", "model": 5}',
        b'{"model": "old"' + b', "x": {"model": "old"}' * MOST_PLACES + b"}",
        b'{"model": "dear", "model": "old"}',
    ],
    ids=["escaped key", "another value", "too many places", "hidden by a later key"],
)
def test_a_place_that_is_not_certain_is_not_touched(body):
    assert renamed(body, "old", "new") is None
