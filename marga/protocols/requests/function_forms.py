"""Say tools that only one protocol has as functions with a schema. Pure.

Anthropic's client tools have fixed arguments, which its documents list, so a function of the same name and schema
serves: https://docs.claude.com/en/docs/agents-and-tools/tool-use/overview.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from marga.protocols.neutral import Json, Tool

_TEXT: Json = {"type": "string"}
_WHOLE: Json = {"type": "integer"}
_TEXTS: Json = {"type": "array", "items": _TEXT}


def _object(required: tuple[str, ...], **properties: Any) -> Json:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


_NATIVE: dict[str, tuple[str, Json]] = {
    "local_shell": (
        "Run a command on the user's machine and return its output.",
        _object(
            ("command",), command=_TEXTS, working_directory=_TEXT, timeout_ms=_WHOLE, env={"type": "object"}
        ),
    ),
    "shell": (
        "Run shell commands, one after the other, and return their output.",
        _object(("commands",), commands=_TEXTS, timeout_ms=_WHOLE, max_output_length=_WHOLE),
    ),
    "apply_patch": (
        "Create, update or delete one file by a diff.",
        _object(
            ("operation",),
            operation=_object(
                ("type", "path"),
                type={"type": "string", "enum": ["create_file", "update_file", "delete_file"]},
                path=_TEXT,
                diff=_TEXT,
            ),
        ),
    ),
}

_ANTHROPIC: dict[str, tuple[str, Json]] = {
    "bash": (
        "Run a command in a persistent bash session.",
        _object((), command=_TEXT, restart={"type": "boolean"}),
    ),
    "text_editor": (
        "View, create and edit text files.",
        _object(
            ("command", "path"),
            command={"type": "string", "enum": ["view", "create", "str_replace", "insert"]},
            path=_TEXT,
            view_range={"type": "array", "items": _WHOLE},
            file_text=_TEXT,
            old_str=_TEXT,
            new_str=_TEXT,
            insert_line=_WHOLE,
            insert_text=_TEXT,
        ),
    ),
    "memory": (
        "Keep notes in files under /memories.",
        _object(
            ("command",),
            command={
                "type": "string",
                "enum": ["view", "create", "str_replace", "insert", "delete", "rename"],
            },
            path=_TEXT,
            view_range={"type": "array", "items": _WHOLE},
            file_text=_TEXT,
            old_str=_TEXT,
            new_str=_TEXT,
            insert_line=_WHOLE,
            insert_text=_TEXT,
            old_path=_TEXT,
            new_path=_TEXT,
        ),
    ),
}


def as_function(tool: Tool) -> Tool | None:
    """Return the function that stands for tool, or None where only the provider could carry it out."""
    if tool.kind == "function":
        return tool
    if tool.kind == "custom":
        return replace(tool, kind="function", schema=_custom_schema(tool), format=None)
    if tool.kind in _NATIVE:
        description, schema = _NATIVE[tool.kind]
        return Tool(tool.kind, description, schema)
    for family, (description, schema) in _ANTHROPIC.items():
        name = tool.raw.get("name")
        if tool.kind.startswith(f"{family}_2") and isinstance(name, str) and name:
            return Tool(name, description, schema)
    return None


def _custom_schema(tool: Tool) -> Json:
    form = tool.format or {}
    about = "The whole input as plain text."
    if form.get("type") == "grammar":
        about = f"The whole input as plain text, matching this {form.get('syntax')} grammar:\n{form.get('definition')}"
    return _object(("input",), input={"type": "string", "description": about})
