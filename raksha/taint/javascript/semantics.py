"""JavaScript's own arithmetic on constants. Whatever is not sure raises, which means "unknown"."""

from __future__ import annotations

import math
import operator

from raksha.taint.values import Constant

INT = 1 << 32
ORDER = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
Number = int | float


class NotSure(Exception):
    """The result depends on what constants alone do not tell."""


def number(value: Constant) -> Number:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        return value
    if isinstance(value, str) and value.strip().lstrip("-").isdigit():
        return int(value)
    raise NotSure


def _plain(value: Number) -> Number:
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1 << 53 else value


def binary(op: str, one: Constant, other: Constant) -> Constant:
    if op == "+" and (isinstance(one, str) or isinstance(other, str)):
        return text(one) + text(other)
    left, right = number(one), number(other)
    if op in ("+", "-", "*"):
        return _plain({"+": operator.add, "-": operator.sub, "*": operator.mul}[op](left, right))
    if op == "/":
        return _plain(left / right)
    if op == "%":
        return _plain(math.fmod(left, right))
    if op == "**":
        return _plain(left**right)
    return _bits(op, int(left), int(right))


def _bits(op: str, left: int, right: int) -> int:
    if op == ">>>":
        return (left % INT) >> (right & 31)
    left, right = _signed(left), _signed(right)
    if op in ("<<", ">>"):
        return _signed(left << (right & 31)) if op == "<<" else left >> (right & 31)
    return int({"&": operator.and_, "|": operator.or_, "^": operator.xor}[op](left, right))


def _signed(value: int) -> int:
    return (value + INT // 2) % INT - INT // 2


def compare(op: str, one: Constant, other: Constant) -> bool:
    if op in ("===", "!=="):
        return _same(one, other) == (op == "===")
    if op in ("==", "!="):
        if type(one) is not type(other) and one is not None and other is not None:
            return (number(one) == number(other)) == (op == "==")
        return _same(one, other) == (op == "==")
    if op in ORDER and isinstance(one, str) and isinstance(other, str):
        return bool(ORDER[op](one, other))
    if op in ORDER:
        return bool(ORDER[op](number(one), number(other)))
    raise NotSure


def _same(one: Constant, other: Constant) -> bool:
    is_number = isinstance(one, int | float) and isinstance(other, int | float)
    if is_number and not isinstance(one, bool) and not isinstance(other, bool):
        return one == other
    return type(one) is type(other) and one == other


def unary(op: str, value: Constant) -> Constant:
    if op == "not":
        return not truth(value)
    if op == "typeof" and value is not None:
        return {str: "string", bool: "boolean"}.get(type(value), "number")
    amount = number(value)
    if op == "~":
        return _signed(~int(amount))
    if op in ("-", "+"):
        return -amount if op == "-" else amount
    raise NotSure


def truth(value: Constant) -> bool:
    return bool(value)


def text(value: Constant) -> str:
    """Return what a template or + makes of a value; null and undefined are one here, so not sure."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return str(value)
    raise NotSure


def index(holder: Constant, key: Constant) -> Constant:
    if isinstance(holder, str) and isinstance(key, int) and 0 <= key < len(holder):
        return holder[key]
    raise NotSure


def slice_(holder: Constant, lower: Constant, upper: Constant, step: Constant) -> Constant:
    raise NotSure
