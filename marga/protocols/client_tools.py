"""Tools that one protocol has and another lacks, as plain functions and back. Pure.

A Responses client (Codex) may declare free-form `custom` tools, `local_shell`, `shell`, `apply_patch` and tools in
namespaces; names may be longer than a provider takes. The request's writer sends each as a function, and the answer's
writer, which sees only the client's own request, turns the call into the item that the client knows.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, NamedTuple

import orjson

from marga.protocols.reading import fields, items, object_in, text

LONGEST_NAME = 64
"""What OpenAI takes as a function's name; Anthropic takes 128."""

NATIVE = frozenset({"local_shell", "shell", "apply_patch"})
"""Responses tools without a name of their own, which the client carries out."""

_ACTION_FIELDS = {
    "local_shell": ("timeout_ms", "user", "working_directory"),
    "shell": ("timeout_ms", "max_output_length"),
}

_FOREIGN_CHARACTER = re.compile(r"[^a-zA-Z0-9_-]")


class ClientTool(NamedTuple):
    """A tool as the client declared it.

    kind: `function`, `custom`, `local_shell`, `shell` or `apply_patch`.
    """

    kind: str
    name: str
    namespace: str = ""


def function_name(name: str, namespace: str = "") -> str:
    """Return the name under which a tool goes to any provider: same tool, same name, and no two tools share one."""
    whole = f"{namespace}__{name}" if namespace else name
    plain = _FOREIGN_CHARACTER.sub("_", whole)
    if plain == whole and len(plain) <= LONGEST_NAME:
        return plain
    mark = hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{plain[: LONGEST_NAME - 9]}_{mark}"


def client_tools(request: dict[str, Any]) -> dict[str, ClientTool]:
    """Return the client's tools by the function name that an upstream of another protocol knows them by.

    request: the client's own payload, of any protocol; what cannot be read is left out.
    """
    found: dict[str, ClientTool] = {}
    for tool in items(request.get("tools")):
        for declared in _declared(fields(tool)):
            found[function_name(declared.name, declared.namespace)] = declared
    for function in items(request.get("functions")):
        if name := text(fields(function).get("name")):
            found[function_name(name)] = ClientTool("function", name)
    return found


def _declared(tool: dict[str, Any]) -> list[ClientTool]:
    kind = text(tool.get("type"))
    if kind in NATIVE:
        return [ClientTool(kind, kind)]
    if kind == "namespace":
        space = text(tool.get("name"))
        return [
            ClientTool(
                "custom" if inner.get("type") == "custom" else "function", text(inner.get("name")), space
            )
            for inner in map(fields, items(tool.get("tools")))
            if text(inner.get("name"))
        ]
    within = fields(tool.get("custom" if kind == "custom" else "function"))
    name = text(tool.get("name")) or text(within.get("name"))
    return (
        [ClientTool("custom" if kind == "custom" and not _has_schema(tool) else "function", name)]
        if name
        else []
    )


def _has_schema(tool: dict[str, Any]) -> bool:
    # Anthropic calls its ordinary client tools `custom`; they have a schema.
    return "input_schema" in tool


def custom_input(arguments: str) -> str:
    """Return the free text of a custom tool's call from the arguments of the function that stood for it."""
    value = (object_in(arguments) or {}).get("input")
    return value if isinstance(value, str) else arguments


def custom_arguments(value: str) -> str:
    """Return the arguments of the function that stands for a custom tool; custom_input undoes it."""
    return orjson.dumps({"input": value}).decode()


def native_item(kind: str, arguments: str) -> dict[str, Any]:
    """Return the own fields of a `local_shell_call`, `shell_call` or `apply_patch_call` item.

    arguments: of the function that stood for the tool; what is missing or wrong becomes empty, since the client
    judges the call. The caller adds type, id, call_id and status.
    """
    given = object_in(arguments) or {}
    if kind == "apply_patch":
        return {"operation": fields(given.get("operation"))}
    action = {name: given[name] for name in _ACTION_FIELDS[kind] if given.get(name) is not None}
    if kind == "shell":
        return {"action": {**action, "commands": _texts(given.get("commands"))}}
    fixed = {"type": "exec", "command": _texts(given.get("command")), "env": fields(given.get("env"))}
    return {"action": action | fixed}


def native_arguments(kind: str, item: dict[str, Any]) -> str:
    """Return the arguments of the function that stands for a native tool; native_item undoes it."""
    if kind == "apply_patch":
        return orjson.dumps({"operation": fields(item.get("operation"))}).decode()
    given = {name: value for name, value in fields(item.get("action")).items() if value is not None}
    if kind == "local_shell":
        given.pop("type", None)
    return orjson.dumps(given).decode()


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [entry for entry in items(value) if isinstance(entry, str)]
