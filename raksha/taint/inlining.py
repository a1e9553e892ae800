"""Calls of the project's own functions: the body is run with the arguments, within bounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from raksha.taint import classes, implementing, ir, memory, modelling, shapes, tracing
from raksha.taint.callables import Class, Function, Super
from raksha.taint.declared import result_type, with_type
from raksha.taint.decorating import names as decorator_names
from raksha.taint.folding import truth
from raksha.taint.frames import Dead, Frame
from raksha.taint.heap import Object, join_all
from raksha.taint.joining import add_facts, join, meet_facts
from raksha.taint.modules import make_class
from raksha.taint.state import State, merge, refine
from raksha.taint.values import NO_FACTS, NOTHING, NULL, UNKNOWN, Constant, Facts, Value, constant

if TYPE_CHECKING:
    from raksha.taint.interpreter import Interpreter

Keywords = Mapping[str, Value]


def inline(
    it: Interpreter,
    function: Function,
    this: Value | None,
    args: tuple[Value, ...],
    keywords: Keywords,
    node: ir.Expr,
) -> Value:
    """Run a function of the project on these arguments and return its result."""
    if it.stack.count(function) >= it.budget.recursion:
        return it.unknown(*args, *keywords.values())
    if len(it.stack) >= it.budget.depth:
        it.cut[function.module.path, function.qualified] = "depth"
        it.depth_cuts += 1
        return it.unknown(*args, *keywords.values())
    if len(it.stack) >= it.clean_depth and _is_clean(it, this, args, keywords):
        it.depth_cuts += 1
        return UNKNOWN
    it.reached.add(id(function.node))
    if function.node.is_abstract:
        return implementing.call(it, function, args, keywords, node)
    bound = bind(it, function, this, args, keywords, node)
    frame = Frame(function.module, function, owner=function.owner, this=this, outer=function.frame)
    if function.frame is not None and this is None:
        frame.this, frame.owner = function.frame.this, function.owner or function.frame.owner
    keyed = memory.key_of(it, function, bound, this)
    if keyed is None:
        return _run(it, function, frame, bound, node)
    told = it.remembered.get(keyed[0])
    if told is not None and memory.holds(it, told):
        return _once_more(it, told, keyed[1])
    return _remember(it, keyed, lambda: _run(it, function, frame, bound, node))


def _is_clean(it: Interpreter, this: Value | None, args: tuple[Value, ...], keywords: Keywords) -> bool:
    """Return whether no taint goes into a call."""
    if not it.sources and not it.is_base_tainted:
        return True
    given = (*args, *keywords.values()) if this is None else (this, *args, *keywords.values())
    return not any(it.deep(value).flows for value in given)


def _once_more(it: Interpreter, told: memory.Remembered, given: list[int]) -> Value:
    it.tick()
    it.may_raise()
    result = memory.replay(it, told, given)
    if result is None:
        it.never_returns()
    return result


def _remember(it: Interpreter, keyed: tuple[memory.Key, list[int]], work: Callable[[], Value]) -> Value:
    """Run a call and remember it, if it changed nothing outside itself."""
    before = memory.Before(it)
    lowest, it.lowest = it.lowest, memory.NONE_WRITTEN
    try:
        result = work()
    except Dead:
        memory.keep(it, keyed, before, None)
        raise
    else:
        memory.keep(it, keyed, before, result)
        return result
    finally:
        it.lowest = min(it.lowest, lowest)


def _run(it: Interpreter, function: Function, frame: Frame, bound: dict[str, Value], node: ir.Expr) -> Value:
    """Run the body in its own frame; put the caller's frame and variables back."""
    state, caller, raised = it.now, it.frame, it.raised
    locals_before, facts_before = state.locals, state.facts
    caller.env = locals_before
    state.locals = bound
    it.frame, it.raised = frame, None if raised is None else []
    it.stack.append(function)
    try:
        it.run(function.node.body)
        if it.state is not None:
            frame.returns.append((NULL, it.state))
        if frame.is_captured:
            frame.env = _last_variables(frame)
        leaving = it.raised
    finally:
        it.stack.pop()
        it.frame, it.raised = caller, raised
        state.locals = locals_before
    for left in leaving or ():
        left.locals = locals_before
        if raised is not None:
            raised.append(left.fork())
    return _result(it, function, frame, locals_before, facts_before, node)


def _last_variables(frame: Frame) -> dict[str, Value]:
    variables: dict[str, Value] = {}
    for _, state in frame.returns:
        for name, value in state.locals.items():
            variables[name] = join(variables[name], value) if name in variables else value
    return variables


def _result(
    it: Interpreter,
    function: Function,
    frame: Frame,
    locals_before: dict[str, Value],
    before: Facts,
    node: ir.Expr,
) -> Value:
    """Join what the function returned, and go on in the caller."""
    implied = _implied(it, frame.returns, before)
    result = NOTHING
    after: State | None = None
    for value, state in frame.returns:
        result = join(result, refine(value, state.facts) if state.facts else value)
        state.locals = dict(locals_before) if after is not None else locals_before
        after = merge(after, state)
    it.state = after
    if after is None:
        it.never_returns()
    if function.node.is_generator:
        inside = frame.yields
        return shapes.some(it, NULL if inside is NOTHING else inside, "list", node)
    if result.flows:
        result = result.but(
            flows=tracing.step(it, result.flows, node, f"returned by {function.node.name or 'a lambda'}()")
        )
    if implied is not None:
        result = result.but(implies=implied)
    return result_type(it, function, result)


def _implied(
    it: Interpreter, returns: list[tuple[Value, State]], before: Facts
) -> tuple[Facts, Facts] | None:
    """Return what a true result implies, and what a false one."""
    sides: list[Facts | None] = [None, None]
    for value, state in returns:
        it.state = state
        known = truth(it, value)
        told = value.implies or (NO_FACTS, NO_FACTS)
        for side, answer in enumerate((True, False)):
            if known is (not answer):
                continue
            facts = add_facts(state.facts, told[side])
            held = sides[side]
            sides[side] = facts if held is None else meet_facts(held, facts)
    true, false = (_more(side, before) for side in sides)
    return (true, false) if true or false else None


def _more(facts: Facts | None, before: Facts) -> Facts:
    if facts is None:
        return NO_FACTS
    return {symbol: fact for symbol, fact in facts.items() if before.get(symbol) is not fact}


def bind(
    it: Interpreter,
    function: Function,
    this: Value | None,
    args: tuple[Value, ...],
    keywords: Keywords,
    node: ir.Expr,
) -> dict[str, Value]:
    """Return the parameters' values."""
    params = list(function.node.params)
    given = list(args)
    says = f"passed to {function.node.name or 'a lambda'}()"
    if this is not None and it.language.self_first and _takes_self(function):
        given.insert(0, this)
    left = dict(keywords)
    star = left.pop("*", None)
    bound: dict[str, Value] = {}
    for param in params:
        value = _argument(it, function, param, given, left, star)
        if value.flows and value is not this and it.stack:
            value = tracing.stepped(it, value, node, says)
        if param.target is not None:
            _destructure(it, function, param.target, value, bound)
        else:
            bound[param.name] = value
    return bound


def _takes_self(function: Function) -> bool:
    return (
        function.owner is not None
        and not function.node.is_static
        and "staticmethod" not in decorator_names(function.node)
    )


def _argument(
    it: Interpreter,
    function: Function,
    param: ir.Param,
    given: list[Value],
    left: dict[str, Value],
    star: Value | None,
) -> Value:
    if param.kind == "*":
        rest, given[:] = list(given), []
        return (
            shapes.sequence(it, rest, "tuple")
            if star is None
            else shapes.some(it, join_all([*rest, star]), "tuple")
        )
    if param.kind == "**":
        entries: dict[Constant, Value] = {}
        entries.update(left.items())
        left.clear()
        return shapes.mapping(it, entries, rest=star)
    if param.name in left:
        value = left.pop(param.name)
    elif given and param.kind != "keyword":
        value = given.pop(0)
    elif star is not None:
        value = star
    elif param.default is not None:
        value = _default(it, function, param.default)
    else:
        value = UNKNOWN
    return typed(it, function, param, value)


def typed(it: Interpreter, function: Function, param: ir.Param, value: Value) -> Value:
    """Return the argument with the parameter's declared type, when nothing better is known."""
    if not param.type or value.type or value.refs or value.callables or value.consts:
        return value
    from raksha.taint.declared import of_type

    declared = of_type(it, function, param.type)
    if declared.type in it.language.no_taint_types:
        return declared
    if declared.refs and not value.flows and it.language.has_static_types:
        return declared
    return value.but(type=declared.type) if declared.type else value


def _default(it: Interpreter, function: Function, node: ir.Expr) -> Value:
    if isinstance(node, ir.Const):
        return constant(node.value)
    from raksha.taint.names import run_in

    return run_in(it, function, lambda: it.eval(node)) or UNKNOWN


def _destructure(
    it: Interpreter, function: Function, target: ir.Target, value: Value, bound: dict[str, Value]
) -> None:
    from raksha.taint.assigning import assign

    state = it.now
    before, state.locals = state.locals, bound
    try:
        assign(it, target, value)
    finally:
        state.locals = before


# --- classes


def construct(
    it: Interpreter, cls: Class, args: tuple[Value, ...], keywords: Keywords, node: ir.Expr
) -> Value:
    """Make an instance and run its constructor."""
    this = new_instance(it, cls, node)
    initialise(it, cls, this)
    function = classes.method(it, cls, it.language.constructor, len(args), args)
    if function is not None:
        inline(it, function, this, args, keywords, node)
        return this
    outside = classes.outside_types(it, cls)
    models = next((found for name in outside if (found := modelling.named(it, name))), None)
    _fill(it, cls, this, args, keywords)
    if models is None and outside and args:
        return this.but(flows=it.unknown(*args, *keywords.values()).flows)
    return this


def new_instance(it: Interpreter, cls: Class, node: ir.Node | None) -> Value:
    return it.allocate(Object("object", cls.qualified, cls=cls), node)


def initialise(it: Interpreter, cls: Class, this: Value) -> None:
    """Run the fields' initialisers, where instances have fields of their own by declaration."""
    if it.language.self_first:
        return
    for one in reversed(list(classes.lineage(it, cls))):
        for stmt in one.node.body:
            if isinstance(stmt, ir.Assign) and stmt.value is not None and not stmt.is_static:
                _initialise(it, one, this, stmt, stmt.value)


def _initialise(it: Interpreter, cls: Class, this: Value, stmt: ir.Assign, node: ir.Expr) -> None:
    state, caller = it.now, it.frame
    caller.env = before = state.locals
    state.locals = {}
    it.frame = Frame(cls.module, owner=cls, this=this, outer=cls.frame)
    try:
        value = with_type(it, it.eval(node), stmt.type)
        for target in stmt.targets:
            if isinstance(target, ir.Name):
                shapes.set_field(it, this, target.id, value)
    finally:
        it.frame = caller
        it.now.locals = before


def _fill(it: Interpreter, cls: Class, this: Value, args: tuple[Value, ...], keywords: Keywords) -> None:
    """Without a constructor of its own a class keeps its arguments as fields (dataclasses, named tuples, models)."""
    declared = [
        name
        for one in reversed(list(classes.lineage(it, cls)))
        for name, stmts in one.members.items()
        if isinstance(stmts[-1], ir.Assign)
    ]
    for name, value in (*zip(declared, args, strict=False), *keywords.items()):
        if name != "*":
            shapes.set_field(it, this, name, value)


def anonymous(
    it: Interpreter, node: ir.Call, target: Value, args: tuple[Value, ...], keywords: Keywords
) -> Value:
    """Make an instance of a class written out where it is made."""
    body = node.body
    if body is None:
        return UNKNOWN
    plain = make_class(it.frame.module, body)
    cls = Class(
        body, plain.module, plain.qualified, None, it.frame, plain.members, plain.methods, plain.inner
    )
    for name, found in list(cls.methods.items()):
        cls.methods[name] = [Function(one.node, one.module, one.qualified, cls, it.frame) for one in found]
    ours = tuple(found for found in target.callables if isinstance(found, Class))
    it.class_bases[cls] = (ours, (target.name,) if target.name else ())
    return construct(it, cls, args, keywords, node)


def super_constructor(
    it: Interpreter, found: Super, args: tuple[Value, ...], keywords: Keywords, node: ir.Expr
) -> Value:
    """Do `super(...)` as a call: the constructor of the base class; in Python it names the object itself."""
    if it.language.self_first:
        return Value(consts=(), callables=(found,))
    for base in classes.bases(it, found.owner)[0]:
        function = classes.method(it, base, it.language.constructor, len(args), args)
        if function is not None:
            inline(it, function, found.this, args, keywords, node)
    return NULL


def symbolic(it: Interpreter, cls: Class) -> Value:
    """Make an instance of which only the class is known."""
    this = it.allocate(Object("object", cls.qualified, cls=cls))
    initialise(it, cls, this)
    return this
