"""Read and write the tools of a Responses request. Pure."""

from __future__ import annotations

from marga.protocols.client_tools import NATIVE
from marga.protocols.neutral import Json, Tool
from marga.protocols.requests.fields import flag_at, needed_text, object_at, objects_at, others, text_at

_KNOWN = frozenset({"type", "name", "description", "parameters", "strict", "format"})


def read_tools(payload: Json) -> list[Tool]:
    """Return the tools of a request, those of a namespace one by one.

    Raises Unreadable.
    """
    tools: list[Tool] = []
    for where, tool in objects_at(payload, "tools"):
        if tool.get("type") == "namespace":
            space = needed_text(tool, "name", where)
            about = {"namespace_description": text_at(tool, "description", where)}
            tools += [_tool(inner, place, space, about) for place, inner in objects_at(tool, "tools", where)]
        else:
            tools.append(_tool(tool, where, "", {}))
    return tools


def _tool(tool: Json, where: str, namespace: str, about: Json) -> Tool:
    kind = text_at(tool, "type", where) or "function"
    if kind in NATIVE:
        return Tool(kind, kind=kind, raw=others(tool, frozenset({"type"})))
    if kind not in ("function", "custom"):
        return Tool("", kind=kind, raw=tool)
    return Tool(
        needed_text(tool, "name", where),
        text_at(tool, "description", where),
        object_at(tool, "parameters", where),
        flag_at(tool, "strict", where),
        kind,
        object_at(tool, "format", where),
        namespace,
        raw=others(tool, _KNOWN) | about,
    )


def write_tools(tools: tuple[Tool, ...]) -> list[Json]:
    """Return tools as Responses declares them; a namespace stands where its first tool stood."""
    written: list[Json] = []
    spaces: dict[str, Json] = {}
    for tool in tools:
        if not tool.namespace:
            written.append(_written(tool))
            continue
        if tool.namespace not in spaces:
            spaces[tool.namespace] = {
                "type": "namespace",
                "name": tool.namespace,
                "description": tool.raw.get("namespace_description", ""),
                "tools": [],
            }
            written.append(spaces[tool.namespace])
        spaces[tool.namespace]["tools"].append(_written(tool))
    return written


def _written(tool: Tool) -> Json:
    raw = {name: value for name, value in tool.raw.items() if name != "namespace_description"}
    if tool.kind in NATIVE:
        return {"type": tool.kind, **raw}
    if tool.kind == "custom":
        custom = {"type": "custom", "name": tool.name, "description": tool.description, "format": tool.format}
        return {name: value for name, value in custom.items() if value} | raw
    if tool.kind != "function":
        return dict(tool.raw)
    function: Json = {"type": "function", "name": tool.name, "parameters": tool.schema, "strict": tool.strict}
    if tool.description:
        function["description"] = tool.description
    return function | raw
