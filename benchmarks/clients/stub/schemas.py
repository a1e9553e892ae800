"""Make a valid instance of a JSON schema. Pure and deterministic.

Numbers and quoted words of the prompt are used where they fit, so that "magic_function(3)" is called with 3.
"""

from __future__ import annotations

import re
from typing import Any

NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
QUOTED = re.compile(r"'([^']+)'|\"([^\"]+)\"")
FORMATS = {
    "date-time": "2026-03-02T09:30:00Z",
    "date": "2026-03-02",
    "time": "09:30:00Z",
    "email": "someone@example.com",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "ipv4": "127.0.0.1",
}
DEEPEST = 12


class Maker:
    """Fill one schema; values from the prompt are used once each, in order."""

    def __init__(self, root: dict[str, Any], prompt: str = "") -> None:
        self._root = root
        self._numbers = [float(n) for n in NUMBER.findall(prompt)]
        self._words = [a or b for a, b in QUOTED.findall(prompt)]

    def make(self, schema: Any, name: str = "", depth: int = 0) -> Any:
        """Return an instance of the schema. name: of the property, used for texts."""
        schema = self._resolved(schema)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return schema["enum"][0]
        for word in ("anyOf", "oneOf"):
            if schema.get(word):
                return self.make(self._preferred(schema[word], depth), name, depth)
        return self._of_kind(_kind(schema), schema, name, depth)

    def _resolved(self, schema: Any) -> dict[str, Any]:
        found: dict[str, Any] = schema if isinstance(schema, dict) else {}
        for _ in range(DEEPEST):
            if "$ref" not in found:
                break
            found = self._at(found["$ref"])
        for part in found.get("allOf", ()):
            found = {**found, **self._resolved(part)}
        return found

    def _at(self, reference: str) -> dict[str, Any]:
        found: Any = self._root
        for step in reference.removeprefix("#").strip("/").split("/"):
            found = found.get(step, {}) if step else found
        return found if isinstance(found, dict) else {}

    def _preferred(self, choices: list[Any], depth: int) -> Any:
        """Return the first choice that is not null, and the null one where the schema goes round in circles."""
        is_null = [_kind(self._resolved(choice)) == "null" for choice in choices]
        wanted = depth >= DEEPEST
        return next((c for c, null in zip(choices, is_null, strict=True) if null == wanted), choices[0])

    def _of_kind(self, kind: str, schema: dict[str, Any], name: str, depth: int) -> Any:
        match kind:
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(schema, name, depth)
            case "integer":
                return int(self._number(schema, whole=True))
            case "number":
                return self._number(schema, whole=False)
            case "boolean":
                return True
            case "null":
                return None
        return self._text(schema, name)

    def _object(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        required = schema.get("required", [])
        wanted = schema.get("properties", {})
        names = [n for n in wanted if n in required or depth < 2]
        return {n: self.make(wanted[n], n, depth + 1) for n in names}

    def _array(self, schema: dict[str, Any], name: str, depth: int) -> list[Any]:
        least = schema.get("minItems", 0 if depth >= DEEPEST else 1)
        return [self.make(schema.get("items", {}), name, depth + 1) for _ in range(least)]

    def _number(self, schema: dict[str, Any], *, whole: bool) -> float:
        step = 1 if whole else 0.5
        least = schema.get("minimum", schema.get("exclusiveMinimum", -1e9 - step) + step)
        most = schema.get("maximum", schema.get("exclusiveMaximum", 1e9 + step) - step)
        if self._numbers:
            asked = self._numbers.pop(0)
            if least <= asked <= most and (not whole or asked == int(asked)):
                return asked
        return float(min(max(1, least), most))

    def _text(self, schema: dict[str, Any], name: str) -> str:
        if schema.get("format") in FORMATS:
            return FORMATS[schema["format"]]
        text = self._words.pop(0) if self._words else f"a {name or 'text'} of the stub"
        return text.ljust(schema.get("minLength", 0), ".")[: schema.get("maxLength")]


def _kind(schema: dict[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((k for k in kind if k != "null"), "null")
    if kind:
        return str(kind)
    return "object" if "properties" in schema else "array" if "items" in schema else "string"


def instance(schema: dict[str, Any], prompt: str = "") -> Any:
    """Return a valid instance of the schema."""
    return Maker(schema, prompt).make(schema)
