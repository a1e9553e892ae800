from __future__ import annotations

import re

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marga.protocols.client_tools import (
    ClientTool,
    client_tools,
    custom_arguments,
    custom_input,
    function_name,
    native_arguments,
    native_item,
)
from marga.protocols.opaque import Sealed, seal, unseal
from marga.protocols.requests.tests.strategies import any_json

texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(texts.filter(bool), texts)
def test_a_function_name_is_one_that_every_provider_takes(name, namespace):
    assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", function_name(name, namespace))


@given(texts.filter(bool), texts.filter(bool))
def test_two_tools_never_share_a_function_name(one, other):
    assert (function_name(one) == function_name(other)) == (one == other)


def test_a_plain_name_stays():
    assert function_name("read_file") == "read_file"
    assert function_name("read", "mcp__files") == "mcp__files__read"


@given(texts)
def test_the_text_of_a_free_form_tool_survives_being_an_argument(text):
    assert custom_input(custom_arguments(text)) == text


@given(texts | any_json.map(lambda value: orjson.dumps(value).decode()))
def test_arguments_in_another_shape_are_the_text_themselves(arguments):
    assert isinstance(custom_input(arguments), str)


@pytest.mark.parametrize("kind", ["local_shell", "shell", "apply_patch"])
@given(texts | any_json.map(lambda value: orjson.dumps(value).decode()))
def test_a_native_call_can_be_made_of_any_arguments(kind, arguments):
    item = native_item(kind, arguments)

    assert native_item(kind, native_arguments(kind, item)) == item


@given(st.dictionaries(st.sampled_from(["tools", "functions"]), any_json | st.lists(any_json)))
def test_any_request_has_a_list_of_client_tools(request_payload):
    assert all(isinstance(tool, ClientTool) for tool in client_tools(request_payload).values())


def test_claudes_tools_of_type_custom_are_functions():
    tools = [{"type": "custom", "name": "look", "input_schema": {}}, {"name": "see", "input_schema": {}}]

    assert {tool.kind for tool in client_tools({"tools": tools}).values()} == {"function"}


@given(st.builds(Sealed, texts, texts, texts, texts))
def test_what_is_sealed_can_be_opened(sealed):
    assert unseal(seal(sealed)) == sealed
    assert re.fullmatch(r"[\w.=-]+", seal(sealed), re.ASCII)


@given(texts | texts.map(lambda text: f"marga1.{text}"))
def test_what_was_not_sealed_here_is_left_alone(text):
    opened = unseal(text)

    assert opened is None or seal(opened) == text
