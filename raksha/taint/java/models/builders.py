"""StringBuilder and the like: an object whose text is computed as far as it is known."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

from raksha.taint.folding import fold as compute
from raksha.taint.java import semantics
from raksha.taint.java.literals import Char
from raksha.taint.java.models import text
from raksha.taint.java.models.build import CLEAN, STRING, Table, each
from raksha.taint.library import Called, Hook, Passes
from raksha.taint.values import Constant, Value, constant, of_constants

TYPES = (
    "java.lang.StringBuilder java.lang.StringBuffer java.util.StringJoiner java.io.StringWriter java.io.ByteArrayOutputStream"
    " org.apache.commons.text.TextStringBuilder org.apache.commons.lang3.text.StrBuilder"
)
TEXT = "text"


def make(called: Called) -> Value | None:
    """Make a builder; a first argument that is a number is its capacity."""
    made = called.world.new(called.name)
    start = called.arg(0)
    if start is None or (start.is_known and isinstance(start.only, int)):
        start = constant("")
    return _store(called, made, _as_text(called, start))


def append(called: Called) -> Value | None:
    added = called.arg(0)
    if called.receiver is None or added is None:
        return called.receiver
    if len(called.args) == 3:  # append(chars, start, end)
        added = added.but(consts=None, head="")
    return _store(called, called.receiver, joined(called, _held(called), _as_text(called, added)))


def insert(called: Called) -> Value | None:
    where, added = called.arg(0), called.arg(1)
    if called.receiver is None or where is None or added is None:
        return called.receiver
    held, more = _held(called), _as_text(called, added)
    if where.is_known and where.only == 0:
        return _store(called, called.receiver, joined(called, more, held))
    return _store(called, called.receiver, _mixed(called, held, more))


def cut(function: Callable[..., Constant]) -> Hook:
    """Change the text by a function of it and of the arguments; not known, its taint stays."""

    def change(called: Called) -> Value | None:
        if called.receiver is None:
            return None
        held = _held(called)
        values = (held, *called.args)
        changed = compute(function, values)
        return _store(called, called.receiver, _mixed(called, *values) if changed is None else changed)

    return Hook(change)


def set_length(called: Called) -> Value | None:
    size = called.arg(0)
    if called.receiver is not None and size is not None and size.is_known and size.only == 0:
        _store(called, called.receiver, constant(""))
    return constant(None)


def read(function: Callable[..., Constant]) -> Hook:
    """Ask something of the text that keeps its taint when not known."""

    def ask(called: Called) -> Value | None:
        values = (_held(called), *called.args)
        found = compute(function, values)
        return _mixed(called, *values) if found is None else found

    return Hook(ask)


def joined(called: Called, one: Value, other: Value) -> Value:
    """Return the concatenation of two texts."""
    mixed = called.world.join(one, other)
    if one.consts and other.consts and len(one.consts) * len(other.consts) <= 8:
        texts: list[Constant] = [
            semantics.text(a) + semantics.text(b) for a, b in product(one.consts, other.consts)
        ]
        return of_constants(texts).but(flows=mixed.flows)
    head = one.head
    if one.is_known:
        head = str(one.only) + (other.head or (str(other.only) if other.is_known else ""))
    return Value(mixed.flows, type=STRING, head=head)


def _as_text(called: Called, value: Value) -> Value:
    """Return what the value is as text; objects are taken with everything inside."""
    if value.refs or value.callables:
        return Value(called.world.deep(value).flows, type=STRING)
    if value.consts:
        try:
            return of_constants([semantics.text(one) for one in value.consts]).but(flows=value.flows)
        except semantics.NotSure:
            return Value(value.flows, type=STRING)
    return value.but(consts=None, type=STRING)


def _mixed(called: Called, *values: Value) -> Value:
    flows = called.world.join(
        *(value.but(consts=None, head="", refs=(), callables=()) for value in values)
    ).flows
    return Value(flows, type=STRING)


def _held(called: Called) -> Value:
    if called.receiver is None:
        return Value(type=STRING)
    return called.world.get(called.receiver, TEXT)


def _store(called: Called, holder: Value, value: Value) -> Value:
    called.world.set(holder, TEXT, value)
    return holder


def _held_hook(called: Called) -> Value | None:
    held = _held(called)
    return held if held.type or held.consts or held.flows else held.but(type=STRING)


def _reverse(value: Constant) -> Constant:
    return text.string(value)[::-1]


def _delete(value: Constant, start: Constant, end: Constant) -> Constant:
    letters, first = text.string(value), text.place(start)
    return letters[:first] + letters[text.place(end) :]


def _delete_at(value: Constant, at: Constant) -> Constant:
    return _delete(value, at, text.place(at) + 1)


def _replace(value: Constant, start: Constant, end: Constant, new: Constant) -> Constant:
    letters = text.string(value)
    return letters[: text.place(start)] + text.string(new) + letters[text.place(end) :]


def _set_char(value: Constant, at: Constant, new: Constant) -> Constant:
    return _replace(value, at, text.place(at) + 1, Char(text.string(new)))


MODELS: Table = {
    **each(TYPES, "<init>", Hook(make)),
    **each(TYPES, "append appendCodePoint add write print println", Hook(append)),
    **each(TYPES, "insert", Hook(insert)),
    **each(TYPES, "reverse", cut(_reverse)),
    **each(TYPES, "delete", cut(_delete)),
    **each(TYPES, "deleteCharAt", cut(_delete_at)),
    **each(TYPES, "replace", cut(_replace)),
    **each(TYPES, "setCharAt", cut(_set_char)),
    **each(TYPES, "setLength", Hook(set_length)),
    **each(TYPES, "toString toByteArray", Hook(_held_hook)),
    **each(TYPES, "substring subSequence", read(text.substring)),
    **each(TYPES, "charAt", read(text.char_at)),
    **each(TYPES, "length indexOf lastIndexOf isEmpty capacity ensureCapacity", CLEAN),
    **each(TYPES, "getBuffer", Passes((-1,), "java.lang.StringBuffer", gives=-1)),
}
