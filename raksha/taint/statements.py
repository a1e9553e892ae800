"""Running of statements: one function for each form of the tree. Loops, `try` and `switch` stand apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from raksha.taint import classes, conditions, ir, looping, modelling, names, shapes, switching, trying
from raksha.taint.assigning import assign
from raksha.taint.declared import with_type
from raksha.taint.decorating import decorated
from raksha.taint.expressions import make_function
from raksha.taint.frames import Loop
from raksha.taint.heap import Object
from raksha.taint.state import merge, refine
from raksha.taint.values import NULL, UNKNOWN, Value

if TYPE_CHECKING:
    from raksha.taint.interpreter import Interpreter


def _assign(it: Interpreter, node: ir.Assign) -> None:
    if node.value is None:
        _declare(it, node)
        return
    value = it.eval(node.value)
    if node.type:
        _assign_declared(it, node, value)
        return
    for target in node.targets:
        assign(it, target, value)


def _declare(it: Interpreter, node: ir.Assign) -> None:
    if not node.type or it.frame.owner is not None and it.frame.function is None:
        return
    for target in node.targets:
        if isinstance(target, ir.Name) and target.id not in it.now.locals:
            it.now.locals[target.id] = with_type(it, UNKNOWN, node.type)


def _assign_declared(it: Interpreter, node: ir.Assign, value: Value) -> None:
    value = with_type(it, value, node.type)
    for target in node.targets:
        if isinstance(target, ir.Name) and it.language.implicit_members:
            it.now.locals[target.id] = value
        else:
            assign(it, target, value)


def _do(it: Interpreter, node: ir.Do) -> None:
    it.eval(node.value)


def _return(it: Interpreter, node: ir.Return) -> None:
    value = NULL if node.value is None else it.eval(node.value)
    state = it.now
    if state.facts and value.symbol in state.facts:
        value = refine(value, state.facts)
    if it.answers and len(it.stack) == 1:
        modelling.answer(it, node, value)
    it.frame.returns.append((value, state))
    it.state = None


def _raise(it: Interpreter, node: ir.Raise) -> None:
    if node.value is not None:
        it.thrown.append(it.eval(node.value))
    it.may_raise()
    it.state = None


def _assert(it: Interpreter, node: ir.Assert) -> None:
    test = conditions.identify(it, node.test, it.eval(node.test))
    true, false = conditions.split(it, test)
    if false is not None and it.raised is not None:
        it.raised.append(false)
    it.state = true


def _if(it: Interpreter, node: ir.If) -> None:
    test = conditions.identify(it, node.test, it.eval(node.test))
    true, false = conditions.split(it, test)
    after = it.along(true, lambda: it.run(node.then))
    it.state = false
    it.run(node.other)
    it.state = merge(after, it.state)


def _with(it: Interpreter, node: ir.With) -> None:
    for expression, target in node.items:
        value = it.eval(expression)
        entered = _entered(it, expression, value)
        if target is not None:
            assign(it, target, entered)
    it.run(node.body)


def _entered(it: Interpreter, node: ir.Expr, value: Value) -> Value:
    """Return what `with` binds: the manager itself, what its __enter__ returns, or what its generator yields."""
    if len(value.refs) != 1:
        return value
    thing = it.object(value.refs[0])
    if thing.cls is not None:
        from raksha.taint.calls import Arguments, call_method

        enter = next(
            (name for name in ("__enter__", "__aenter__") if classes.method(it, thing.cls, name)), ""
        )
        return call_method(it, node, value, enter, Arguments()) if enter else value
    return shapes.element(it, value) if thing.shape == "list" else value


def _leave_loop(it: Interpreter, node: ir.Break | ir.Continue) -> None:
    is_break = isinstance(node, ir.Break)
    for loop in reversed(it.frame.loops):
        if node.label and loop.label != node.label:
            continue
        if is_break:
            if loop.takes_break or node.label:
                loop.breaks.append(it.now)
                break
        elif loop.takes_continue:
            loop.continues.append(it.now)
            break
    it.state = None


def _delete(it: Interpreter, node: ir.Delete) -> None:
    for target in node.targets:
        if isinstance(target, ir.Name):
            it.now.locals.pop(target.id, None)
        elif isinstance(target, ir.Index) and not isinstance(target.index, ir.Slice):
            _delete_entry(it, it.eval(target.value), it.eval(target.index))
        elif isinstance(target, ir.Attr):
            _delete_entry(it, it.eval(target.value), Value(consts=(target.name,)))


def _delete_entry(it: Interpreter, holder: Value, key: Value) -> None:
    if not key.is_known:
        return
    only = key.only

    def changed(thing: Object, is_weak: bool) -> Object:
        if is_weak:
            return thing
        if thing.items is not None and isinstance(only, int):
            at = only if only >= 0 else only + len(thing.items)
            return thing.with_items((*thing.items[:at], *thing.items[at + 1 :]))
        made = thing.copy()
        made.fields.pop(only, None)
        return made

    it.change(holder, changed)


def _import(it: Interpreter, node: ir.Import) -> None:
    module = it.frame.module
    for name, alias in node.names:
        if name != "*":
            it.now.locals[alias or name] = names.imported(it, module, node, alias or name)
    if not node.names:
        bound = node.alias or node.module.split(".")[0]
        it.now.locals[bound] = names.imported(it, module, node, bound)


def _nothing(it: Interpreter, node: ir.Stmt) -> None:
    """An export names what is bound elsewhere."""


def _scope(it: Interpreter, node: ir.Scope) -> None:
    for name in node.names:
        it.frame.scopes[name] = node.kind


def _block(it: Interpreter, node: ir.Block) -> None:
    if not node.label:
        it.run(node.body)
        return
    loop = Loop(node.label, takes_continue=False, takes_break=False)
    it.frame.loops.append(loop)
    it.run(node.body)
    it.frame.loops.pop()
    for state in loop.breaks:
        it.state = merge(it.state, state)


def _function(it: Interpreter, node: ir.Function) -> None:
    made = make_function(it, node)
    value = Value(consts=(), callables=(made,))
    it.now.locals[node.name] = value
    if node.decorators:
        it.now.locals[node.name] = decorated(it, made)


def _class(it: Interpreter, node: ir.Class) -> None:
    it.now.locals[node.name] = it.eval(node)


TABLE: dict[type, Callable[[Interpreter, Any], None]] = {
    ir.Assign: _assign, ir.Do: _do, ir.Return: _return, ir.Raise: _raise, ir.Assert: _assert, ir.If: _if,
    ir.While: looping.while_loop, ir.For: looping.for_loop, ir.Try: trying.try_block, ir.With: _with,
    ir.Switch: switching.switch, ir.Break: _leave_loop, ir.Continue: _leave_loop, ir.Delete: _delete,
    ir.Import: _import, ir.Export: _nothing, ir.Scope: _scope, ir.Block: _block, ir.Function: _function,
    ir.Class: _class,
}  # fmt: skip
