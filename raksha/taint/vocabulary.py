"""The models: what code outside the project does, in words. `library` says how they stand together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from raksha.taint import ir, kinds
from raksha.taint.called import EVERY, RECEIVER, Called, Where
from raksha.taint.kinds import Kind
from raksha.taint.values import Constant, Value

When = Callable[[Called], bool]


@dataclass(frozen=True, slots=True)
class Source:
    """Reading the attribute, or the result of the call, is data from outside.

    kinds: the kinds of sink it is unsafe for. type: of the result, whose methods then have models.
    Whatever is read out of it (entries, attributes, methods' results) carries the taint on by itself.
    """

    says: str = "data from outside"
    kinds: int = kinds.ALL
    type: str = ""
    when: When | None = None


@dataclass(frozen=True, slots=True)
class Sink:
    """Taint of the kind's bit in one of these arguments (each place on its own, taint inside containers too).

    Report it, unless `when` says no. args: each entry a place or a tuple of alternatives for one parameter.
    safe_head: regular expression; a value surely starting like this is safe (a fixed host, a fixed folder).
    on: regular expression that the receiver's source text must match, for "*.name" models; ignoring case.
    exact: look at the argument itself only, not at what is inside a container.
    """

    kind: Kind
    args: tuple[Where | tuple[Where, ...], ...] = (0,)
    says: str = "used here"
    when: When | None = None
    safe_head: str = ""
    on: str = ""
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found. node: the place, when it is not the call itself. says: more than the kind's message."""

    kind: Kind
    says: str = ""
    node: ir.Node | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """Called for each reachable call (or read); returns what is wrong, if anything.

    reads: called where the name is read and not called instead; `called` has no arguments then.
    late: called when the root function ends, with the same arguments, so that `called.world` shows the objects'
    final state (flags of a cookie that are set after it was made).
    """

    function: Callable[[Called], Report | Iterable[Report] | None]
    late: bool = False
    reads: bool = False


@dataclass(frozen=True, slots=True)
class Is:
    """Reading the name gives this constant."""

    value: Constant


@dataclass(frozen=True, slots=True)
class Sanitizer:
    """The result is the arguments made safe for these kinds (kinds.mask(...)); for others the taint stays."""

    clears: int = kinds.ALL
    args: tuple[Where, ...] = (RECEIVER, EVERY)
    type: str = ""
    fold: Callable[..., Constant] | None = None
    when: When | None = None


@dataclass(frozen=True, slots=True)
class Passes:
    """The result is of this type and carries the taint of these arguments.

    into: these arguments (RECEIVER for a builder's append) take the taint of the others too.
    gives: the place of the argument that the call returns as it is (RECEIVER: a fluent method), else None.
    """

    args: tuple[Where, ...] = (RECEIVER, EVERY)
    type: str = ""
    into: tuple[Where, ...] = ()
    gives: Where | None = None
    when: When | None = None


@dataclass(frozen=True, slots=True)
class Clean:
    """The result carries no taint (a length, a number, a fresh name)."""

    type: str = ""
    when: When | None = None


@dataclass(frozen=True, slots=True)
class Makes:
    """The result is a fresh object of this type ("" : the model's own name), which holds the arguments' taint
    from `args` (what the object stands for, such as a path), and remembers arguments as fields.

    fields: name of a field -> places of its argument. See Sets and Gets.
    """

    type: str = ""
    args: tuple[Where, ...] = (RECEIVER, EVERY)
    fields: Mapping[str, tuple[Where, ...]] = field(default_factory=dict)
    kind: Literal["object", "list", "tuple", "set", "dict"] = "object"
    when: When | None = None


@dataclass(frozen=True, slots=True)
class Sets:
    """Remember an argument as a field of the receiver. key: the field's name, or the place of the argument that
    tells it (as int). Returns the receiver when `fluent`.
    """

    key: Where
    value: tuple[Where, ...] = (0,)
    fluent: bool = False
    when: When | None = None


@dataclass(frozen=True, slots=True)
class Gets:
    """Return the receiver's field. key as in Sets; default: place of what is returned when it has none."""

    key: Where
    default: tuple[Where, ...] = ()
    when: When | None = None


@dataclass(frozen=True, slots=True)
class Fold:
    """Compute the result from constants: function(receiver?, *args), receiver first when there is one.

    Any exception means unknown. Not all constant: the result is unknown, of `type`, with the taint of receiver and
    arguments less `clears`. keeps_head: the result starts as the receiver (or first argument) does.
    keywords: names of keyword arguments that the function takes; others make the result unknown.
    """

    function: Callable[..., Constant]
    type: str = ""
    clears: int = 0
    keeps_head: bool = False
    keywords: tuple[str, ...] = ()
    when: When | None = None


Operation = Literal[
    "append", "prepend", "insert", "extend", "get", "put", "put_if_absent", "pop", "pop_first", "pop_key", "remove",
    "remove_at", "clear", "keys", "values", "items", "update", "copy", "sort", "reverse", "reversed", "contains",
    "contains_key", "contains_value", "first", "last", "size", "is_empty", "index_of", "slice", "concat", "iterate",
    "set_at", "get_at", "join_text", "union", "discard", "of", "of_items", "of_pairs", "enumerate", "zip",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Container:
    """An operation of a list, dict, set or the like on exactly known contents, in the order of its arguments.

    append(value) prepend(value) insert(index, value) extend(iterable) get(key, default?) put(key, value)
    put_if_absent(key, default?) pop(index?) pop_first() pop_key(key, default?) remove(value) remove_at(index) clear()
    keys() values() items() update(mapping) copy() sort() reverse() reversed() contains(value) contains_key(key)
    contains_value(value) first() last() size() is_empty() index_of(value) slice(from, to?) concat(other) iterate()
    set_at(index, value) get_at(index) join_text(iterable; the receiver is the separator) union(other) discard(value)
    On no receiver: of(iterable?) of_items(*values) of_pairs(iterable or mapping, **entries) enumerate(iterable, start?)
    zip(*iterables); `makes` says which kind and `type` which type the result has.
    gives "receiver": returns the receiver (fluent), "old": what stood there before.
    on: the place of the argument that is the container, when it is not what the method is called on.
    """

    operation: Operation
    makes: Literal["list", "tuple", "set", "dict"] = "list"
    type: str = ""
    gives: Literal["", "receiver", "old", "boolean"] = ""
    when: When | None = None
    on: int = RECEIVER


@dataclass(frozen=True, slots=True)
class Guard:
    """A check of a value: it is safe for these kinds where the result is true (or false; or wherever the call
    returns at all: "return", as int(x) or an assertion does).

    decide: gives the kinds instead, for a check that depends on an argument (a pattern, say).
    """

    clears: int = kinds.ALL
    args: tuple[Where, ...] = (0,)
    on: Literal["true", "false", "return"] = "true"
    decide: Callable[[Called], int] | None = None


@dataclass(frozen=True, slots=True)
class NoReturn:
    """The call does not come back (exit, abort, fail)."""

    when: When | None = None


@dataclass(frozen=True, slots=True)
class Calls:
    """The function calls back: the argument at `function` gets the arguments at `args` as they are, and elements
    of those at `elements` (map, filter, forEach, sorted's key …).

    returns: "result" of the callback, "list" of its results, "elements" of `elements[0]`, or "nothing" known.
    """

    function: tuple[Where, ...] = (0,)
    args: tuple[Where, ...] = ()
    elements: tuple[Where, ...] = ()
    returns: Literal["result", "list", "elements", "nothing"] = "result"
    when: When | None = None


@dataclass(frozen=True, slots=True)
class Hook:
    """Decide in code: returns the result, or None to let the next model, or the default, make it.

    reads: asked too where the name is read and not called.
    """

    function: Callable[[Called], Value | None]
    reads: bool = False


Model = (
    Source | Sink | Check | Is | Sanitizer | Passes | Clean | Makes | Sets | Gets | Fold | Container | Guard | NoReturn | Calls | Hook
)  # fmt: skip
Models = Mapping[str, Model | tuple[Model, ...]]
