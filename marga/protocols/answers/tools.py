"""Give a tool call back in the kind and under the name that the client gave the tool. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from marga.protocols.answers.neutral import NO_ARGUMENTS, ToolCall
from marga.protocols.client_tools import ClientTool, custom_arguments, custom_input
from marga.protocols.reading import text
from marga.protocols.request import Unreadable

Tools = Mapping[str, ClientTool]
"""The client's tools by the function name that the provider was told, as client_tools gives them."""


def as_given(call: ToolCall, tools: Tools) -> ToolCall:
    """Return call as one of the client's own tool; a kind that only the provider's protocol has stays."""
    found = tools.get(call.name)
    if found is None or call.kind != "function":
        return call
    arguments = custom_input(call.arguments) if found.kind == "custom" else call.arguments
    return ToolCall(call.id, found.name, arguments, found.kind, found.namespace)


def as_function(call: ToolCall) -> ToolCall:
    """Return call for a client that knows only functions."""
    if call.kind == "custom":
        return call._replace(arguments=custom_arguments(call.arguments), kind="function")
    return call._replace(kind="function")


def arguments_of(value: Any) -> str:
    """Return the arguments of a function as text; some servers send the object itself."""
    return as_json(value) if isinstance(value, dict) and value else text(value)


def loaded(arguments: str) -> Any:
    """Return what the JSON text says, or None where it is none."""
    try:
        return orjson.loads(arguments)
    except orjson.JSONDecodeError:
        return None


def object_of(arguments: str) -> dict[str, Any]:
    """Return arguments as the object that Messages needs.

    Models do write arguments that are no object: those are kept as one field, so that the client sees them.
    """
    held = loaded(arguments or NO_ARGUMENTS)
    return held if isinstance(held, dict) else {"input": arguments}


def as_json(value: Any) -> str:
    """Return value as JSON text.

    Raises Unreadable for what is nested too deeply.
    """
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError as exc:
        raise Unreadable("The provider's answer is nested too deeply.") from exc
