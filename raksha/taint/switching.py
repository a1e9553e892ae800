"""`match` and `switch`: cases that surely do not fit are left out, a case that surely fits ends the search."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from raksha.taint import classes, conditions, ir
from raksha.taint.assigning import assign
from raksha.taint.folding import truth
from raksha.taint.frames import Loop
from raksha.taint.joining import add_facts, join, meet_facts
from raksha.taint.state import State, merge, merge_all
from raksha.taint.values import FALSE, NOTHING, TRUE, UNKNOWN, Value, constant

if TYPE_CHECKING:
    from raksha.taint.interpreter import Interpreter


def switch(it: Interpreter, node: ir.Switch) -> None:
    """Run the cases that can fit."""
    subject = conditions.identify(it, node.subject, it.eval(node.subject))
    loop = Loop(node.label, takes_continue=False, takes_break=node.falls)
    it.frame.loops.append(loop)
    left = it.state  # none of the cases so far fits
    falling: State | None = None
    ended: list[State | None] = []
    default = _default(node)
    for case in node.cases:
        if case is default:
            entering: State | None = _reaches_default(it, node, subject, left)
            entering = it.along(entering, partial(_capture, it, case, subject))
        else:
            entering, left = _enter(it, case, subject, left)
        it.state = merge(entering, falling)
        it.run(case.body)
        if node.falls:
            falling = it.state
        else:
            ended.append(it.state)
    it.frame.loops.pop()
    if default is not None:
        left = None
    it.state = merge_all([left, falling, *ended, *loop.breaks])


def _default(node: ir.Switch) -> ir.Case | None:
    plain = [case for case in node.cases if not case.patterns and case.guard is None and not case.shape]
    return plain[-1] if plain else None


def _reaches_default(it: Interpreter, node: ir.Switch, subject: Value, left: State | None) -> State | None:
    """The default may stand among the cases: only where no other case surely fits is it reached."""
    if left is None:
        return None
    at = next(number for number, case in enumerate(node.cases) if case is _default(node))
    for case in node.cases[at + 1 :]:
        if _fits(it, case, subject, left) is True:
            return None
    return left.fork()


def _fits(it: Interpreter, case: ir.Case, subject: Value, state: State) -> bool | None:
    answers: list[bool | None] = []
    it.along(state.fork(), lambda: answers.append(truth(it, _test(it, case, subject))))
    return answers[0] if answers else None


def _enter(
    it: Interpreter, case: ir.Case, subject: Value, left: State | None
) -> tuple[State | None, State | None]:
    """Return the state in which the case's body begins, and the one in which the search goes on."""
    if left is None:
        return None, None
    it.state = left
    test = _test(it, case, subject)
    true, false = conditions.split(it, test)
    if true is not None and case.captures:
        it.along(true, lambda: _capture(it, case, subject))
    if case.guard is None or true is None:
        return true, false
    return _guarded(it, case.guard, true, false)


def _capture(it: Interpreter, case: ir.Case, subject: Value) -> None:
    for target in case.captures:
        assign(it, target, subject)


def _guarded(
    it: Interpreter, guard: ir.Expr, true: State, false: State | None
) -> tuple[State | None, State | None]:
    it.state = true
    test = conditions.identify(it, guard, it.eval(guard))
    passes, fails = conditions.split(it, test)
    return passes, merge(fails, false)


def _test(it: Interpreter, case: ir.Case, subject: Value) -> Value:
    """Return whether a case's patterns fit the subject, its guard aside."""
    if case.shape:
        return Value(consts=(True, False))
    if not case.patterns:
        return TRUE
    result = FALSE
    for pattern in case.patterns:
        answer = _fitting(it, pattern, subject)
        result = _either(it, result, answer)
    return result


def _fitting(it: Interpreter, pattern: ir.Expr, subject: Value) -> Value:
    """Return whether one pattern fits; a bare name is a constant of the subject's enumeration first."""
    if isinstance(pattern, ir.Name) and subject.refs:
        is_it = classes.is_constant(it, subject, pattern.id)
        if is_it is not None:
            return constant(is_it)
    op = "===" if it.language.has_static_types else "=="  # Java's switch compares texts, its == objects
    return conditions.compare(it, op, subject, _pattern(it, pattern))


def _pattern(it: Interpreter, node: ir.Expr) -> Value:
    value = it.eval(node)
    if value.consts is None and isinstance(node, ir.Name) and not value.name:
        return Value(consts=(node.id,))  # the name of an enumeration's member
    return value


def _either(it: Interpreter, one: Value, other: Value) -> Value:
    if truth(it, one) is True or truth(it, other) is True:
        return TRUE
    if truth(it, one) is False:
        return other
    if truth(it, other) is False:
        return one
    first, second = one.implies, other.implies
    if first is None or second is None:
        return Value(consts=(True, False))
    implied = (meet_facts(first[0], second[0]), add_facts(first[1], second[1]))
    return Value(consts=(True, False), implies=implied)


def switch_value(it: Interpreter, node: ir.SwitchExpr) -> Value:
    """Evaluate a switch whose bodies end by Return of what they yield."""
    outer, it.frame.returns = it.frame.returns, []
    try:
        it.run((node.switch,))
        yielded = it.frame.returns
    finally:
        it.frame.returns = outer
    result = NOTHING
    states: list[State | None] = [it.state]
    for value, state in yielded:
        result = join(result, value)
        states.append(state)
    it.state = merge_all(states)
    it.now  # noqa: B018  no case may come back
    return UNKNOWN if result is NOTHING else result
