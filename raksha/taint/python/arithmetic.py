"""Python's own arithmetic on constants, with bounds: scanned code must not make us compute for long."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

from raksha.taint.values import LONGEST_TEXT, Constant

LONG_WIDTH = re.compile(r"%[^a-zA-Z%]*(?:\d{4,}|\*)")
LARGEST_BITS = 4096


class TooMuch(ValueError):
    """The result would be too large, or is no constant."""


def binary(op: str, left: Any, right: Any) -> Constant:
    """Compute left op right; raises when Python would, or when it would take long."""
    if op == "*":
        _bounded_product(left, right)
    elif op == "**":
        _bounded_power(left, right)
    elif op == "<<" and (not 0 <= right <= LARGEST_BITS or left.bit_length() > LARGEST_BITS):
        raise TooMuch(op)
    elif op == "%" and isinstance(left, str | bytes):
        return _formatted(left, right)
    return _constant(BINARY[op](left, right))


def compare(op: str, left: Any, right: Any) -> bool:
    return bool(COMPARE[op](left, right))


def unary(op: str, value: Any) -> Constant:
    return _constant(UNARY[op](value))


def truth(value: Constant) -> bool:
    return bool(value)


def text(value: Constant) -> str:
    """Return what an f-string shows of it."""
    return str(value)


def index(holder: Any, key: Any) -> Constant:
    return _constant(holder[key])


def sliced(holder: Any, lower: Any, upper: Any, step: Any) -> Constant:
    return _constant(holder[lower:upper:step])


def _bounded_product(left: Any, right: Any) -> None:
    for text, times in ((left, right), (right, left)):
        if isinstance(text, str | bytes) and len(text) * max(times, 0) > LONGEST_TEXT:
            raise TooMuch("*")
    if isinstance(left, int) and isinstance(right, int) and _bits(left) + _bits(right) > LARGEST_BITS:
        raise TooMuch("*")


def _bounded_power(base: Any, exponent: Any) -> None:
    if isinstance(base, int) and isinstance(exponent, int) and _bits(base) * abs(exponent) > LARGEST_BITS:
        raise TooMuch("**")


def _bits(value: int) -> int:
    return value.bit_length()


def _formatted(form: str | bytes, value: Any) -> Constant:
    shown = form if isinstance(form, str) else form.decode("latin-1")
    if LONG_WIDTH.search(shown):
        raise TooMuch("%")
    return _constant(form % value)


def _constant(value: Any) -> Constant:
    if value is None or isinstance(value, str | bytes | int | float):
        return value
    raise TooMuch("no constant")


BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod, "**": operator.pow, "<<": operator.lshift, ">>": operator.rshift, "&": operator.and_,
    "|": operator.or_, "^": operator.xor,
}  # fmt: skip
COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt,
    ">=": operator.ge, "in": lambda item, holder: item in holder, "not in": lambda item, holder: item not in holder,
    "is": lambda one, other: type(one) is type(other) and one == other,
    "is not": lambda one, other: type(one) is not type(other) or one != other,
}  # fmt: skip
UNARY: dict[str, Callable[[Any], Any]] = {
    "not": operator.not_, "-": operator.neg, "+": operator.pos, "~": operator.invert
}  # fmt: skip
