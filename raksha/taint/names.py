"""What a name means: variables, names of enclosing functions, of the file, of imported files, and built in."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from raksha.taint import ir
from raksha.taint.callables import Class, Function, ModuleReference, Super
from raksha.taint.classes import implicit_member
from raksha.taint.decorating import decorated
from raksha.taint.frames import Frame
from raksha.taint.joining import join
from raksha.taint.state import State, refine
from raksha.taint.values import UNKNOWN, Value

if TYPE_CHECKING:
    from raksha.taint.interpreter import Interpreter
    from raksha.taint.modules import Module


def lookup(it: Interpreter, name: str) -> Value:
    """Return what is known of a name here."""
    state = it.now
    frame = it.frame
    if frame.scopes.get(name) != "global":
        value = state.locals.get(name)
        if value is not None:
            return refine(value, state.facts) if state.facts else value
        value = _enclosing(frame, name)
        if value is not None:
            return refine(value, state.facts) if state.facts else value
    if frame.this is not None and name in it.language.this_names:
        return frame.this
    if name in it.language.super_names and frame.this is not None and frame.owner is not None:
        return Value(consts=(), callables=(Super(frame.this, frame.owner),))
    return of_file(it, name)


def _enclosing(frame: Frame, name: str) -> Value | None:
    outer = frame.outer
    while outer is not None:
        value = outer.env.get(name)
        if value is not None:
            return value
        outer = outer.outer
    return None


def of_file(it: Interpreter, name: str) -> Value:
    """Return what a name means in the running function's file."""
    module = it.frame.module
    owner = it.frame.owner
    if owner is not None and (it.language.implicit_members or it.frame.function is None):
        member = implicit_member(it, name)
        if member is not None:
            return member
    value = in_module(it, module, name)
    if value is not None:
        return value
    if name in it.language.builtins:
        return Value(name=it.language.builtins[name])
    return implicit(it, module, name) or UNKNOWN


def implicit(it: Interpreter, module: Module, name: str) -> Value | None:
    """Return what a name means that nothing binds, as a class of the same package."""
    key = (module.path, name)
    known = it.implied.get(key)
    if known is None:
        target = it.language.resolver.implicit(module.tree, name)
        path = it.project.first(target.files, module.path, it.consulted) if target is not None else ""
        known = it.implied[key] = (path, target.name if target is not None else "")
    path, full = known
    if not path:
        return Value(name=full) if full else None
    found = it.load(path)
    return in_module(it, found, name) if found is not None else None


def in_module(it: Interpreter, module: Module, name: str) -> Value | None:
    """Return what a file binds the name to at its top level; None when it does not."""
    key = (module.path, name)
    state = it.state
    if state is not None and state.globals and key in state.globals:
        return state.globals[key]
    if module is it.module:
        here = it.module_frame.env.get(name)
        if here is not None:
            return here
    if key in it.module_values:
        return it.module_values[key]
    it.module_values[key] = UNKNOWN if name in module.bindings else None  # asked again meanwhile: a circle
    value = it.module_values[key] = _bound(it, module, name)
    return value


def _bound(it: Interpreter, module: Module, name: str) -> Value | None:
    stmts = module.bindings.get(name)
    if not stmts:
        return _starred(it, module, name)
    last = stmts[-1]
    if isinstance(last, ir.Function):
        return decorated(it, module.function(last))
    if isinstance(last, ir.Class):
        return Value(consts=(), callables=(module.class_(last),))
    if isinstance(last, ir.Import) and len(stmts) == 1:
        return imported(it, module, last, name)
    return run_apart(it, module, stmts).get(name, UNKNOWN)


def _starred(it: Interpreter, module: Module, name: str) -> Value | None:
    for star in module.stars:
        found = _imported_module(it, module, star.module, star.level)
        if isinstance(found, ModuleReference) and found.module is not None and found.module is not module:
            value = in_module(it, found.module, name) or inside_class(it, found.module, name)
            if value is not None:
                return value
    return None


def inside_class(it: Interpreter, module: Module, name: str) -> Value | None:
    """Return the member of a file's classes that is imported by itself (Java's static and nested imports)."""
    from raksha.taint.attributes import of_class_itself

    if not it.language.implicit_members:
        return None
    for stmt in module.tree.body:
        if isinstance(stmt, ir.Class):
            cls = module.class_(stmt)
            if name in cls.inner or name in cls.methods or name in cls.members:
                return of_class_itself(it, cls, name, ir.Name(name, span=stmt.span))
    return None


def project_class(it: Interpreter, name: str) -> Value | None:
    """Return the class of the project that a dotted name is, where classes have files of their own (Java)."""
    if not it.language.has_static_types or name.startswith(it.language.foreign):
        return None
    found = _imported_module(it, it.frame.module, name, 0)
    if isinstance(found, ModuleReference) and found.module is not None:
        return in_module(it, found.module, name.rpartition(".")[2])
    return None


def run_apart(
    it: Interpreter, module: Module, stmts: list[ir.Stmt], owner: Class | None = None
) -> dict[str, Value]:
    """Run statements of a file's or class's top level by themselves, and return what they bind; reports nothing."""
    state = apart(it, Frame(module, owner=owner), lambda: it.run(stmts))
    return state.locals if state is not None else {}


def apart(it: Interpreter, frame: Frame, work: Callable[[], object]) -> State | None:
    """Do the work in a state of its own, whose objects all later states can see; reports nothing."""
    saved = it.state, it.frame, it.raised, it.summing
    it.state, it.frame, it.raised, it.summing = State(base=it.base), frame, None, 0
    it.quiet += 1
    try:
        work()
        return it.state
    finally:
        if it.state is not None:
            it.base.update(it.state.heap.entries())
            it.is_base_tainted = it.is_base_tainted or bool(it.sources)
        it.quiet -= 1
        it.state, it.frame, it.raised, it.summing = saved


def imported(it: Interpreter, module: Module, node: ir.Import, name: str) -> Value:
    """Return what an import binds this name to."""
    for original, alias in node.names:
        if (alias or original) == name:
            return _imported_name(it, module, node, original)
    if node.alias == name:
        return _as_whole(it, _imported_module(it, module, node.module, node.level))
    first = node.module.split(".")[0]
    if first != node.module and isinstance(_imported_module(it, module, node.module, 0), ModuleReference):
        return as_value(ModuleReference(first, module))
    return as_value(_imported_module(it, module, first, node.level))


def _as_whole(it: Interpreter, found: ModuleReference | str) -> Value:
    """Return what importing a file as a whole gives: the file, or what it says stands for it."""
    whole = it.language.whole
    if whole and isinstance(found, ModuleReference) and found.module is not None:
        value = in_module(it, found.module, whole)
        if value is not None:
            return value
    return as_value(found)


def as_value(found: ModuleReference | str) -> Value:
    return Value(name=found) if isinstance(found, str) else Value(consts=(), callables=(found,))


def _imported_name(it: Interpreter, module: Module, node: ir.Import, original: str) -> Value:
    found = _imported_module(it, module, node.module, node.level) if node.module or node.level else ""
    if isinstance(found, ModuleReference) and found.module is not None:
        value = member(it, found.module, original) or inside_class(it, found.module, original)
        if value is not None:
            return value
        if it.language.whole and original == "default":
            return _as_whole(it, found)
    inner = f"{node.module}.{original}" if node.module else original
    inside = _imported_module(it, module, inner, node.level)
    if isinstance(inside, ModuleReference) and inside.module is not None:
        return as_value(inside)
    name = found if isinstance(found, str) else found.name
    return Value(name=f"{name}.{original}" if name else original)


def member(it: Interpreter, module: Module, name: str) -> Value | None:
    """Return what importing the name from this file gives."""
    local, source = module.exports.get(name, (name, ""))
    if not source:
        return in_module(it, module, local)
    found = _imported_module(it, module, source, 0)
    if isinstance(found, ModuleReference) and found.module is not None:
        return member(it, found.module, local)
    return Value(name=f"{found}.{local}") if isinstance(found, str) else None


def _imported_module(it: Interpreter, importer: Module, name: str, level: int) -> ModuleReference | str:
    """Return the file that a module's name means, or else its name; packages without a file count as ours
    when the resolver says that files can be below them (the name is kept with the importer)."""
    key = (importer.path, name, level)
    known = it.targets.get(key)
    if known is None:
        target = it.language.resolver.module(importer.tree, name, level)
        path = it.project.first(target.files, importer.path, it.consulted)
        known = it.targets[key] = (path, target.name)
    path, full = known
    found = it.load(path) if path else None
    if found is not None:
        return ModuleReference(full, importer, found)
    return full


def submodule(it: Interpreter, importer: Module, name: str) -> ModuleReference | None:
    """Return the file of a dotted name, when it is one (after `import a.b`, for `a.b`)."""
    found = _imported_module(it, importer, name, 0)
    return found if isinstance(found, ModuleReference) else None


def assign_name(it: Interpreter, name: str, value: Value) -> None:
    """Bind a name where its scope says."""
    scope = it.frame.scopes.get(name)
    if scope == "global":
        state = it.now
        state.globals = {**state.globals, (it.frame.module.path, name): value}
    elif scope == "nonlocal":
        _assign_enclosing(it.frame, name, value)
    else:
        it.now.locals[name] = value


def _assign_enclosing(frame: Frame, name: str, value: Value) -> None:
    """Write to an enclosing function's variable; it may also not happen on other ways, so both are kept."""
    outer = frame.outer
    while outer is not None:
        old = outer.env.get(name)
        if old is not None:
            outer.env[name] = value if old is value else join(old, value)
            return
        outer = outer.outer


def function_value(function: Function) -> Value:
    return Value(consts=(), callables=(function,))


def run_in(it: Interpreter, function: Function, work: Callable[[], Value]) -> Value | None:
    """Do the work where a function's own head stands: names of its file, class and enclosing function."""
    state, caller = it.now, it.frame
    before = caller.env = state.locals
    it.frame = Frame(function.module, owner=function.owner, outer=function.frame)
    state.locals = {}
    try:
        return work()
    finally:
        it.frame = caller
        if it.state is not None:
            it.state.locals = before
