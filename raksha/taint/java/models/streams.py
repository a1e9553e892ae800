"""Streams, optionals and callbacks: what goes through a lambda is followed."""

from __future__ import annotations

import re

from raksha.taint.java.models.build import CLEAN, STRING, Table, each, merged, methods, passes
from raksha.taint.java.models.collections import ARRAY_LIST, STREAM, of_array
from raksha.taint.library import RECEIVER, Called, Calls, Clean, Container, Hook, Passes
from raksha.taint.values import UNKNOWN, Value, constant

PLAIN_SEPARATOR = re.compile(r"[\w ,;:/@#=~-]+|\\[.|+*?]")
OPTIONAL, COLLECTORS = "java.util.Optional", "java.util.stream.Collectors"
INSIDE = "value"


def optional(called: Called) -> Value | None:
    made = called.world.new(OPTIONAL)
    given = called.arg(0)
    called.world.set(made, INSIDE, given if given is not None else constant(None))
    return made


def _held(called: Called) -> Value:
    """Return what an optional holds; of one from elsewhere only its taint is known."""
    if called.receiver is None:
        return UNKNOWN
    if not called.receiver.refs:
        return Value(called.receiver.flows)
    return called.world.get(called.receiver, INSIDE)


def held(called: Called) -> Value | None:
    return _held(called)


def mapped(called: Called) -> Value | None:
    """Return an optional of what the callback makes of the value."""
    function = called.arg(0)
    made = called.world.new(OPTIONAL)
    if function is not None:
        called.world.set(made, INSIDE, called.world.call(function, (_held(called),)))
    return made


def flat_mapped(called: Called) -> Value | None:
    function = called.arg(0)
    return None if function is None else called.world.call(function, (_held(called),))


def or_else(called: Called) -> Value | None:
    """Return the value, or the other one when it may be missing."""
    inside, other = _held(called), called.arg(0)
    if other is None or (inside.is_known and inside.only is not None):
        return inside
    if inside.is_known:
        return other
    return called.world.join(inside, other).but(type=inside.type or other.type)


def or_else_get(called: Called) -> Value | None:
    function = called.arg(0)
    inside = _held(called)
    if function is None or (inside.is_known and inside.only is not None):
        return inside
    return called.world.join(inside, called.world.call(function, ()))


def if_present(called: Called) -> Value | None:
    function = called.arg(0)
    if function is not None:
        called.world.call(function, (_held(called),))
    return constant(None)


def collected(called: Called) -> Value | None:
    """Return what a collector makes: a joined text, a list, or a set."""
    given = called.arg(0)
    if called.receiver is None:
        return None
    kind = given.type if given is not None else ""
    if kind.endswith(".joining"):
        items = called.world.items(called.receiver)
        parts = items if items is not None else [called.world.element(called.receiver)]
        return Value(called.world.join(*parts, UNKNOWN).flows, type=STRING)
    items = called.world.items(called.receiver)
    if items is not None:
        return called.world.sequence(items, type=ARRAY_LIST)
    return Value(called.world.deep(called.receiver).flows, type=ARRAY_LIST)


def first(called: Called) -> Value | None:
    """Return an optional of the first element."""
    made = called.world.new(OPTIONAL)
    items = called.world.items(called.receiver) if called.receiver is not None else None
    inside = items[0] if items else (called.world.element(called.receiver) if called.receiver else UNKNOWN)
    called.world.set(made, INSIDE, inside)
    return made


def invoked(called: Called) -> Value | None:
    """Call a function object with the arguments."""
    if called.receiver is None or not called.receiver.callables:
        return None
    return called.world.call(called.receiver, called.args)


def split(called: Called) -> Value | None:
    """Split a constant text at a plain separator; empty ends are left out, as Java does."""
    given, holder = called.arg(0), called.receiver
    if holder is None or given is None or not holder.is_known or not given.is_known or len(called.args) != 1:
        return None
    text, separator = holder.only, given.only
    if (
        not isinstance(text, str)
        or not isinstance(separator, str)
        or not PLAIN_SEPARATOR.fullmatch(separator)
    ):
        return None
    parts = text.split(separator.replace("\\", ""))
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    return called.world.sequence([constant(part) for part in parts], type="java.array")


def started(called: Called) -> Value | None:
    """Make a thread; what it will run is run here."""
    function = called.arg(0)
    if function is not None and function.callables:
        called.world.call(function, ())
    return Value(type="java.lang.Thread")


def put(called: Called) -> Value | None:
    given = called.arg(0)
    if called.receiver is not None and given is not None:
        called.world.set(called.receiver, INSIDE, given)
    return constant(None)


SAME = Container("copy", type=STREAM)
STREAMS = merged([
    methods(STREAM, "of", of_array(STREAM)),
    methods(STREAM, "map mapToObj flatMap mapToInt mapToLong", Calls((0,), elements=(RECEIVER,), returns="list")),
    methods(STREAM, "filter takeWhile dropWhile", Calls((0,), elements=(RECEIVER,), returns="elements")),
    methods(STREAM, "peek", Calls((0,), elements=(RECEIVER,), returns="elements")),
    methods(STREAM, "forEach forEachOrdered", Calls((0,), elements=(RECEIVER,), returns="nothing")),
    methods(STREAM, "sorted distinct limit skip boxed parallel sequential unordered onClose", SAME),
    methods(STREAM, "collect", Hook(collected)),
    methods(STREAM, "toList", Container("copy", type=ARRAY_LIST)),
    methods(STREAM, "toArray", Container("copy", type="java.array")),
    methods(STREAM, "findFirst findAny min max", Hook(first)),
    methods(STREAM, "count sum average anyMatch allMatch noneMatch", CLEAN),
    methods(STREAM, "iterator", Container("copy", type="java.util.Iterator")),
    *(methods(COLLECTORS, name, Clean(f"{COLLECTORS}.{name}")) for name in ("joining", "toList", "toSet", "toMap")),
])  # fmt: skip
OPTIONALS = merged([
    methods(OPTIONAL, "of ofNullable empty", Hook(optional)),
    methods(OPTIONAL, "get orElseThrow getAsInt", Hook(held)),
    methods(OPTIONAL, "orElse", Hook(or_else)),
    methods(OPTIONAL, "orElseGet", Hook(or_else_get)),
    methods(OPTIONAL, "map", Hook(mapped)),
    methods(OPTIONAL, "flatMap", Hook(flat_mapped)),
    methods(OPTIONAL, "filter or stream", Passes((RECEIVER,), OPTIONAL, gives=RECEIVER)),
    methods(OPTIONAL, "ifPresent ifPresentOrElse", Hook(if_present)),
    methods(OPTIONAL, "isPresent isEmpty", CLEAN),
])  # fmt: skip
FUNCTIONS = "apply accept get test call run applyAsInt applyAsLong getAsInt compare"
CALLBACKS = merged([
    methods("java.lang.Thread", "<init> ofVirtual startVirtualThread", Hook(started)),
    methods("java.function", FUNCTIONS, Hook(invoked)),
    methods("java.util.concurrent.CompletableFuture", "supplyAsync runAsync", Calls((0,))),
    methods("java.util.concurrent.ExecutorService", "submit execute", Calls((0,))),
    each("java.util.concurrent.atomic.AtomicReference java.lang.ThreadLocal", "<init>",
         Hook(optional)),
    each("java.util.concurrent.atomic.AtomicReference java.lang.ThreadLocal", "get getPlain", Hook(held)),
    each("java.util.concurrent.atomic.AtomicReference java.lang.ThreadLocal", "set lazySet",
         Hook(put)),
    each("org.apache.commons.lang3.StringUtils org.apache.commons.lang.StringUtils", "trim strip defaultString upperCase"
         " lowerCase substringAfter substringBefore capitalize abbreviate join removeStart removeEnd", passes(STRING, 0)),
    each("org.apache.commons.lang3.StringUtils org.apache.commons.lang.StringUtils",
         "isEmpty isBlank isNotBlank isNotEmpty equals length contains", CLEAN),
    methods(STRING, "join", Passes((1, -2), STRING)),
    methods(STRING, "split", Hook(split), Passes((RECEIVER,), "java.array")),
    methods(STRING, "toCharArray", Passes((RECEIVER,), "java.array")),
])  # fmt: skip


MODELS: Table = merged([STREAMS, OPTIONALS, CALLBACKS])
