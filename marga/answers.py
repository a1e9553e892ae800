"""The final answer in a model's text, in a form in which two answers can be compared. Pure."""

from __future__ import annotations

import ast
import re
from fractions import Fraction
from typing import Any

import orjson

READ_MOST = 20_000
SHORT_MOST = 200
DIGITS_MOST = 60

_SAID = re.compile(
    r"(?:####|\\boxed\{|(?:final\s+)?answer(?:\s+is)?\s*:?)\s*[*_`$(\\]*\s*(?P<said>[^\n}]{1,80})",
    re.IGNORECASE,
)
_ANY_NUMBER = re.compile(
    r"(?<![\w.])[-+]?[$€£]?\s?(?:\d{1,3}(?:,\d{3})+(?![\d,])|\d+)(?:\.\d+)?(?:\s*/\s*\d+)?|(?<![\w.])\.\d+"
)
_CHOICE = re.compile(r"[\s*_(\[]*([A-Z])(?:[\s*_\])]*$|[*_]*[\])]|[*_]*[.:](?:\s|$))")
_FENCE = re.compile(r"```[ \t]*([\w+-]*)[^\n]*\n(.*?)(?:```|\Z)", re.DOTALL)
_EDGES = " \t\r\n\"'`*_.,;:!?()[]{}"
_PYTHON = {"py", "python", "python3"}

Answer = tuple[str, Any]
"""The kind (number, choice, json, python, code, text) and a value; two answers agree when both are equal."""


def final(text: str, task: str) -> Answer | None:
    """Return the final answer in a text; None when there is none that could be compared.

    task: what was asked for; code is looked for in code tasks only, a number first in arithmetic.
    """
    text = text[:READ_MOST].strip()
    if not text:
        return None
    if task in {"simple_code", "complex_code"}:
        return _code(text)
    if (found := _json(text)) is not None:
        return found
    if task == "arithmetic":
        return _number(text)
    return _choice(text) or _short(text)


def _json(text: str) -> Answer | None:
    fenced = _FENCE.search(text)
    body = fenced[2].strip() if fenced else text
    if body[:1] not in {"{", "["}:
        return None
    try:
        # Sorted keys make one text of all orders; whole floats are written as the integers that they are.
        return "json", orjson.dumps(_plain(orjson.loads(body)), option=orjson.OPT_SORT_KEYS)
    except (orjson.JSONDecodeError, TypeError, RecursionError):
        return None


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value.strip() if isinstance(value, str) else value


def _number(text: str) -> Answer | None:
    """Return the number that the text says is its answer, else the last one in it."""
    for said in reversed(list(_SAID.finditer(text))):
        if (value := _first_number(said["said"])) is not None:
            return "number", value
    found = _ANY_NUMBER.findall(text)
    value = _parsed(found[-1]) if found else None
    return None if value is None else ("number", value)


def _first_number(text: str) -> Fraction | None:
    # "3 + 4 = 7" answers 7: what stands after the last equals sign.
    found = _ANY_NUMBER.findall(text.rpartition("=")[2])
    return _parsed(found[0]) if found else None


def _parsed(text: str) -> Fraction | None:
    digits = re.sub(r"[\s,$€£]", "", text)
    if not digits or len(digits) > DIGITS_MOST:
        return None
    above, _, below = digits.partition("/")
    try:
        return Fraction(above) / (Fraction(below) if below else 1)
    except (ValueError, ZeroDivisionError):
        return None


def _choice(text: str) -> Answer | None:
    """Return the letter of the option that was chosen."""
    said = list(_SAID.finditer(text))
    for part in (*([said[-1]["said"]] if said else []), text if len(text) <= SHORT_MOST else ""):
        if found := _CHOICE.match(part.strip()):
            return "choice", found[1]
    return None


def _short(text: str) -> Answer | None:
    """Return a text so short that two people would write it alike; longer ones cannot be compared."""
    said = list(_SAID.finditer(text))
    part = said[-1]["said"] if said else text
    if len(part) > SHORT_MOST or "\n" in part.strip():
        return None
    value = " ".join(part.casefold().split()).strip(_EDGES)
    if (number := _parsed(value)) is not None:
        return "number", number
    for article in ("the ", "a ", "an "):
        value = value.removeprefix(article)
    return ("text", value) if value else None


def _code(text: str) -> Answer | None:
    """Return code as its syntax tree where it is Python, else without its white space."""
    fenced = _FENCE.findall(text)
    language, code = fenced[-1] if fenced else ("", text)
    if language.lower() in _PYTHON or not language:
        try:
            return "python", ast.dump(_without_docstrings(ast.parse(code)))
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            pass
    squeezed = "".join(code.split())
    return ("code", squeezed) if fenced and squeezed else None


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            first = node.body[0] if node.body else None
            is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            if is_text and isinstance(first.value.value, str) and len(node.body) > 1:  # type: ignore[union-attr]
                node.body = node.body[1:]
    return tree
