"""One request per protocol that uses everything it has: written back exactly, and carried to each of the others."""

from __future__ import annotations

from typing import Any

import pytest

from marga.protocols.neutral import Json
from marga.protocols.requests import (
    chat_reader,
    chat_writer,
    messages_reader,
    messages_writer,
    responses_reader,
    responses_writer,
)
from marga.protocols.requests.notes import Notes
from marga.protocols.requests.target import Target
from marga.protocols.translate import translate_request

SCHEMA: Json = {"type": "object", "properties": {"a": {"type": "string"}}}
CACHE: Json = {"type": "ephemeral"}
PNG = "data:image/png;base64,AAAA"
PDF = "data:application/pdf;base64,AAAA"

CHAT: Json = {
    "model": "m",
    "messages": [
        {"role": "developer", "content": "d"},
        {"role": "system", "content": [{"type": "text", "text": "s", "cache_control": CACHE}]},
        {
            "role": "user",
            "name": "ann",
            "content": [
                {"type": "text", "text": "u"},
                {"type": "image_url", "image_url": {"url": PNG, "detail": "low"}},
                {"type": "file", "file": {"file_data": PDF, "filename": "a.pdf"}},
                {"type": "file", "file": {"file_id": "file-1"}},
                {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
                {"type": "hologram", "hologram": 1},
            ],
        },
        {"role": "assistant", "content": [{"type": "text", "text": "x"}, {"type": "text", "text": "y"}]},
        {"role": "user", "content": ""},
        {"role": "assistant", "content": None, "refusal": "no"},
        {"role": "user", "content": "go"},
        {
            "role": "assistant",
            "name": "bob",
            "content": "z",
            "reasoning_content": "r",
            "tool_calls": [
                {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}},
                {"id": "2", "type": "custom", "custom": {"name": "c", "input": "text"}},
            ],
        },
        {"role": "tool", "tool_call_id": "1", "content": "one"},
        {
            "role": "tool",
            "tool_call_id": "2",
            "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
        },
    ],
    "tools": [
        {
            "type": "function",
            "function": {"name": "f", "description": "d", "parameters": SCHEMA, "strict": True},
        },
        {
            "type": "custom",
            "custom": {
                "name": "c",
                "description": "d",
                "format": {"type": "grammar", "grammar": {"syntax": "lark", "definition": "start: a"}},
            },
        },
        {"type": "hologram", "size": 1},
    ],
    "tool_choice": {
        "type": "allowed_tools",
        "allowed_tools": {"mode": "auto", "tools": [{"type": "custom", "custom": {"name": "c"}}]},
    },
    "parallel_tool_calls": False,
    "response_format": {
        "type": "json_schema",
        "json_schema": {"name": "n", "description": "d", "schema": SCHEMA, "strict": True},
    },
    "reasoning_effort": "high",
    "max_completion_tokens": 9000,
    "temperature": 0.5,
    "stop": ["s"],
    "n": 2,
    "seed": 7,
    "logit_bias": {"1": 2},
    "service_tier": "flex",
    "web_search_options": {"search_context_size": "low"},
}

MESSAGES: Json = {
    "model": "m",
    "max_tokens": 9000,
    "system": [{"type": "text", "text": "s"}, {"type": "text", "text": "t", "cache_control": CACHE}],
    "messages": [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "u", "cache_control": CACHE},
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
                {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
                {"type": "image", "source": {"type": "file", "file_id": "file_1"}},
                {"type": "image", "source": {"type": "hologram"}},
                {
                    "type": "document",
                    "source": {"type": "text", "media_type": "text/plain", "data": "plain"},
                    "title": "a",
                },
                {"type": "document", "source": {"type": "url", "url": "https://example.com/a.pdf"}},
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "t", "signature": "sig"},
                {"type": "redacted_thinking", "data": "blob"},
                {"type": "server_tool_use", "id": "srv", "name": "web_search", "input": {}},
                {"type": "text", "text": "x"},
                {"type": "tool_use", "id": "1", "name": "f", "input": {"a": "b"}, "cache_control": CACHE},
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "1",
                    "content": [{"type": "tool_reference", "tool_name": "f"}, {"type": "text", "text": "r"}],
                    "is_error": True,
                    "cache_control": CACHE,
                },
                {"type": "text", "text": "go"},
            ],
        },
        {"role": "system", "content": "mid"},
    ],
    "tools": [
        {
            "name": "f",
            "description": "d",
            "input_schema": SCHEMA,
            "strict": True,
            "defer_loading": True,
            "cache_control": CACHE,
        },
        {"type": "web_search_20250305", "name": "web_search", "max_uses": 2},
    ],
    "tool_choice": {"type": "tool", "name": "f", "disable_parallel_tool_use": True},
    "thinking": {"type": "enabled", "budget_tokens": 2000, "display": "summarized"},
    "output_config": {"effort": "max", "format": {"type": "json_schema", "schema": SCHEMA}, "task_budget": 3},
    "metadata": {"user_id": "u", "other": "o"},
    "service_tier": "standard_only",
    "stop_sequences": ["s"],
    "top_k": 5,
    "container": "c",
}

RESPONSES: Json = {
    "model": "m",
    "instructions": "i",
    "input": [
        {"type": "message", "role": "developer", "content": "d"},
        {
            "type": "message",
            "role": "user",
            "content": [
                {"type": "input_text", "text": "u"},
                {"type": "input_image", "image_url": PNG, "detail": "high"},
                {"type": "input_image", "file_id": "file-1", "detail": "auto"},
                {"type": "input_file", "filename": "a.pdf", "file_data": PDF},
                {"type": "input_file", "file_url": "https://example.com/a.pdf"},
                {"type": "input_file", "file_id": "file-2"},
                {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mp3"}},
                {"type": "hologram"},
            ],
        },
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": "a"}, {"type": "summary_text", "text": "b"}],
            "encrypted_content": "enc",
        },
        {"type": "web_search_call", "id": "ws_1", "status": "completed"},
        {
            "type": "message",
            "role": "assistant",
            "content": [
                {"type": "output_text", "text": "x", "annotations": []},
                {"type": "refusal", "refusal": "no"},
            ],
        },
        {"type": "function_call", "call_id": "1", "name": "f", "arguments": '{ "a":1}', "namespace": "ns"},
        {"type": "custom_tool_call", "call_id": "2", "name": "c", "input": "text"},
        {
            "type": "local_shell_call",
            "id": "3",
            "call_id": "3",
            "status": "completed",
            "action": {"type": "exec", "command": ["ls"], "env": {}, "timeout_ms": 5},
        },
        {"type": "shell_call", "call_id": "4", "status": "completed", "action": {"commands": ["ls"]}},
        {
            "type": "apply_patch_call",
            "call_id": "5",
            "status": "completed",
            "operation": {"type": "delete_file", "path": "a"},
        },
        {
            "type": "function_call_output",
            "call_id": "1",
            "output": [{"type": "input_image", "detail": "auto", "image_url": PNG}],
        },
        {"type": "custom_tool_call_output", "call_id": "2", "output": "two"},
        {"type": "local_shell_call_output", "id": "3", "output": "three"},
        {
            "type": "shell_call_output",
            "call_id": "4",
            "output": [{"stdout": "four", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}}],
        },
        {"type": "apply_patch_call_output", "call_id": "5", "status": "failed", "output": "five"},
        {"type": "message", "role": "user", "content": "go"},
    ],
    "tools": [
        {
            "type": "namespace",
            "name": "ns",
            "description": "d",
            "tools": [
                {"type": "function", "name": "f", "description": "d", "parameters": SCHEMA, "strict": True}
            ],
        },
        {
            "type": "custom",
            "name": "c",
            "description": "d",
            "format": {"type": "grammar", "syntax": "regex", "definition": "a"},
        },
        {"type": "local_shell"},
        {"type": "shell", "environment": {"type": "local"}},
        {"type": "apply_patch"},
        {"type": "web_search"},
    ],
    "tool_choice": {
        "type": "allowed_tools",
        "mode": "required",
        "tools": [{"type": "custom", "name": "c"}, {"type": "shell"}],
    },
    "parallel_tool_calls": True,
    "text": {
        "format": {"type": "json_schema", "name": "n", "description": "d", "schema": SCHEMA, "strict": True},
        "verbosity": "low",
        "tone": "dry",
    },
    "reasoning": {"effort": "medium", "summary": "auto", "context": "auto"},
    "include": ["reasoning.encrypted_content", "web_search_call.results"],
    "max_output_tokens": 9000,
    "prompt_cache_key": "k",
    "truncation": "auto",
}

CASES: dict[str, tuple[Json, Any, Any]] = {
    "chat": (CHAT, chat_reader.read, chat_writer.write),
    "messages": (MESSAGES, messages_reader.read, messages_writer.write),
    "responses": (RESPONSES, responses_reader.read, responses_writer.write),
}


@pytest.mark.parametrize("protocol", sorted(CASES))
def test_a_request_that_uses_everything_is_written_back_exactly(protocol):
    request, read, write = CASES[protocol]
    notes = Notes()

    assert write(read(request), Target(protocol, "m", False), notes) == request
    assert notes.names() == ()


@pytest.mark.parametrize(
    ("source", "target", "warnings"),
    [
        (
            "chat",
            "messages",
            "messages.name image.detail file_id audio content.hologram thinking temperature"
            " service_tier seed n logit_bias web_search_options",
        ),
        (
            "chat",
            "responses",
            "cache_control messages.name file_id audio content.hologram thinking tools.hologram stop seed n"
            " logit_bias web_search_options",
        ),
        (
            "messages",
            "chat",
            "cache_control file_id content.image file_url thinking.signature thinking content.server_tool_use"
            " content.tool_reference tool_result.is_error tools.defer_loading tools.strict"
            " tools.web_search_20250305 output_config.effort top_k container output_config metadata",
        ),
        (
            "messages",
            "responses",
            "cache_control file_id content.image thinking.signature thinking content.server_tool_use"
            " content.tool_reference tool_result.is_error tools.defer_loading tools.strict"
            " tools.web_search_20250305 output_config.effort top_k stop container output_config metadata",
        ),
        (
            "responses",
            "chat",
            "file_id file_url content.hologram thinking web_search_call tool_result.image tools.web_search"
            " verbosity prompt_cache_key truncation reasoning text include",
        ),
        (
            "responses",
            "messages",
            "image.detail file_id audio content.hologram thinking web_search_call"
            " prompt_cache_key verbosity truncation reasoning text include",
        ),
    ],
    ids=lambda value: value if " " not in value else "warnings",
)
def test_a_request_that_uses_everything_loses_only_what_is_named(source, target, warnings):
    request = CASES[source][0]
    model = {"chat": "local", "messages": "claude-opus-4-6", "responses": "gpt-5"}[target]

    translation = translate_request(request, source, target, model=model, is_stream=False)

    assert sorted(translation.warnings) == sorted(warnings.split())
