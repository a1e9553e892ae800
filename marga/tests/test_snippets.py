from __future__ import annotations

import ast
import json
import shlex

from hypothesis import given
from hypothesis import strategies as st

from marga import snippets


def made(model, message):
    return {one.name: one.text for one in snippets.code(model=model, message=message, gateway_url="http://g")}


@given(st.text(), st.text())
def test_whatever_is_asked_stays_one_value_in_each_language(model, message):
    found = made(model, message)

    for name in ("openai", "anthropic"):
        constants = {
            node.value for node in ast.walk(ast.parse(found[name])) if isinstance(node, ast.Constant)
        }
        assert {model, message} <= constants
    body = shlex.split(found["curl"].replace("\\\n", ""))[-1]
    assert json.loads(body) == {"model": model, "messages": [{"role": "user", "content": message}]}
    assert json.dumps(message, ensure_ascii=False) in found["javascript"]


def test_each_package_gets_the_address_in_the_form_that_it_takes():
    found = made("auto", "Hello")

    assert 'base_url="http://g/v1"' in found["openai"]
    assert 'base_url="http://g"' in found["anthropic"]
    assert 'baseURL: "http://g/v1"' in found["javascript"]
    assert "http://g/v1/chat/completions" in found["curl"]
