"""Java's own arithmetic on constants. Whatever is not sure raises, which the interpreter takes for "unknown"."""

from __future__ import annotations

import operator
from collections.abc import Callable

from raksha.taint.java.literals import Char
from raksha.taint.values import Constant

INT, LONG = 1 << 31, 1 << 63
LONGEST = 4000  # characters of a text that is still computed
Number = int | float
EXACT: dict[str, Callable[[int, int], int]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "&": operator.and_, "|": operator.or_, "^": operator.xor,
}  # fmt: skip
ORDER: dict[str, Callable[[Number, Number], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


class NotSure(Exception):
    """The result depends on what constants alone do not tell."""


def binary(op: str, one: Constant, other: Constant) -> Constant:
    if op == "+" and (_is_text(one) or _is_text(other)):
        return text(one) + text(other)
    if isinstance(one, bool) and isinstance(other, bool) and op in ("&", "|", "^"):
        return bool(EXACT[op](one, other))
    left, right = number(one), number(other)
    if isinstance(left, float) or isinstance(right, float):
        return _decimal(op, left, right)
    if op in ("<<", ">>", ">>>"):
        return _shift(op, left, right)
    if op == "/":
        result = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
    elif op == "%":
        result = abs(left) % abs(right) * (1 if left >= 0 else -1)
    else:
        result = EXACT[op](left, right)
    return _fits(result, left, right)


def compare(op: str, one: Constant, other: Constant) -> bool:
    """Compare; two equal texts may still be different objects, so == of them is not sure. === compares values."""
    if op == "===" and _is_text(one) and _is_text(other):
        return one == other
    if op == "===":
        return _same(one, other)
    if op in ("==", "!="):
        return _same(one, other) == (op == "==")
    return ORDER[op](number(one), number(other))


def unary(op: str, value: Constant) -> Constant:
    if op == "not":
        return not truth(value)
    amount = number(value)
    if op == "~" and isinstance(amount, int):
        return ~amount
    if op in ("-", "+"):
        return -amount if op == "-" else amount
    raise NotSure


def truth(value: Constant) -> bool:
    if isinstance(value, bool):
        return value
    raise NotSure


def text(value: Constant) -> str:
    """Return what a value is in a concatenation."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float) and (value == 0 or 1e-3 <= abs(value) < 1e7):
        return repr(value)
    raise NotSure


def number(value: Constant) -> Number:
    """Return a number or char as a number."""
    if isinstance(value, Char) and len(value) == 1:
        return ord(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise NotSure


def cast(type_: str, value: Constant) -> Constant:
    """Return a constant cast to a type of Java."""
    if type_ == "char":
        return Char(chr(int(number(value)) & 0xFFFF))
    if type_ in ("int", "long", "short", "byte"):
        bits = {"int": 32, "long": 64, "short": 16, "byte": 8}[type_]
        return wrap(int(number(value)), bits)
    if type_ in ("double", "float"):
        return float(number(value))
    return value


def wrap(value: int, bits: int) -> int:
    half = 1 << (bits - 1)
    return (value + half) % (1 << bits) - half


def index(holder: Constant, key: Constant) -> Constant:
    """Texts of Java are not indexed."""
    raise NotSure


def slice_(holder: Constant, lower: Constant, upper: Constant, step: Constant) -> Constant:
    raise NotSure


def _is_text(value: Constant) -> bool:
    return isinstance(value, str) and not isinstance(value, Char)


def _decimal(op: str, left: Number, right: Number) -> float:
    if op == "/":
        return left / right
    if op in ("+", "-", "*"):
        return float({"+": operator.add, "-": operator.sub, "*": operator.mul}[op](left, right))
    raise NotSure


def _shift(op: str, left: int, right: int) -> int:
    if not -INT <= left < INT:
        raise NotSure
    by = right & 31
    if op == "<<":
        return wrap(left << by, 32)
    return (left if op == ">>" else left & 0xFFFFFFFF) >> by


def _fits(result: int, left: int, right: int) -> int:
    """Return a result that int and long agree on; the types of the operands are not known here."""
    if -INT <= result < INT:
        return result
    if -INT <= left < INT and -INT <= right < INT:
        raise NotSure
    return wrap(result, 64)


def _same(one: Constant, other: Constant) -> bool:
    if one is None or other is None:
        return one is other
    if _is_text(one) and _is_text(other):
        if one == other:
            raise NotSure
        return False
    if isinstance(one, bool) and isinstance(other, bool):
        return one == other
    return number(one) == number(other)


def calls_function(name: str) -> bool:
    """Return whether the method is a functional interface's own one, whatever it is called there."""
    return name not in BESIDE


BESIDE = frozenset(
    [
        "andThen",
        "compose",
        "negate",
        "and",
        "or",
        "equals",
        "hashCode",
        "toString",
        "thenComparing",
        "reversed",
        "getClass",
    ]
)
