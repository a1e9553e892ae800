"""Arithmetic on what is known: constants are computed by the language's own rules, taint goes with the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import TYPE_CHECKING

from raksha.taint.joining import head_of, join_flows
from raksha.taint.values import (
    LONGEST_HEAD,
    LONGEST_TEXT,
    UNKNOWN,
    Constant,
    Flow,
    Value,
    of_constants,
)

if TYPE_CHECKING:
    from raksha.taint.interpreter import Interpreter
    from raksha.taint.library import Language

MOST_COMBINATIONS = 64
LARGEST_NUMBER = 1 << 256
NUMBERS_ONLY = frozenset({"//", "**", "<<", ">>", ">>>"})
FOLDED = (str, bytes, int, float, bool, type(None))


def fold(function: Callable[..., Constant], values: Sequence[Value]) -> Value | None:
    """Return the function of every combination of the values' constants; None when something is not known."""
    choices: list[tuple[Constant, ...]] = []
    count = 1
    for value in values:
        if not value.consts or value.refs or value.callables:
            return None
        count *= len(value.consts)
        if count > MOST_COMBINATIONS:
            return None
        choices.append(value.consts)
    try:
        results = [function(*combination) for combination in product(*choices)]
    except Exception:  # noqa: BLE001  whatever the language's own arithmetic refuses is simply not known
        return None
    if not all(_is_small(result) for result in results):
        return None
    made = of_constants(results)
    return made if made.consts is not None else None


def _is_small(result: object) -> bool:
    if not isinstance(result, FOLDED):
        return False
    if isinstance(result, int):
        return -LARGEST_NUMBER < result < LARGEST_NUMBER
    return not isinstance(result, str | bytes) or len(result) <= LONGEST_TEXT


def safe_binary(language: Language, op: str, one: Constant, other: Constant) -> Constant:
    """Compute a binary operation unless its result would be huge."""
    if op in {"*", "<<", "**"} and _is_huge(op, one, other):
        raise OverflowError(op)
    return language.binary(op, one, other)


def _is_huge(op: str, one: Constant, other: Constant) -> bool:
    if op == "*":
        texts = [value for value in (one, other) if isinstance(value, str | bytes)]
        numbers = [value for value in (one, other) if isinstance(value, int)]
        return bool(texts and numbers) and len(texts[0]) * max(numbers[0], 1) > LONGEST_TEXT
    if not isinstance(one, int) or not isinstance(other, int):
        return op == "**"
    return other > 256 or abs(one) > LARGEST_NUMBER


def binary(it: Interpreter, op: str, left: Value, right: Value) -> tuple[Value, tuple[Flow, ...]]:
    """Return what is known of `left op right`, and the taint it takes over."""
    folded = fold(lambda one, other: safe_binary(it.language, op, one, other), (left, right))
    if folded is not None:
        return folded, ()
    if op in NUMBERS_ONLY or _is_number(it, left) or _is_number(it, right):
        return _number(it, op, left, right)
    flows = join_flows(left.flows, right.flows)
    if op != "+":
        return UNKNOWN, flows
    return _joined_text(it, left, right), flows


def _is_number(it: Interpreter, value: Value) -> bool:
    return value.type in it.language.no_taint_types


def _number(it: Interpreter, op: str, left: Value, right: Value) -> tuple[Value, tuple[Flow, ...]]:
    if op in NUMBERS_ONLY or (_is_number(it, left) and _is_number(it, right)):
        return Value(type=left.type or right.type), ()
    texts = [value for value in (left, right) if not _is_number(it, value)]
    return UNKNOWN, texts[0].flows


def _joined_text(it: Interpreter, left: Value, right: Value) -> Value:
    text = it.language.types.get("str", "")
    is_text = text in (left.type, right.type) or any(
        isinstance(value, str) for side in (left, right) for value in side.consts or ()
    )
    if not is_text:
        return UNKNOWN
    head = head_of(left)
    if left.is_known and isinstance(left.only, str):
        head += head_of(right)
    return Value(type=text, head=head[:LONGEST_HEAD])


def template(it: Interpreter, parts: Sequence[Value]) -> tuple[Value, tuple[Flow, ...]]:
    """Return the text that the parts make one after the other, and the taint it takes over."""
    folded = fold(lambda *texts: "".join(map(it.language.text, texts)), parts)
    if folded is not None:
        return folded, ()
    flows: tuple[Flow, ...] = ()
    head, is_exact = "", True
    for part in parts:
        flows = join_flows(flows, it.deep(part).flows)
        if is_exact:
            is_exact = part.is_known
            head += it.language.text(part.only) if is_exact else head_of(part)
    return Value(type=it.language.types.get("str", ""), head=head[:LONGEST_HEAD]), flows


def truth(it: Interpreter, value: Value) -> bool | None:
    """Return whether the value counts as true; None when it can be both."""
    answers: set[bool] = set()
    if value.consts is None:
        return None
    try:
        answers.update(it.language.truth(constant) for constant in value.consts)
    except Exception:  # noqa: BLE001  a constant whose truth the language does not tell
        return None
    for number in value.refs:
        thing = it.object(number)
        size = thing.size()
        if thing.shape == "object" or not it.language.empty_is_false:
            answers.add(True)
        elif size is None:
            return None
        else:
            answers.add(size > 0)
    if value.callables:
        answers.add(True)
    return answers.pop() if len(answers) == 1 else None
