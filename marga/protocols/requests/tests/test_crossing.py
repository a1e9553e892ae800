from __future__ import annotations

import base64
import itertools
from typing import Any

import pytest

from marga.protocols.client_tools import client_tools, custom_input, function_name, native_item
from marga.protocols.opaque import Sealed, seal
from marga.protocols.request import Unreadable
from marga.protocols.translate import Translation, translate_request

PNG = "data:image/png;base64,iVBORw0KGgo="
USER = {"role": "user", "content": "Hello"}
TOOL: dict[str, Any] = {
    "type": "function",
    "function": {"name": "look", "parameters": {"type": "object", "properties": {}}},
}
LOOK = {"name": "look", "input_schema": {"type": "object", "properties": {}}}


def from_chat(target: str = "messages", model: str = "claude-sonnet-4-5", **fields: Any) -> Translation:
    request = {"model": "auto", "messages": [USER], **fields}
    return translate_request(request, "chat", target, model=model, is_stream=False)


def from_messages(target: str = "chat", model: str = "qwen3", **fields: Any) -> Translation:
    request = {"model": "auto", "max_tokens": 1000, "messages": [USER], **fields}
    return translate_request(request, "messages", target, model=model, is_stream=False)


def from_responses(target: str = "chat", model: str = "qwen3", stored=None, **fields: Any) -> Translation:
    request = {"model": "auto", "input": "Hello", **fields}
    return translate_request(request, "responses", target, model=model, is_stream=False, stored_items=stored)


def call(call_id: str, name: str = "look", arguments: str = "{}") -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


# limits and sampling


@pytest.mark.parametrize(
    ("model", "limit"),
    [
        ("claude-3-haiku-20240307", 4096),
        ("claude-3-5-sonnet-latest", 8192),
        ("claude-opus-4-20250514", 32_000),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", 32_000),
        ("some-local-model", 8192),
    ],
)
def test_messages_gets_a_limit_when_the_client_gave_none(model, limit):
    assert from_chat(model=model).payload["max_tokens"] == limit


def test_a_limit_above_the_models_own_is_lowered_and_named():
    request = {"model": "auto", "max_tokens": 32_000, "messages": [USER]}

    translation = translate_request(
        request, "messages", "chat", model="gpt-4o", is_stream=False, most_output_tokens=16_384
    )

    assert translation.payload["max_completion_tokens"] == 16_384
    assert translation.warnings == ("max_tokens",)


def test_only_openais_models_are_sent_the_newer_name_of_the_limit():
    assert from_messages(model="gpt-5").payload["max_completion_tokens"] == 1000
    assert from_messages(model="openai/gpt-oss-20b").payload["max_tokens"] == 1000
    assert from_messages("responses", "gpt-5", max_tokens=1).payload["max_output_tokens"] == 16


def test_sampling_stays_within_what_claude_takes():
    old = from_chat(model="claude-3-5-sonnet-latest", temperature=1.7, top_p=0.5)
    middle = from_chat(model="claude-sonnet-4-5", temperature=0.3, top_p=0.5)
    new = from_chat(model="claude-opus-4-7", temperature=0.3)

    assert (old.payload["temperature"], old.payload["top_p"], old.warnings) == (1, 0.5, ("temperature",))
    assert "top_p" not in middle.payload
    assert middle.warnings == ("top_p",)
    assert "temperature" not in new.payload
    assert new.warnings == ("temperature",)


def test_what_messages_cannot_say_is_named_and_a_default_is_not():
    translation = from_chat(n=2, seed=1, logprobs=True, logit_bias={"1": 2}, presence_penalty=0, store=False)

    assert translation.warnings == ("seed", "n", "logit_bias", "logprobs")


def test_a_server_that_only_resembles_openai_gets_no_fields_of_openais_own():
    own: dict[str, Any] = {
        "store": False,
        "prompt_cache_key": "k",
        "safety_identifier": "s",
        "metadata": {"a": "b"},
    }

    local, real = from_responses(**own), from_responses(model="gpt-5", **own | {"store": True})

    assert set(local.payload) == {"model", "messages"}
    assert local.warnings == ("metadata", "safety_identifier", "prompt_cache_key")
    assert real.payload["metadata"] == {"a": "b"}
    assert real.payload["prompt_cache_key"] == "k"


def test_responses_is_told_not_to_store_what_the_client_did_not_ask_to_store():
    assert from_chat("responses", "gpt-5").payload["store"] is False
    assert from_chat("responses", "gpt-5", store=True).payload["store"] is True


def test_the_betas_of_claude_code_go_with_their_fields():
    translation = from_messages(
        context_management={"edits": []},
        output_config={"effort": "high"},
        thinking={"type": "adaptive"},
        tools=[{**LOOK, "strict": True, "defer_loading": True}],
    )

    assert translation.payload["reasoning_effort"] == "high"
    assert translation.payload["tools"] == [TOOL]
    assert translation.warnings == ("tools.defer_loading", "tools.strict", "context_management")


# reasoning


def test_effort_becomes_a_budget_for_older_claude_and_an_effort_for_newer():
    older = from_chat(model="claude-sonnet-4-5", reasoning_effort="medium").payload
    newer = from_chat(model="claude-opus-4-6", reasoning_effort="xhigh")
    oldest = from_chat(model="claude-3-5-haiku-latest", reasoning_effort="low")

    assert older["thinking"] == {"type": "enabled", "budget_tokens": 10_000}
    assert newer.payload["thinking"] == {"type": "adaptive"}
    assert newer.payload["output_config"] == {"effort": "high"}
    assert newer.warnings == ("reasoning_effort",)
    assert "thinking" not in oldest.payload
    assert oldest.warnings == ("thinking",)


def test_a_budget_leaves_room_for_the_answer():
    room = from_chat(reasoning_effort="high", max_tokens=6000).payload
    none = from_chat(reasoning_effort="high", max_tokens=1500)

    assert room["thinking"]["budget_tokens"] == 6000 - 1024
    assert "thinking" not in none.payload
    assert none.warnings == ("thinking",)


@pytest.mark.parametrize(
    ("thinking", "effort", "warnings"),
    [
        ({"type": "adaptive"}, None, ("thinking.adaptive",)),
        ({"type": "disabled"}, None, ()),
        ({"type": "enabled", "budget_tokens": 2048}, "low", ()),
        ({"type": "enabled", "budget_tokens": 8000}, "medium", ()),
        ({"type": "enabled", "budget_tokens": 30_000}, "high", ()),
    ],
    ids=["adaptive", "disabled", "small", "middle", "large"],
)
def test_thinking_becomes_an_effort_for_openai(thinking, effort, warnings):
    translation = from_messages(thinking=thinking)

    assert translation.payload.get("reasoning_effort") == effort
    assert translation.warnings == warnings


def test_a_model_that_cannot_reason_is_not_asked_to():
    request = {"model": "auto", "messages": [USER], "max_tokens": 9, "thinking": {"type": "adaptive"}}

    translation = translate_request(
        request, "messages", "chat", model="m", is_stream=False, capabilities=frozenset({"tools"})
    )

    assert "reasoning_effort" not in translation.payload
    assert translation.warnings == ("thinking",)


def test_claude_is_not_asked_to_think_before_a_forced_tool_or_inside_a_loop_without_thinking():
    forced = from_chat(reasoning_effort="high", tools=[TOOL], tool_choice="required")
    loop = [
        USER,
        {"role": "assistant", "tool_calls": [call("a")]},
        {"role": "tool", "tool_call_id": "a", "content": "1"},
    ]
    inside = from_chat(reasoning_effort="high", tools=[TOOL], messages=loop)

    assert forced.payload["tool_choice"] == {"type": "any"}
    for translation in (forced, inside):
        assert "thinking" not in translation.payload
        assert translation.warnings == ("thinking",)


def test_temperature_goes_where_claude_thinks():
    translation = from_chat(reasoning_effort="low", temperature=0.2)

    assert "temperature" not in translation.payload
    assert translation.warnings == ("temperature",)


def test_sealed_reasoning_returns_to_the_protocol_it_came_from_and_to_no_other():
    signed = {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "why"}]}
    signed["encrypted_content"] = seal(Sealed("messages", signature="sig"))
    hidden = {"type": "reasoning", "id": "rs_2", "summary": []}
    hidden["encrypted_content"] = seal(Sealed("messages", data="blob"))
    said = [{"role": "user", "content": "q"}, signed, hidden, {"role": "assistant", "content": "a"}, USER]

    home = from_responses("messages", "claude-sonnet-4-5", input=said)
    away = from_responses("chat", input=said)

    assert home.payload["messages"][1]["content"] == [
        {"type": "thinking", "thinking": "why", "signature": "sig"},
        {"type": "redacted_thinking", "data": "blob"},
        {"type": "text", "text": "a"},
    ]
    assert home.warnings == ()
    assert away.payload["messages"][1] == {"role": "assistant", "content": "a"}
    assert away.warnings == ("thinking.signature", "thinking")


def test_an_encrypted_item_that_a_messages_client_carried_is_itself_again():
    block = {"type": "thinking", "thinking": "why"}
    block["signature"] = seal(Sealed("responses", data="enc", item_id="rs_9"))
    said = [USER, {"role": "assistant", "content": [block, {"type": "text", "text": "a"}]}, USER]

    translation = from_messages("responses", "gpt-5", messages=said)

    assert translation.payload["input"][1] == {
        "type": "reasoning",
        "id": "rs_9",
        "summary": [{"type": "summary_text", "text": "why"}],
        "encrypted_content": "enc",
    }
    assert translation.warnings == ()


def test_a_chat_model_that_wants_its_reasoning_back_gets_it_within_the_tool_loop():
    thought = {"type": "thinking", "thinking": "why", "signature": ""}
    use = {"type": "tool_use", "id": "a", "name": "look", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "a", "content": "1"}
    loop = [USER, {"role": "assistant", "content": [thought, use]}, {"role": "user", "content": [result]}]

    inside = from_messages(model="deepseek-chat", messages=loop).payload["messages"]
    after = from_messages(
        model="deepseek-chat", messages=[*loop, {"role": "assistant", "content": "x"}, USER]
    )

    assert inside[1]["reasoning_content"] == "why"
    assert all("reasoning_content" not in message for message in after.payload["messages"])


# roles, order and pairing


def test_messages_get_alternating_roles_with_tool_results_first():
    said = [
        {"role": "user", "content": "one"},
        {"role": "user", "content": "two"},
        {"role": "assistant", "content": None, "tool_calls": [call("a"), call("b")]},
        {"role": "tool", "tool_call_id": "b", "content": "B"},
        {"role": "tool", "tool_call_id": "a", "content": "A"},
        {"role": "user", "content": "three"},
    ]

    messages = from_chat(messages=said).payload["messages"]

    assert [message["role"] for message in messages] == ["user", "assistant", "user"]
    assert [block["text"] for block in messages[0]["content"]] == ["one", "two"]
    last = messages[2]["content"]
    assert [block.get("tool_use_id", block.get("text")) for block in last] == ["a", "b", "three"]


def test_a_call_without_result_gets_one_and_a_result_without_call_becomes_text():
    said = [
        USER,
        {"role": "assistant", "tool_calls": [call("a")]},
        {"role": "tool", "tool_call_id": "zzz", "content": "lost"},
        USER,
    ]

    translation = from_chat(messages=said)

    blocks = translation.payload["messages"][2]["content"]
    assert [block["type"] for block in blocks] == ["tool_result", "text", "text"]
    assert (blocks[0]["tool_use_id"], blocks[1]["text"]) == ("a", "lost")
    assert translation.warnings == ("tool_result.missing", "tool_result.orphan")


def test_call_ids_become_unique_and_plain_where_the_target_asks_for_it():
    turn = [
        {"role": "assistant", "tool_calls": [call("functions.look:0")]},
        {"role": "tool", "tool_call_id": "functions.look:0", "content": "1"},
    ]

    messages = from_chat(messages=[USER, *turn, *turn]).payload["messages"]

    uses = [messages[place]["content"][0]["id"] for place in (1, 3)]
    results = [messages[place]["content"][0]["tool_use_id"] for place in (2, 4)]
    assert uses == results
    assert len(set(uses)) == 2
    assert all(function_name(call_id) == call_id for call_id in uses)


def test_a_conversation_begins_and_ends_with_the_user_and_has_no_blank_text_for_claude():
    said = [
        {"role": "assistant", "content": "Hi"},
        {"role": "user", "content": "  "},
        {"role": "assistant", "content": "Ho"},
    ]

    translation = from_chat(messages=said)

    assert [message["role"] for message in translation.payload["messages"]] == ["user", "assistant", "user"]
    assert translation.warnings == ("assistant_first", "assistant_last")


def test_a_request_of_only_instructions_asks_with_them():
    payload = from_chat(messages=[{"role": "system", "content": "Say hi"}]).payload

    assert payload["messages"] == [{"role": "user", "content": "Say hi"}]
    assert "system" not in payload


def test_an_instruction_in_mid_conversation_keeps_its_place():
    said = [USER, {"role": "assistant", "content": "a"}, {"role": "system", "content": "Be brief"}, USER]

    claude = from_chat(messages=said)
    chat = from_responses(input=[{"role": entry["role"], "content": entry["content"]} for entry in said])

    reminder = claude.payload["messages"][2]["content"][0]["text"]
    assert reminder == "<system-reminder>\nBe brief\n</system-reminder>"
    assert "system.position" in claude.warnings
    assert [message["role"] for message in chat.payload["messages"]] == [
        "user",
        "assistant",
        "system",
        "user",
    ]


def test_developer_instructions_open_a_chat_as_one_system_message():
    items = [{"role": "developer", "content": [{"type": "input_text", "text": "two"}]}, USER]

    payload = from_responses(instructions="one", input=items).payload

    assert payload["messages"][0] == {"role": "system", "content": "one\n\ntwo"}


def test_system_blocks_and_their_cache_marks_reach_claude_in_order():
    mark = {"type": "ephemeral", "ttl": "1h"}
    parts = [{"type": "text", "text": "one", "cache_control": mark}, {"type": "text", "text": "two"}]

    payload = from_chat(messages=[{"role": "system", "content": parts}, USER]).payload

    assert payload["system"] == parts


def test_a_conversation_that_goes_on_is_marked_for_claudes_cache_and_a_first_turn_is_not():
    system = {"role": "system", "content": "s"}
    first = from_chat(messages=[system, USER]).payload
    later = from_chat(messages=[system, USER, {"role": "assistant", "content": "a"}, USER]).payload

    assert "cache_control" not in str(first)
    assert later["system"][-1]["cache_control"] == {"type": "ephemeral"}
    assert later["messages"][-1]["content"][-1]["cache_control"] == {"type": "ephemeral"}


def test_claude_codes_attribution_goes_to_nobody_else():
    system = [
        {"type": "text", "text": "x-anthropic-billing-header: cc_version=1"},
        {"type": "text", "text": "You"},
    ]

    translation = from_messages(system=system)

    assert translation.payload["messages"][0]["content"] == "You"
    assert translation.warnings == ("system.attribution",)


# pictures, files, sound


def test_a_picture_in_a_tool_result_follows_it_in_chat_and_stays_in_responses():
    source = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}
    result = {"type": "tool_result", "tool_use_id": "a", "content": [{"type": "image", "source": source}]}
    use = {"type": "tool_use", "id": "a", "name": "look", "input": {}}
    said = [USER, {"role": "assistant", "content": [use]}, {"role": "user", "content": [result]}]

    chat, responses = from_messages(messages=said), from_messages("responses", "gpt-5", messages=said)

    tool, picture = chat.payload["messages"][2:]
    assert (tool["role"], tool["tool_call_id"]) == ("tool", "a")
    assert picture == {"role": "user", "content": [{"type": "image_url", "image_url": {"url": PNG}}]}
    assert chat.warnings == ("tool_result.image",)
    assert responses.payload["input"][2]["output"][0]["image_url"] == PNG


def test_a_pdf_and_a_text_file_reach_claude_as_documents():
    data = base64.b64encode(b"plain").decode()
    parts = [
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,QUJD"}},
        {"type": "file", "file": {"filename": "a.txt", "file_data": f"data:text/plain;base64,{data}"}},
        {
            "type": "file",
            "file": {"filename": "a.doc", "file_data": f"data:application/msword;base64,{data}"},
        },
    ]

    translation = from_chat(messages=[{"role": "user", "content": parts}])

    pdf, text = translation.payload["messages"][0]["content"]
    assert pdf["source"] == {"type": "base64", "media_type": "application/pdf", "data": "QUJD"}
    assert text["source"] == {"type": "text", "media_type": "text/plain", "data": "plain"}
    assert translation.warnings == ("file",)


def test_a_file_that_another_provider_keeps_and_sound_are_dropped_by_name():
    parts = [
        {"type": "text", "text": "hear"},
        {"type": "file", "file": {"file_id": "file-1"}},
        {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mp3"}},
    ]

    assert from_chat(messages=[{"role": "user", "content": parts}]).warnings == ("file_id", "audio")


# tools


CUSTOM = {
    "type": "custom",
    "name": "apply_patch",
    "format": {"type": "grammar", "syntax": "lark", "definition": "start: begin"},
}


def test_a_free_form_tool_becomes_a_function_that_the_answer_can_be_read_back_from():
    items = [
        {"role": "user", "content": "q"},
        {"type": "custom_tool_call", "call_id": "a", "name": "apply_patch", "input": "*** Begin"},
        {"type": "custom_tool_call_output", "call_id": "a", "output": "ok"},
    ]

    payload = from_responses(tools=[CUSTOM], input=items).payload

    function = payload["tools"][0]["function"]
    assert function["parameters"]["required"] == ["input"]
    assert "start: begin" in function["parameters"]["properties"]["input"]["description"]
    sent = payload["messages"][1]["tool_calls"][0]["function"]
    assert custom_input(sent["arguments"]) == "*** Begin"
    assert client_tools({"tools": [CUSTOM]})[sent["name"]].kind == "custom"


def test_chats_free_form_tools_stay_free_for_responses():
    custom = {
        "name": "sql",
        "format": {"type": "grammar", "grammar": {"syntax": "regex", "definition": "a+"}},
    }
    used = {"id": "a", "type": "custom", "custom": {"name": "sql", "input": "aaa"}}
    said = [
        USER,
        {"role": "assistant", "tool_calls": [used]},
        {"role": "tool", "tool_call_id": "a", "content": "1"},
    ]

    payload = from_chat(
        "responses", "gpt-5", tools=[{"type": "custom", "custom": custom}], messages=said
    ).payload

    assert payload["tools"][0]["format"] == {"type": "grammar", "syntax": "regex", "definition": "a+"}
    assert [item["type"] for item in payload["input"][1:]] == ["custom_tool_call", "custom_tool_call_output"]


def test_the_shell_of_codex_becomes_a_function_and_its_calls_can_be_told_back():
    action = {"type": "exec", "command": ["ls"], "env": {}, "working_directory": "/"}
    items = [
        {"role": "user", "content": "q"},
        {"type": "local_shell_call", "id": "i", "call_id": "a", "status": "completed", "action": action},
        {"type": "local_shell_call_output", "id": "a", "output": "out"},
    ]

    payload = from_responses(tools=[{"type": "local_shell"}], input=items).payload

    assert payload["tools"][0]["function"]["name"] == "local_shell"
    sent = payload["messages"][1]["tool_calls"][0]
    assert native_item("local_shell", sent["function"]["arguments"]) == {"action": action}
    assert payload["messages"][2] == {"role": "tool", "tool_call_id": "a", "content": "out"}


def test_tools_in_a_namespace_and_with_long_names_are_known_again():
    long = "read_" + "x" * 90
    tools = [
        {
            "type": "namespace",
            "name": "mcp__files",
            "tools": [{"type": "function", "name": long, "parameters": {}}],
        }
    ]

    payload = from_responses(tools=tools, tool_choice={"type": "function", "name": long}).payload

    name = payload["tools"][0]["function"]["name"]
    assert len(name) <= 64
    assert payload["tool_choice"]["function"]["name"] == name
    assert client_tools({"tools": tools})[name] == ("function", long, "mcp__files")


def test_tools_that_only_a_provider_carries_out_are_named():
    translation = from_responses(
        tools=[{"type": "web_search"}, {"type": "mcp"}], tool_choice={"type": "web_search"}
    )

    assert "tools" not in translation.payload
    assert "tool_choice" not in translation.payload
    assert translation.warnings == ("tools.web_search", "tools.mcp", "tool_choice")


def test_claudes_own_client_tools_become_functions_of_the_same_name():
    tools = [{"type": "bash_20250124", "name": "bash"}, {"type": "text_editor_20250728", "name": "edit"}]

    translation = from_messages(tools=tools)

    assert [tool["function"]["name"] for tool in translation.payload["tools"]] == ["bash", "edit"]
    assert translation.warnings == ()


def test_strictness_moves_only_within_openais_protocols():
    strict = {"type": "function", "function": {**TOOL["function"], "strict": True}}

    assert from_chat("responses", "gpt-5", tools=[strict, TOOL]).payload["tools"][0]["strict"] is True
    assert from_chat("responses", "gpt-5", tools=[TOOL]).payload["tools"][0]["strict"] is False
    assert from_chat(tools=[strict]).warnings == ("tools.strict",)


def test_a_list_of_allowed_tools_becomes_the_only_tools_for_claude():
    other = {"type": "function", "function": {"name": "other"}}
    allowed = {"mode": "required", "tools": [{"type": "function", "function": {"name": "look"}}]}
    choice = {"type": "allowed_tools", "allowed_tools": allowed}

    claude = from_chat(tools=[TOOL, other], tool_choice=choice).payload
    openai = from_chat("responses", "gpt-5", tools=[TOOL, other], tool_choice=choice).payload

    assert [tool["name"] for tool in claude["tools"]] == ["look"]
    assert claude["tool_choice"] == {"type": "any"}
    assert openai["tool_choice"] == {
        "type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "look"}],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("chat", "claude"),
    [
        ("auto", {"type": "auto"}),
        ("none", {"type": "none"}),
        ("required", {"type": "any"}),
        ({"type": "function", "function": {"name": "look"}}, {"type": "tool", "name": "look"}),
    ],
    ids=["auto", "none", "required", "named"],
)
def test_the_choice_of_tools_is_the_same_both_ways(chat, claude):
    assert from_chat(tools=[TOOL], tool_choice=chat).payload["tool_choice"] == claude
    assert from_messages(tools=[LOOK], tool_choice=claude).payload["tool_choice"] == chat


def test_one_call_at_a_time_is_said_both_ways():
    claude = from_chat(tools=[TOOL], parallel_tool_calls=False).payload
    chat = from_messages(
        tools=[LOOK], tool_choice={"type": "auto", "disable_parallel_tool_use": True}
    ).payload

    assert claude["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}
    assert chat["parallel_tool_calls"] is False


def test_the_functions_of_old_clients_are_tools():
    function = {"name": "look", "parameters": {"type": "object", "properties": {}}}
    said = [
        USER,
        {"role": "assistant", "content": None, "function_call": {"name": "look", "arguments": '{"a": 1}'}},
        {"role": "function", "name": "look", "content": "1"},
    ]

    payload = from_chat(functions=[function], function_call={"name": "look"}, messages=said).payload

    assert payload["tools"] == [LOOK]
    assert payload["tool_choice"] == {"type": "tool", "name": "look"}
    use, result = payload["messages"][1]["content"][0], payload["messages"][2]["content"][0]
    assert (use["input"], result["tool_use_id"]) == ({"a": 1}, use["id"])


@pytest.mark.parametrize("broken", ['{"a": ', "[1]", "text"])
def test_arguments_that_are_no_object_still_reach_claude(broken):
    said = [USER, {"role": "assistant", "tool_calls": [call("a", arguments=broken)]}]

    translation = from_chat(messages=said)

    assert "arguments" in translation.payload["messages"][1]["content"][0]["input"]
    assert "tool_call.arguments" in translation.warnings


def test_the_exact_text_of_arguments_is_kept_between_openais_protocols():
    exact = '{ "b":1,\n "a" : 1.0 }'
    said = [USER, {"role": "assistant", "tool_calls": [call("a", arguments=exact)]}]

    assert from_chat("responses", "gpt-5", messages=said).payload["input"][1]["arguments"] == exact


# formats and state


def test_a_schema_is_closed_and_freed_of_bounds_for_claude():
    schema = {
        "type": "object",
        "properties": {
            "minimum": {"type": "integer", "minimum": 1},
            "list": {"type": "array", "items": {"type": "object"}},
        },
    }
    form = {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}

    translation = from_chat(response_format=form)

    sent = translation.payload["output_config"]["format"]["schema"]
    assert sent["additionalProperties"] is False
    assert sent["properties"]["minimum"] == {"type": "integer"}
    assert sent["properties"]["list"]["items"]["additionalProperties"] is False
    assert translation.warnings == ("json_schema.bounds",)


def test_a_json_object_is_asked_of_claude_in_words():
    translation = from_chat(response_format={"type": "json_object"})

    assert "JSON object" in translation.payload["system"][-1]["text"]
    assert translation.warnings == ("response_format.json_object",)


def test_claudes_format_is_openais_schema():
    schema = {"type": "object", "properties": {}}
    config = {"format": {"type": "json_schema", "schema": schema}}

    chat = from_messages(output_config=config).payload
    responses = from_messages("responses", "gpt-5", output_config=config).payload

    assert chat["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": schema},
    }
    assert responses["text"] == {"format": {"type": "json_schema", "name": "answer", "schema": schema}}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("previous_response_id", "resp_1"),
        ("conversation", "conv_1"),
        ("prompt", {"id": "p"}),
        ("background", True),
    ],
)
def test_state_that_another_provider_holds_is_refused_by_name(field, value):
    with pytest.raises(Unreadable) as refusal:
        from_responses(**{field: value})

    assert refusal.value.param == field


def test_a_reference_to_an_item_is_resolved_or_refused():
    message = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "before"}]}
    items = [USER, {"type": "item_reference", "id": "msg_1"}, USER]

    known = from_responses(input=items, stored={"msg_1": message})

    assert known.payload["messages"][1] == {"role": "assistant", "content": "before"}
    with pytest.raises(Unreadable):
        from_responses(input=items)
    assert from_responses(input=[USER, {"type": "item_reference", "id": "rs_1"}]).warnings == (
        "item_reference",
    )


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"messages": [{"role": "robot"}]}, "messages[0].role"),
        (
            {"messages": [{"role": "user", "content": [{"type": "text", "text": 1}]}]},
            "messages[0].content[0].text",
        ),
        ({"tools": [{"type": "function", "function": {}}]}, "tools[0].function.name"),
        ({"temperature": "hot"}, "temperature"),
        ({"stop": [1]}, "stop"),
        ({"seed": 2.0**64}, "seed"),
    ],
    ids=["role", "text", "tool", "number", "stop", "huge"],
)
def test_a_wrong_field_is_refused_by_its_place(fields, param):
    with pytest.raises(Unreadable) as refusal:
        from_chat(**fields)

    assert refusal.value.param == param
    assert str(refusal.value).startswith(param)


@pytest.mark.parametrize(
    ("source", "target"),
    list(itertools.permutations(["chat", "messages", "responses"], 2)),
    ids=lambda name: name,
)
def test_a_stream_is_asked_for_as_the_target_asks(source, target):
    request: dict[str, Any] = {"input": "Hello"} if source == "responses" else {"messages": [USER]}

    payload = translate_request(request, source, target, model="m", is_stream=True).payload

    assert payload["stream"] is True
    assert payload.get("stream_options") == ({"include_usage": True} if target == "chat" else None)


def nested(levels: int, wrap) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = wrap(value)
    return value


@pytest.mark.parametrize(
    "content",
    [
        nested(300, lambda inner: [{"type": "document", "source": {"type": "content", "content": inner}}]),
        nested(300, lambda inner: [{"type": "search_result", "source": "s", "title": "t", "content": inner}]),
        nested(30, lambda inner: [{"type": "document", "source": {"type": "content", "content": inner}}]),
        nested(300, lambda inner: [{"type": "tool_use", "id": "a", "name": "b", "input": {"a": inner}}]),
    ],
    ids=["documents", "results", "few documents", "input"],
)
def test_what_is_nested_too_deeply_is_refused(content):
    with pytest.raises(Unreadable, match="nest"):
        from_messages(messages=[{"role": "user", "content": content}])


def test_arguments_nested_too_deeply_to_be_written_stay_text():
    deep = '{"a":' * 300 + "1" + "}" * 300

    translation = from_chat(messages=[USER, {"role": "assistant", "tool_calls": [call("a", arguments=deep)]}])

    assert translation.payload["messages"][1]["content"][0]["input"] == {"arguments": deep}


def test_thousands_of_calls_of_one_id_stay_in_order():
    turns = [
        {"role": "assistant", "tool_calls": [call("a")] * 5000},
        *({"role": "tool", "tool_call_id": "a", "content": str(number)} for number in range(6000)),
    ]

    blocks = from_chat(messages=[USER, *turns]).payload["messages"][2]["content"]

    assert [block.get("content", block.get("text")) for block in blocks] == [
        str(number) for number in range(6000)
    ]
    assert len({block["tool_use_id"] for block in blocks[:5000]}) == 5000


def test_thousands_of_messages_of_one_role_become_one_in_order():
    said = [{"role": "user", "content": str(number)} for number in range(20_000)]

    (message,) = from_chat(messages=said).payload["messages"]

    assert [block["text"] for block in message["content"]] == [str(number) for number in range(20_000)]
