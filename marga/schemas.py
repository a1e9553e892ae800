"""Whether a JSON value fits a JSON Schema, for schemas that strangers send. Pure, and bounded in time.

The part of draft 2020-12 that structured outputs use. `pattern` and `format` are not checked: a stranger's regular
expression could hold up everybody else. A keyword that is not known here is reported, never passed over.
Source: https://json-schema.org/draft/2020-12/json-schema-validation
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

STEPS_MOST = 20_000
DEPTH_MOST = 64

TYPES: Mapping[str, Callable[[Any], bool]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: _is_number(value) and float(value).is_integer(),
    "number": lambda value: _is_number(value),
    "string": lambda value: isinstance(value, str),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}
SILENT = frozenset(
    [
        "$schema",
        "$id",
        "$comment",
        "$defs",
        "definitions",
        "title",
        "description",
        "default",
        "examples",
        "deprecated",
        "readOnly",
        "writeOnly",
        "format",
        "pattern",
        "contentEncoding",
        "contentMediaType",
        "strict",
        "name",
    ]
)


class NotUnderstood(ValueError):
    """The schema uses what this checker does not know, or takes too long to check."""


def fault(schema: Any, value: Any) -> str | None:
    """Return why value does not fit schema, with its place; None when it fits.

    Raises NotUnderstood.
    """
    return _Check(schema).fault(schema, value, "$", 0)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


class _Check:
    """One check, with what is left of its time."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._steps = STEPS_MOST

    def fault(self, schema: Any, value: Any, place: str, depth: int) -> str | None:
        self._steps -= 1
        if self._steps < 0 or depth > DEPTH_MOST:
            raise NotUnderstood("the schema is too large or too deep to check here")
        if isinstance(schema, bool):
            return None if schema else f"{place}: nothing is allowed here"
        if not isinstance(schema, dict):
            raise NotUnderstood(f"the schema for {place} is neither an object nor true or false")
        for keyword, wanted in schema.items():
            if keyword in SILENT:
                continue
            check = _KEYWORDS.get(keyword)
            if check is None:
                raise NotUnderstood(f"the keyword {str(keyword)[:40]} is not known here")
            if found := check(self, wanted, value, schema, place, depth + 1):
                return found
        return None

    def resolve(self, reference: Any) -> Any:
        """Follow a reference inside the schema."""
        if not isinstance(reference, str) or not reference.startswith("#"):
            raise NotUnderstood("only references within the schema are followed")
        found = self._root
        for part in reference[1:].split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            if not isinstance(found, dict) or name not in found:
                raise NotUnderstood(f"the reference {reference[:80]} leads nowhere")
            found = found[name]
        return found


def _type(check: _Check, wanted: Any, value: Any, schema: Any, place: str, depth: int) -> str | None:
    names = wanted if isinstance(wanted, list) else [wanted]
    if not all(isinstance(name, str) and name in TYPES for name in names):
        raise NotUnderstood("type names one or more of the seven JSON types")
    return None if any(TYPES[name](value) for name in names) else f"{place}: not of type {', '.join(names)}"


def same(one: Any, other: Any) -> bool:
    """Compare as JSON does: 1 is 1.0, but not true."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def _enum(check: _Check, wanted: Any, value: Any, schema: Any, place: str, depth: int) -> str | None:
    if not isinstance(wanted, list):
        raise NotUnderstood("enum is a list")
    return None if any(same(value, allowed) for allowed in wanted) else f"{place}: not one of those allowed"


def _const(check: _Check, wanted: Any, value: Any, schema: Any, place: str, depth: int) -> str | None:
    return None if same(value, wanted) else f"{place}: not the one value allowed"


def _reference(check: _Check, wanted: Any, value: Any, schema: Any, place: str, depth: int) -> str | None:
    return check.fault(check.resolve(wanted), value, place, depth)


def _required(check: _Check, wanted: Any, value: Any, schema: Any, place: str, depth: int) -> str | None:
    if not isinstance(value, dict) or not isinstance(wanted, list):
        return None
    missing = [name for name in wanted if name not in value]
    return f"{place}: {str(missing[0])[:40]} is missing" if missing else None


def _properties(check: _Check, wanted: Any, value: Any, schema: Any, place: str, depth: int) -> str | None:
    if not isinstance(wanted, dict):
        raise NotUnderstood("properties is an object")
    if not isinstance(value, dict):
        return None
    faults = (
        check.fault(inner, value[name], f"{place}.{name}", depth)
        for name, inner in wanted.items()
        if name in value
    )
    return next(filter(None, faults), None)


def _additional(check: _Check, wanted: Any, value: Any, schema: Any, place: str, depth: int) -> str | None:
    if not isinstance(value, dict):
        return None
    others = value.keys() - (schema.get("properties") or {}).keys()
    faults = (check.fault(wanted, value[name], f"{place}.{name}", depth) for name in sorted(others))
    return next(filter(None, faults), None)


def _items(check: _Check, wanted: Any, value: Any, schema: Any, place: str, depth: int) -> str | None:
    if not isinstance(value, list):
        return None
    first = len(schema.get("prefixItems") or ())
    faults = (check.fault(wanted, v, f"{place}[{n}]", depth) for n, v in enumerate(value[first:], first))
    return next(filter(None, faults), None)


def _prefix(check: _Check, wanted: Any, value: Any, schema: Any, place: str, depth: int) -> str | None:
    if not isinstance(wanted, list):
        raise NotUnderstood("prefixItems is a list")
    if not isinstance(value, list):
        return None
    pairs = zip(wanted, value, strict=False)
    faults = (check.fault(inner, v, f"{place}[{n}]", depth) for n, (inner, v) in enumerate(pairs))
    return next(filter(None, faults), None)


def _some(least: int, most: int | None) -> Callable[..., str | None]:
    """Make the check that between least and most of the schemas in a list fit; None for all of them."""

    def run(check: _Check, wanted: Any, value: Any, schema: Any, place: str, depth: int) -> str | None:
        if not isinstance(wanted, list) or not wanted:
            raise NotUnderstood("anyOf, oneOf and allOf are lists")
        fits = sum(check.fault(inner, value, place, depth) is None for inner in wanted)
        enough = len(wanted) if most is None else least
        return (
            None if enough <= fits <= (most or len(wanted)) else f"{place}: fits {fits} of the alternatives"
        )

    return run


def _not(check: _Check, wanted: Any, value: Any, schema: Any, place: str, depth: int) -> str | None:
    return None if check.fault(wanted, value, place, depth) else f"{place}: fits what is forbidden"


def _bound(
    applies: Callable[[Any], bool], measure: Callable[[Any], float], holds: Callable[[float, float], bool]
) -> Any:
    """Make the check of a number against what a value measures."""

    def run(check: _Check, wanted: Any, value: Any, schema: Any, place: str, depth: int) -> str | None:
        if not _is_number(wanted):
            raise NotUnderstood("a bound is a number")
        return (
            f"{place}: outside its bounds" if applies(value) and not holds(measure(value), wanted) else None
        )

    return run


def _unique(check: _Check, wanted: Any, value: Any, schema: Any, place: str, depth: int) -> str | None:
    if not wanted or not isinstance(value, list):
        return None
    check._steps -= len(value) ** 2 // 2
    if check._steps < 0:
        raise NotUnderstood("the list is too long to compare")
    twice = any(same(one, other) for n, one in enumerate(value) for other in value[:n])
    return f"{place}: holds something twice" if twice else None


def _is_multiple(number: float, of: float) -> bool:
    if isinstance(number, int) and isinstance(of, int):
        return of > 0 and number % of == 0
    return of > 0 and float(number / of).is_integer()


_NUMBER, _LIST, _OBJECT = TYPES["number"], TYPES["array"], TYPES["object"]
_TEXT = TYPES["string"]
_KEYWORDS: Mapping[str, Callable[..., str | None]] = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    "$ref": _reference,
    "required": _required,
    "properties": _properties,
    "additionalProperties": _additional,
    "items": _items,
    "prefixItems": _prefix,
    "anyOf": _some(1, 1 << 30),
    "oneOf": _some(1, 1),
    "allOf": _some(0, None),
    "not": _not,
    "uniqueItems": _unique,
    "minimum": _bound(_NUMBER, lambda v: v, lambda v, b: v >= b),
    "maximum": _bound(_NUMBER, lambda v: v, lambda v, b: v <= b),
    "exclusiveMinimum": _bound(_NUMBER, lambda v: v, lambda v, b: v > b),
    "exclusiveMaximum": _bound(_NUMBER, lambda v: v, lambda v, b: v < b),
    "multipleOf": _bound(_NUMBER, lambda v: v, _is_multiple),
    "minLength": _bound(_TEXT, len, lambda v, b: v >= b),
    "maxLength": _bound(_TEXT, len, lambda v, b: v <= b),
    "minItems": _bound(_LIST, len, lambda v, b: v >= b),
    "maxItems": _bound(_LIST, len, lambda v, b: v <= b),
    "minProperties": _bound(_OBJECT, len, lambda v, b: v >= b),
    "maxProperties": _bound(_OBJECT, len, lambda v, b: v <= b),
}
