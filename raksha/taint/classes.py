"""Classes of the project: what they inherit from, their members, and bare names inside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from raksha.taint import ir
from raksha.taint.callables import Bound, Class, Function
from raksha.taint.frames import Frame
from raksha.taint.overloads import pick
from raksha.taint.shapes import known
from raksha.taint.values import BOOLEAN, FALSE, TRUE, UNKNOWN, Value

if TYPE_CHECKING:
    from raksha.taint.interpreter import Interpreter

DEEPEST = 10


def bases(it: Interpreter, cls: Class) -> tuple[tuple[Class, ...], tuple[str, ...]]:
    """Return what a class inherits from: classes of the project, and names of others."""
    if cls in it.class_bases:
        return it.class_bases[cls]
    it.class_bases[cls] = ((), ())  # asked again meanwhile: a circle
    ours: list[Class] = []
    others: list[str] = []
    for node in cls.node.bases:
        value = evaluate_at(it, cls, node)
        ours.extend(found for found in value.callables if isinstance(found, Class))
        if value.name:
            others.append(value.name)
    it.class_bases[cls] = (tuple(ours), tuple(others))
    return it.class_bases[cls]


def evaluate_at(it: Interpreter, cls: Class, node: ir.Expr) -> Value:
    """Return the value of a name as it stands in a class's head."""
    if not isinstance(node, ir.Name | ir.Attr | ir.Index | ir.Call):
        return UNKNOWN
    saved = it.frame
    it.frame = Frame(cls.module, owner=cls.outer, outer=cls.frame)
    it.frame.env = {}
    locals_before, it.now.locals = it.now.locals, {}
    it.quiet += 1
    try:
        return it.eval(node)
    finally:
        it.quiet -= 1
        it.now.locals = locals_before
        it.frame = saved


def lineage(it: Interpreter, cls: Class, depth: int = DEEPEST) -> Iterator[Class]:
    """The class and all it inherits from inside the project, nearest first."""
    yield cls
    if depth:
        for base in bases(it, cls)[0]:
            yield from lineage(it, base, depth - 1)


def outside_types(it: Interpreter, cls: Class) -> list[str]:
    """Names of the classes outside the project that it inherits from."""
    return [name for one in lineage(it, cls) for name in bases(it, one)[1]]


def method(
    it: Interpreter, cls: Class, name: str, arguments: int | None = None, args: Sequence[Value] = ()
) -> Function | None:
    """Return the method of that name; of several the one that takes so many arguments, and these."""
    for one in lineage(it, cls):
        found = one.methods.get(name)
        if found:
            return pick(found, arguments, args)
    return None


def static(it: Interpreter, cls: Class, name: str) -> Value | None:
    """Return what a class's body binds the name to, other than methods; None when it does not."""
    for one in lineage(it, cls):
        key = (f"{one.module.path}:{one.qualified}", name)
        if key in it.now.globals:
            return it.now.globals[key]
        if name in one.inner:
            return Value(consts=(), callables=(one.inner[name],))
        if name in one.members and name not in one.methods:
            return _evaluated(it, one, name)
    return None


def _evaluated(it: Interpreter, cls: Class, name: str) -> Value:
    from raksha.taint.names import run_apart

    key = (cls, name)
    if key not in it.statics:
        it.statics[key] = UNKNOWN
        value = run_apart(it, cls.module, cls.members[name], cls).get(name, UNKNOWN)
        it.statics[key] = _declared(it, cls, name, value)
    return it.statics[key]


def _declared(it: Interpreter, cls: Class, name: str, value: Value) -> Value:
    """Return a field's value with its declared type, when nothing better is known of it (it is injected, say)."""
    from raksha.taint.declared import with_type

    type = next((stmt.type for stmt in cls.members[name] if isinstance(stmt, ir.Assign) and stmt.type), "")
    if not type or not it.language.has_static_types:
        return value
    saved, it.frame = it.frame, Frame(cls.module, owner=cls, outer=cls.frame)
    try:
        return with_type(it, value, type)
    finally:
        it.frame = saved


def set_static(it: Interpreter, cls: Class, name: str, value: Value) -> None:
    owner = next((one for one in lineage(it, cls) if name in one.members), cls)
    state = it.now
    state.globals = {**state.globals, (f"{owner.module.path}:{owner.qualified}", name): value}


def implicit_member(it: Interpreter, name: str) -> Value | None:
    """Return what a bare name means as a member of the classes around it."""
    frame: Frame | None = it.frame
    while frame is not None:
        owner, this = frame.owner, frame.this
        while owner is not None:
            found = _member_of(it, owner, this, name)
            if found is not None:
                return found
            owner, this = owner.outer, None
        frame = frame.outer
    return None


def runtime_class(it: Interpreter, owner: Class, this: Value | None) -> Class:
    """Return the class of the object, when there is one that inherits from the owner: its methods come first."""
    if this is not None and len(this.refs) == 1:
        cls = it.object(this.refs[0]).cls
        if cls is not None and cls is not owner and owner in lineage(it, cls):
            return cls
    return owner


def _member_of(it: Interpreter, owner: Class, this: Value | None, name: str) -> Value | None:
    found = method(it, runtime_class(it, owner, this), name)
    if found is not None:
        if this is None or found.node.is_static:
            return Value(consts=(), callables=(found,))
        return Value(consts=(), callables=(Bound(this, name, found),))
    if this is not None:
        value = known(it, this, name)
        if value is not None:
            return value
    return static(it, owner, name)


def enumeration(it: Interpreter, number: int) -> Class | None:
    """Return the enumeration that an object is a constant of."""
    cls = it.object(number).cls
    if cls is None:
        return None
    return next((one for one in lineage(it, cls) if one.node.kind == "enum"), None)


def is_constant(it: Interpreter, value: Value, name: str) -> bool | None:
    """Return whether a value is the enumeration's constant of this name; None when not known."""
    answers: set[bool] = set()
    for number in value.refs:
        cls = enumeration(it, number)
        held = static(it, cls, name) if cls is not None else None
        if held is None or len(held.refs) != 1:
            return None
        answers.add(held.refs[0] == number)
    return answers.pop() if len(answers) == 1 and not value.consts and not value.callables else None


def instance_test(it: Interpreter, value: Value, type: Value) -> Value:
    """Return whether a value is an instance of a class, where types are declared."""
    if value.consts == (None,) and not value.refs:
        return FALSE
    wanted = type.callables[0] if len(type.callables) == 1 else None
    if value.refs and not value.consts and isinstance(wanted, Class):
        found = [it.object(number).cls for number in value.refs]
        answers = {cls is not None and wanted in lineage(it, cls) for cls in found}
        return BOOLEAN if len(answers) > 1 else (TRUE if answers.pop() else FALSE)
    if value.type in it.language.final_types and type.name in it.language.final_types:
        return TRUE if value.type == type.name else FALSE
    return BOOLEAN


def is_member(it: Interpreter, name: str) -> bool:
    """Return whether a bare name is a field of the class around it."""
    owner = it.frame.owner
    return owner is not None and any(
        name in one.members and name not in one.methods for one in lineage(it, owner)
    )
