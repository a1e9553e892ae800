"""Where analysis of a file begins: its top level, functions that the outside calls, and functions nobody reached."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from raksha.taint import classes, inlining, ir, modelling, tracing
from raksha.taint.budget import OutOfBudget
from raksha.taint.callables import Class, Function
from raksha.taint.declared import named, of_type
from raksha.taint.decorating import names as decorator_names
from raksha.taint.frames import Dead, Frame
from raksha.taint.library import Context, Entry, Makes, Source
from raksha.taint.mentions import words
from raksha.taint.modules import definitions
from raksha.taint.names import apart
from raksha.taint.state import State
from raksha.taint.values import UNKNOWN, Value

if TYPE_CHECKING:
    from raksha.taint.interpreter import Interpreter

MODULE = "<module>"


def run(it: Interpreter) -> None:
    """Analyse all roots of the file."""
    _root(it, MODULE, lambda: _module(it))
    functions = [function for function in definitions(it.module)]
    entries = {function: _entry(it, function) for function in functions}
    for function in functions:
        if entries[function] is not None:
            _root(it, function.qualified, lambda f=function: _function(it, f, entries[f]))  # type: ignore[misc]
    it.clean_depth = it.budget.lonely_depth
    for function in _callers_first(it, functions):
        if entries[function] is None and id(function.node) not in it.reached:
            _root(it, function.qualified, lambda f=function: _function(it, f, None))  # type: ignore[misc]


def _root(it: Interpreter, name: str, work: Callable[[], None]) -> None:
    """Do one root's work within its budget, and note when it is cut short."""
    it.steps = 0
    it.limit = min(it.budget.steps, it.budget.file_steps - it.file_steps)
    it.state, it.frame, it.raised, it.summing, it.quiet = State(base=it.base), Frame(it.module), None, 0, 0
    it.answers, it.is_asked, it.thrown = (), False, []
    it.stack.clear()
    it.late.clear()
    it.sites.clear()
    it.read_symbols.clear()
    it.sources.clear()
    it.traces.clear()
    before = set(it.closures)
    try:
        work()
        _inner(it, before)
    except Dead:
        it.state = None
    except OutOfBudget as bound:
        it.cut[it.module.path, name] = bound.why
    except RecursionError:
        it.cut[it.module.path, name] = "depth"
    except Exception as error:  # noqa: BLE001  one function's failure must not lose the rest; it is told
        it.cut[it.module.path, name] = f"failed: {type(error).__name__}"
    finally:
        it.file_steps += it.steps
    it.quiet = 0
    _late(it)


def _inner(it: Interpreter, before: set[tuple[Frame, int]]) -> None:
    """Analyse functions made inside others that nobody called: routes inside a factory, callbacks handed on."""
    for key, function in list(it.closures.items()):
        if key in before or not (function.node.name or it.language.enters_lambdas):
            continue
        state, frame = it.state, it.frame
        entry = _entry(it, function)
        if entry is not None or id(function.node) not in it.reached:
            it.frame = frame
            it.state = state.fork() if state is not None else State(base=it.base)
            it.file_steps, it.steps = it.file_steps + it.steps, 0
            known = set(it.closures)
            try:
                _function(it, function, entry)
                _inner(it, known)
            except Dead:
                it.state = None
        it.state, it.frame = state, frame


def _late(it: Interpreter) -> None:
    """Ask the checks that wanted to see how the objects end up."""
    for check, called, frame in it.late:
        if it.state is None:
            return
        it.frame = frame
        modelling.check(it, check, called)


def _module(it: Interpreter) -> None:
    frame = it.frame = it.module_frame
    frame.env = it.now.locals
    try:
        it.run(it.module.tree.body)
    finally:
        if it.state is not None:
            frame.env = {**it.state.locals}
            it.base.update(it.state.heap.entries())
            it.is_base_tainted = bool(it.sources)
            for (path, name), value in it.state.globals.items():
                if path == it.module.path:
                    frame.env[name] = value


def _function(it: Interpreter, function: Function, entry: Entry | None) -> None:
    node = ir.Name(function.node.name, span=function.node.span)
    this = _this(it, function)
    it.answers, it.is_asked = entry.returns if entry is not None else (), entry is not None
    keywords = {
        param.name: _parameter(it, function, param, entry)
        for param in _own_params(it, function, this)
        if param.kind in ("", "keyword") and param.target is None
    }
    inlining.inline(
        it, function, this, (), {name: value for name, value in keywords.items() if value is not None}, node
    )


def _own_params(it: Interpreter, function: Function, this: Value | None) -> tuple[ir.Param, ...]:
    params = function.node.params
    return params[1:] if this is not None and it.language.self_first else params


def _this(it: Interpreter, function: Function) -> Value | None:
    """Return the object a method is called on: an instance made as the class makes it, with nothing given."""
    owner = function.owner
    if owner is None or function.node.is_static or "staticmethod" in decorator_names(function.node):
        return None
    if "classmethod" in decorator_names(function.node):
        return Value(consts=(), callables=(owner,))
    return _instance(it, owner, function)


def _instance(it: Interpreter, owner: Class, function: Function) -> Value:
    """Return one instance for all roots of a class; what a root writes to it stays in that root."""
    maker = classes.method(it, owner, it.language.constructor)
    key = owner, maker is function
    if key not in it.instances:
        it.instances[key] = UNKNOWN
        made: list[Value] = []
        maker = None if maker is function else maker
        apart(
            it, Frame(owner.module, owner=owner.outer), lambda: made.append(_made(it, owner, maker, function))
        )
        it.instances[key] = made[0] if made else UNKNOWN
    return it.instances[key]


def _made(it: Interpreter, owner: Class, maker: Function | None, function: Function) -> Value:
    this = inlining.symbolic(it, owner)
    if maker is not None:
        inlining.inline(it, maker, this, (), {}, ir.Name("", span=function.node.span))
    return this


def _parameter(it: Interpreter, function: Function, param: ir.Param, entry: Entry | None) -> Value | None:
    told = (entry.params.get(param.name) or entry.others) if entry is not None else None
    if isinstance(told, Source):
        flows = tracing.source_in(it, function.module.path, param, told.kinds, told.says)
        return Value(flows=flows, type=told.type, symbol=it.fresh_symbol())
    if isinstance(told, Makes):
        return it.world.new(told.type, kind=told.kind) if told.type else of_type(it, function, param.type)
    return None if param.default is not None else UNKNOWN


def _entry(it: Interpreter, function: Function) -> Entry | None:
    it.state, it.frame = State(base=it.base), Frame(it.module, owner=function.owner)
    around: list[ir.Class] = []
    owner = function.owner
    while owner is not None:
        around.insert(0, owner.node)
        owner = owner.outer
    context = Context(it.module.tree, tuple(around), lambda node: _qualify(it, node))
    return it.language.entry(context, function.node)


def _qualify(it: Interpreter, node: ir.Expr) -> str:
    """Return the qualified name that an expression stands for, as far as names tell."""
    if isinstance(node, ir.Call):
        return _qualify(it, node.callee)
    dotted = _dotted(node)
    if not dotted:
        return ""
    it.quiet += 1
    try:
        value = named(it, dotted)
    except OutOfBudget:
        return ""
    finally:
        it.quiet -= 1
    for found in value.callables:
        if isinstance(found, Class | Function):
            return found.qualified
    return value.name or value.type


def _dotted(node: ir.Expr) -> str:
    if isinstance(node, ir.Name):
        return node.id
    if isinstance(node, ir.Attr):
        before = _dotted(node.value)
        return f"{before}.{node.name}" if before else ""
    return ""


def _callers_first(it: Interpreter, functions: list[Function]) -> list[Function]:
    """Put functions that the file's text names again after those it does not; else the file's order."""
    counted = words(it.project.files[it.module.path])
    defined = Counter(function.node.name for function in functions)
    return sorted(functions, key=lambda function: counted[function.node.name] > defined[function.node.name])
