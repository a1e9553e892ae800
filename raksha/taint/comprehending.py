"""Comprehensions: element by element over what is exactly known, else once for all elements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from raksha.taint import conditions, ir, shapes
from raksha.taint.assigning import assign
from raksha.taint.heap import join_all
from raksha.taint.modules import target_names
from raksha.taint.state import merge
from raksha.taint.values import Constant, Value

if TYPE_CHECKING:
    from raksha.taint.interpreter import Interpreter

Pairs = list[tuple[Value, Value]]


def comprehension(it: Interpreter, node: ir.Comprehension) -> Value:
    """Evaluate a comprehension; names that it binds are put back."""
    bound = [name for clause in node.clauses for name in target_names(clause.target)]
    saved = {name: it.now.locals.get(name) for name in bound}
    results: Pairs = []
    is_exact = _clauses(it, node, node.clauses, results)
    for name, value in saved.items():
        if value is None:
            it.now.locals.pop(name, None)
        else:
            it.now.locals[name] = value
    return _collected(it, node, results, is_exact)


def _clauses(it: Interpreter, node: ir.Comprehension, clauses: Sequence[ir.Clause], results: Pairs) -> bool:
    """Run the clauses; return whether each result surely is in there, in this order."""
    it.tick()
    if not clauses:
        key = it.eval(node.key) if node.key is not None else it.eval(node.element)
        results.append((key, it.eval(node.element) if node.key is not None else key))
        return True
    clause, rest = clauses[0], clauses[1:]
    iterable = it.eval(clause.iterable)
    exact = shapes.items(it, iterable)
    is_exact = exact is not None and len(exact) <= it.budget.unroll
    rounds = exact if is_exact and exact is not None else [shapes.element(it, iterable)]
    for item in rounds:
        assign(it, clause.target, item)
        is_exact = _filtered(it, node, clause.conditions, rest, results) and is_exact
    return is_exact


def _filtered(
    it: Interpreter,
    node: ir.Comprehension,
    tests: Sequence[ir.Expr],
    rest: Sequence[ir.Clause],
    results: Pairs,
) -> bool:
    if not tests:
        return _clauses(it, node, rest, results)
    test = conditions.identify(it, tests[0], it.eval(tests[0]))
    true, false = conditions.split(it, test)
    answers: list[bool] = []
    after = it.along(true, lambda: answers.append(_filtered(it, node, tests[1:], rest, results)))
    is_decided = true is None or false is None
    it.state = merge(false, after)
    it.now  # noqa: B018  the condition may not come back
    return is_decided and all(answers)


def _collected(it: Interpreter, node: ir.Comprehension, results: Pairs, is_exact: bool) -> Value:
    if node.kind == "mapping":
        return _collected_mapping(it, node, results, is_exact)
    shape = "list" if node.kind == "generator" else node.kind
    values = [value for _, value in results]
    if is_exact:
        return shapes.sequence(it, values, shape, node)
    return shapes.some(it, join_all(values), shape, node)


def _collected_mapping(it: Interpreter, node: ir.Comprehension, results: Pairs, is_exact: bool) -> Value:
    if is_exact and all(key.is_known for key, _ in results):
        fields: dict[Constant, Value] = {key.only: value for key, value in results}
        return shapes.mapping(it, fields, node)
    return shapes.mapping(it, {}, node, join_all(value for _, value in results))
