"""Functions as their decorators leave them: decorators of the project are run, others keep the function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raksha.taint import ir
from raksha.taint.callables import Class, Function
from raksha.taint.frames import Frame
from raksha.taint.values import Value

if TYPE_CHECKING:
    from raksha.taint.interpreter import Interpreter


def decorated(it: Interpreter, function: Function) -> Value:
    """Return what the name of a decorated function stands for."""
    plain = Value(consts=(), callables=(function,))
    if not function.node.decorators:
        return plain
    if function.frame is None and function in it.decorated:
        return it.decorated[function]
    from raksha.taint.names import apart

    it.decorated[function] = plain
    if function.frame is None:
        apart(it, Frame(function.module, owner=function.owner), lambda: _apply_all(it, function, plain))
    else:
        _apply_all(it, function, plain)
    return it.decorated[function]


def _apply_all(it: Interpreter, function: Function, plain: Value) -> None:
    result = plain
    for node in reversed(function.node.decorators):
        result = _apply(it, function, node, result)
    it.decorated[function] = result


def _apply(it: Interpreter, function: Function, node: ir.Expr, value: Value) -> Value:
    """Return what one decorator makes of the value, when the decorator is of the project and says so."""
    from raksha.taint.calls import call_value
    from raksha.taint.names import run_in

    def work() -> Value:
        head = node.callee if isinstance(node, ir.Call) else node
        if not any(isinstance(found, Function | Class) for found in it.eval(head).callables):
            return value
        made = call_value(it, node, it.eval(node), (value,), {})
        return made if made.callables else value

    return run_in(it, function, work) or value


def names(node: ir.Function | ir.Class) -> list[str]:
    """Return the decorators' names as written, without arguments, the last part only."""
    found = []
    for decorator in node.decorators:
        head = decorator.callee if isinstance(decorator, ir.Call) else decorator
        if isinstance(head, ir.Attr):
            found.append(head.name)
        elif isinstance(head, ir.Name):
            found.append(head.id.rpartition(".")[2])
    return found
