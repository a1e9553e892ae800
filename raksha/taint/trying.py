"""`try`: handlers start from every state in which the body can be left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raksha.taint import ir
from raksha.taint.heap import join_all
from raksha.taint.state import State, merge_all
from raksha.taint.values import UNKNOWN, Value

if TYPE_CHECKING:
    from raksha.taint.interpreter import Interpreter


def try_block(it: Interpreter, node: ir.Try) -> None:
    """Run a body with its handlers, else and finally."""
    before = it.now.fork()
    outer, it.raised = it.raised, []
    others, it.thrown = it.thrown, []
    try:
        is_sure = _body(it, node.body)
        left, thrown = it.raised, it.thrown
    finally:
        it.raised, it.thrown = outer, others
    failed = merge_all(left if is_sure else [before, *left])
    it.run(node.other)
    ended = [it.state]
    if node.handlers:
        ended.extend(_handle(it, handler, failed, thrown) for handler in node.handlers)
    if outer is not None and failed is not None and not _catches_all(it, node):
        outer.append(failed.fork())
    it.state = merge_all(ended)
    _finally(it, node, failed)


def _body(it: Interpreter, body: tuple[ir.Stmt, ...]) -> bool:
    """Run statement by statement: each may fail before its end. Return whether none of them can."""
    is_sure = True
    for stmt in body:
        it.run((stmt,))
        if it.state is None:
            return False
        if not _is_sure(it, stmt):
            is_sure = False
            if stmt is not body[-1]:
                it.may_raise()
    return is_sure


def _is_sure(it: Interpreter, stmt: ir.Stmt) -> bool:
    """Say whether a statement that was just run cannot fail: a name takes what was computed from constants alone."""
    if not isinstance(stmt, ir.Assign) or not all(isinstance(target, ir.Name) for target in stmt.targets):
        return False
    value = stmt.value
    if isinstance(value, ir.Const):
        return True
    if not isinstance(value, ir.Call) or not all(isinstance(arg.value, ir.Const) for arg in value.args):
        return False
    return all(
        it.now.locals.get(target.id, UNKNOWN).is_known
        for target in stmt.targets
        if isinstance(target, ir.Name)
    )


def _handle(it: Interpreter, handler: ir.Handler, failed: State | None, thrown: list[Value]) -> State | None:
    def work() -> None:
        if handler.name:
            it.now.locals[handler.name] = _caught(it, handler, thrown)
        it.run(handler.body)

    return it.along(failed.fork() if failed is not None else None, work)


def _caught(it: Interpreter, handler: ir.Handler, thrown: list[Value]) -> Value:
    """Return what the handler's name stands for: what was seen to be raised, or an instance of its class."""
    from raksha.taint.declared import instance_of

    value = it.eval(handler.types[0]) if len(handler.types) == 1 else UNKNOWN
    made = instance_of(it, value) if value.name else UNKNOWN
    return join_all([made, *thrown]) if thrown else made


def _catches_all(it: Interpreter, node: ir.Try) -> bool:
    for handler in node.handlers:
        names = {named.id for named in handler.types if isinstance(named, ir.Name)}
        if not handler.types or names & it.language.catches_all:
            return True
    return False


def _finally(it: Interpreter, node: ir.Try, failed: State | None) -> None:
    """Run the last block; where no way leads on it still runs, on the way out."""
    if not node.final:
        return
    if it.state is not None:
        it.run(node.final)
    else:
        it.along(failed.fork() if failed is not None else None, lambda: it.run(node.final))
