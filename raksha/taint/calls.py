"""Calls: finds what is called, by object, class, module or name, and joins the results of all it can be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from raksha.taint import classes, conditions, declared, inlining, ir, modelling, names, shapes
from raksha.taint.attributes import of_class_itself, of_module
from raksha.taint.callables import Bound, Class, Function, ModuleReference, Super
from raksha.taint.decorating import decorated
from raksha.taint.decorating import names as decorator_names
from raksha.taint.heap import join_all
from raksha.taint.joining import join
from raksha.taint.library import Called
from raksha.taint.state import merge
from raksha.taint.values import NOTHING, UNKNOWN, Constant, Value

if TYPE_CHECKING:
    from raksha.taint.interpreter import Interpreter

Keywords = dict[str, Value]


@dataclass(slots=True)
class Arguments:
    """Evaluated arguments. more: an unknown number of further ones; their join stands in keywords as "*"."""

    args: tuple[Value, ...] = ()
    keywords: Keywords = field(default_factory=dict)
    more: bool = False


def evaluate(it: Interpreter, nodes: tuple[ir.Arg, ...]) -> Arguments:
    """Evaluate arguments in order, spreading what is exactly known."""
    args: list[Value] = []
    made = Arguments()
    for node in nodes:
        value = it.eval(node.value)
        if value.flows and not value.symbol:
            value = conditions.identify(it, node.value, value)
        if node.spread == "*":
            _spread(it, made, args, value)
        elif node.spread == "**":
            _spread_names(it, made, value)
        elif node.name is not None:
            made.keywords[node.name] = value
        else:
            args.append(value)
    made.args = tuple(args)
    return made


def _spread(it: Interpreter, made: Arguments, args: list[Value], value: Value) -> None:
    exact = shapes.items(it, value)
    if exact is not None:
        args.extend(exact)
        return
    made.more = True
    made.keywords["*"] = join(made.keywords.get("*", NOTHING), shapes.element(it, value))


def _spread_names(it: Interpreter, made: Arguments, value: Value) -> None:
    known = shapes.entries(it, value)
    if known is not None and all(isinstance(name, str) for name in known):
        made.keywords.update({str(name): held for name, held in known.items()})
        return
    made.more = True
    made.keywords["*"] = join(made.keywords.get("*", NOTHING), shapes.element(it, value))


def call(it: Interpreter, node: ir.Call) -> Value:
    """Evaluate a call."""
    it.tick()
    callee = node.callee
    if node.new:
        return _new(it, node)
    if isinstance(callee, ir.Attr):
        return _call_attribute(it, node, callee)
    function = names.lookup(it, callee.id) if isinstance(callee, ir.Name) else it.eval(callee)
    given = evaluate(it, node.args)
    if it.language.has_static_types and isinstance(callee, ir.Name):
        function = _overloaded(it, function, callee.id, given)
    return call_value(it, node, function, given.args, given.keywords, given.more)


def _overloaded(it: Interpreter, function: Value, name: str, given: Arguments) -> Value:
    """Return the overload of a bare name that fits the arguments."""
    found = function.callables[0] if len(function.callables) == 1 else None
    if isinstance(found, Bound) and found.function is not None and found.function.owner is not None:
        cls = classes.runtime_class(it, found.function.owner, found.this)
        better = classes.method(it, cls, name, len(given.args), given.args)
        return function if better is None else function.but(callables=(Bound(found.this, name, better),))
    if isinstance(found, Function) and found.owner is not None:
        better = classes.method(it, found.owner, name, len(given.args), given.args)
        return function if better is None else function.but(callables=(better,))
    return function


def _new(it: Interpreter, node: ir.Call) -> Value:
    target = _made(it, node.callee)
    given = evaluate(it, node.args)
    if node.body is not None:
        return inlining.anonymous(it, node, target, given.args, given.keywords)
    return call_value(it, node, target, given.args, given.keywords, given.more)


def _made(it: Interpreter, node: ir.Expr) -> Value:
    """Return the class that `new` names; where types have names of their own, the name is not read as a value."""
    dotted = declared.dotted(node) if it.language.has_static_types else ""
    found = declared.named(it, dotted) if dotted else UNKNOWN
    return found if found.name or found.callables else it.eval(node)


def _call_attribute(it: Interpreter, node: ir.Call, callee: ir.Attr) -> Value:
    receiver = it.eval(callee.value)
    if receiver.flows and not receiver.symbol:
        receiver = conditions.identify(it, callee.value, receiver)
    given = evaluate(it, node.args)
    return call_method(it, node, receiver, callee.name, given)


def call_method(it: Interpreter, node: ir.Expr, receiver: Value, name: str, given: Arguments) -> Value:
    """Call `receiver.name(...)` on everything the receiver can be."""
    if not receiver.callables:  # by far the commonest: nothing known, or one object
        if not receiver.refs:
            return _outside(it, node, receiver, name, given)
        if len(receiver.refs) == 1 and not receiver.name:
            return _on_object(it, node, receiver.refs[0], receiver, name, given)
    ways: list[Callable[[], Value]] = []
    for number in receiver.refs:
        ways.append(lambda number=number: _on_object(it, node, number, receiver, name, given))  # type: ignore[misc]
    for found in receiver.callables:
        ways.append(lambda found=found: _on_callable(it, node, found, receiver, name, given))  # type: ignore[misc]
    if not ways or receiver.name:
        ways.append(lambda: _outside(it, node, receiver, name, given))
    return either_way(it, ways)


def either_way(it: Interpreter, ways: list[Callable[[], Value]]) -> Value:
    """Do one of these, not known which: join the results and the states after."""
    if len(ways) == 1:
        return ways[0]()
    results: list[Value] = []
    before, after = it.now, None
    for way in ways:
        ended = it.along(before.fork(), lambda way=way: results.append(way()))  # type: ignore[misc]
        after = merge(after, ended)
    it.state = after
    it.now  # noqa: B018  no way comes back: neither does this
    return join_all(results)


def _on_object(
    it: Interpreter, node: ir.Expr, number: int, receiver: Value, name: str, given: Arguments
) -> Value:
    thing = it.object(number)
    this = Value(receiver.flows, (), (number,), thing.type, symbol=receiver.symbol)
    if thing.cls is not None:
        found = classes.method(it, thing.cls, name, len(given.args), given.args)
        if found is not None:
            return _call_found(it, node, found, this, given)
    held = thing.fields.get(name)
    if held is not None and held.callables and thing.shape in ("object", "dict"):
        return call_value(it, node, held, given.args, given.keywords, given.more)
    if thing.cls is not None:
        for outside in classes.outside_types(it, thing.cls):
            if modelling.find(it, outside, name):
                return _outside(it, node, this.but(type=outside), name, given)
    return _outside(it, node, this, name, given)


def _call_found(it: Interpreter, node: ir.Expr, found: Function, this: Value, given: Arguments) -> Value:
    modelled = _modelled(it, node, found.qualified, this, given)
    if modelled is not None:
        return modelled
    marks = decorator_names(found.node)
    if found.node.is_static or "staticmethod" in marks:
        return call_value(it, node, decorated(it, found), given.args, given.keywords, given.more)
    if "classmethod" in marks and found.owner is not None:
        this = Value(consts=(), callables=(found.owner,))
    result = NOTHING
    for one in decorated(it, found).callables:
        if isinstance(one, Function) and one.owner is not None:
            result = join(result, inlining.inline(it, one, this, given.args, given.keywords, node))
        elif isinstance(one, Function):
            result = join(result, inlining.inline(it, one, None, (this, *given.args), given.keywords, node))
    return result if result is not NOTHING else UNKNOWN


def _on_callable(
    it: Interpreter, node: ir.Expr, found: object, receiver: Value, name: str, given: Arguments
) -> Value:
    if isinstance(found, Super):
        return _on_super(it, node, found, name, given)
    if isinstance(found, ModuleReference):
        target = of_module(it, found, name)
    elif isinstance(found, Class):
        overload = classes.method(it, found, name, len(given.args), given.args)
        if overload is not None and not overload.node.decorators:
            target = Value(consts=(), callables=(overload,))
        else:
            target = of_class_itself(it, found, name, node)
    elif it.language.calls_function is not None and it.language.calls_function(name):
        target = Value(consts=(), callables=(found,))
    else:
        target = UNKNOWN
    if target.callables or target.name:
        return call_value(it, node, target, given.args, given.keywords, given.more)
    if isinstance(found, Class):
        for outside in classes.outside_types(it, found):
            if modelling.find(it, outside, name):
                return _outside(it, node, Value(name=outside), name, given)
    return _outside(it, node, Value(receiver.flows), name, given)


def _on_super(it: Interpreter, node: ir.Expr, found: Super, name: str, given: Arguments) -> Value:
    ours, others = classes.bases(it, found.owner)
    for base in ours:
        function = classes.method(it, base, name, len(given.args), given.args)
        if function is not None:
            return inlining.inline(it, function, found.this, given.args, given.keywords, node)
    if others:
        return _outside(it, node, found.this.but(type=others[0], refs=()), name, given)
    return UNKNOWN


def call_value(
    it: Interpreter,
    node: ir.Expr,
    function: Value,
    args: tuple[Value, ...],
    keywords: Keywords,
    more: bool = False,
) -> Value:
    """Call everything that the value can be."""
    given = Arguments(args, keywords, more)
    if not function.refs:
        if not function.callables:
            return _call_named(it, node, function, given)
        if len(function.callables) == 1 and not function.name:
            return _call_one(it, node, function.callables[0], given)
    ways: list[Callable[[], Value]] = []
    for found in function.callables:
        ways.append(lambda found=found: _call_one(it, node, found, given))  # type: ignore[misc]
    for number in function.refs:
        thing = it.object(number)
        if thing.cls is not None and "__call__" in thing.cls.members:
            ways.append(lambda number=number: _on_object(it, node, number, function, "__call__", given))  # type: ignore[misc]
    if not ways or function.name:
        ways.append(lambda: _call_named(it, node, function, given))
    return either_way(it, ways)


def _call_one(it: Interpreter, node: ir.Expr, found: object, given: Arguments) -> Value:
    if isinstance(found, Function):
        modelled = _modelled(it, node, found.qualified, None, given)
        if modelled is not None:
            return modelled
        return inlining.inline(it, found, None, given.args, given.keywords, node)
    if isinstance(found, Class):
        modelled = _modelled(it, node, found.qualified, None, given)
        return (
            modelled
            if modelled is not None
            else inlining.construct(it, found, given.args, given.keywords, node)
        )
    if isinstance(found, Bound):
        if found.function is not None:
            return inlining.inline(it, found.function, found.this, given.args, given.keywords, node)
        return _outside(it, node, found.this, found.name, given)
    if isinstance(found, Super):
        return inlining.super_constructor(it, found, given.args, given.keywords, node)
    if isinstance(found, ModuleReference):
        return modelling.default_result(it, _called(it, node, found.name, None, given))
    return UNKNOWN


def _modelled(
    it: Interpreter, node: ir.Expr, qualified: str, this: Value | None, given: Arguments
) -> Value | None:
    models = modelling.named(it, qualified)
    if models is None:
        return None
    return modelling.apply(it, models, _called(it, node, qualified, this, given))


def _called(it: Interpreter, node: ir.Expr, name: str, receiver: Value | None, given: Arguments) -> Called:
    nodes = node.args if isinstance(node, ir.Call) else ()
    callee = node.callee if isinstance(node, ir.Call) else None
    receiver_node = callee.value if isinstance(callee, ir.Attr) else None
    return Called(
        name, node, receiver, given.args, given.keywords, it.world, given.more, nodes, receiver_node
    )


def _call_named(it: Interpreter, node: ir.Expr, function: Value, given: Arguments) -> Value:
    """Call something outside the project by its qualified name."""
    name = function.name
    called = _called(it, node, name, None, given)
    models = modelling.named(it, name) if name else None
    if models is None and "." in name:
        owner, _, method = name.rpartition(".")
        found = modelling.find(it, owner, method)
        models = found[1] if found else None
        if models is not None and found is not None:
            called.name = found[0]
    if models is not None:
        return modelling.apply(it, models, called)
    return (
        _constructed(it, called) if name else with_callee(modelling.default_result(it, called), function, it)
    )


def with_callee(result: Value, function: Value, it: Interpreter) -> Value:
    return shapes.with_taint_of(result, function)


def _constructed(it: Interpreter, called: Called) -> Value:
    """A name that looks like a class makes an instance of it."""
    result = modelling.default_result(it, called)
    last = called.name.rpartition(".")[2]
    is_class = last[:1].isupper() and not last.isupper() and isinstance(called.node, ir.Call)
    if result.type or not is_class:
        return result
    return result.but(type=called.name)


def _outside(it: Interpreter, node: ir.Expr, receiver: Value, name: str, given: Arguments) -> Value:
    """Call a method of something outside the project, or of something of which little is known."""
    receiver = typed_by_constant(it, receiver)
    found = modelling.find(it, receiver.name, name) if receiver.name else None
    if found is None and receiver.type:
        found = modelling.find(it, receiver.type, name)
    if found is None:
        models = modelling.named(it, f"*.{name}")
        found = (f"*.{name}", models) if models is not None else None
    receiver_is_module = (
        bool(receiver.name) and not receiver.flows and not receiver.refs and not receiver.type
    )
    base = receiver.name or receiver.type
    qualified = found[0] if found else (f"{base}.{name}" if base else name)
    is_static = found is not None and receiver_is_module and not found[0].startswith("*")
    called = _called(it, node, qualified, None if is_static else receiver, given)
    if found is not None:
        return modelling.apply(it, found[1], called)
    _hand_over(it, receiver, given)
    return _constructed(it, called) if receiver_is_module else modelling.default_result(it, called)


def typed_by_constant(it: Interpreter, value: Value) -> Value:
    """Return the value with the type that its constants tell."""
    if value.type or not value.consts:
        return value
    names = {it.language.types.get(TYPE_WORDS.get(type(one), ""), "") for one in value.consts}
    return value.but(type=names.pop()) if len(names) == 1 else value


TYPE_WORDS: dict[type[Constant] | type[None], str] = {
    str: "str", bytes: "bytes", int: "int", float: "float", bool: "bool", type(None): "null",
}  # fmt: skip


def _hand_over(it: Interpreter, receiver: Value, given: Arguments) -> None:
    """A method that nothing is known of may keep its arguments in its object."""
    if not receiver.refs or not given.args:
        return
    kept = it.unknown(*given.args, *given.keywords.values())
    if kept.flows:
        shapes.add(it, receiver, kept)
