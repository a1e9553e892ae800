"""Make a JSON schema acceptable to Anthropic's structured output. Pure.

It wants every object closed and refuses bounds on numbers, texts and lists.
Source: https://docs.claude.com/en/docs/build-with-claude/structured-outputs
"""

from __future__ import annotations

from typing import Any

from marga.protocols.neutral import Json

DEEPEST = 40
"""Levels that are rewritten; no real schema nests so far, and what lies below goes as it is."""

_BOUNDS = frozenset({
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength",
    "maxItems", "uniqueItems", "minProperties", "maxProperties",
})  # fmt: skip
_MAPS = frozenset({"properties", "$defs", "definitions", "patternProperties"})
_AS_DATA = frozenset({"const", "enum", "default", "examples"})


def closed(schema: Json) -> tuple[Json, bool]:
    """Return schema with its objects closed and without bounds, and whether bounds were dropped."""
    dropped: list[str] = []
    return _schema(schema, dropped, 0), bool(dropped)


def _schema(schema: Any, dropped: list[str], depth: int) -> Any:
    if isinstance(schema, list):
        return [_schema(entry, dropped, depth + 1) for entry in schema]
    if not isinstance(schema, dict) or depth > DEEPEST:
        return schema
    result: Json = {}
    for name, value in schema.items():
        if name in _BOUNDS:
            dropped.append(name)
        elif name in _AS_DATA:
            result[name] = value
        elif name in _MAPS and isinstance(value, dict):
            result[name] = {key: _schema(entry, dropped, depth + 1) for key, entry in value.items()}
        else:
            result[name] = _schema(value, dropped, depth + 1)
    if result.get("type") == "object" or "properties" in result:
        result["additionalProperties"] = False
    return result
