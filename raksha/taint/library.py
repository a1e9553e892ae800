"""How a language tells the engine what code outside the project does: the vocabulary of models, and hooks.

A language package gives one `Language` in its module `language`. Its `models` are by qualified name:

- a function, class or attribute of a module: "flask.request.args", "subprocess.run", "os.environ";
- a method or attribute of a type: "sqlite3.Cursor.execute", "java.util.List.add" (the type's qualified name first;
  types of literals as in `Language.types`: "str.upper", "list.append"); `supers` says where else to look;
- a method of whatever it is called on: "*.execute", used when the receiver's type has no model of that name and the
  method is not of the project; use `on` to ask that the receiver's own source text looks right;
- an operator of a type: "pathlib.PurePath./" (the right side is argument 0);
- an entry of a type: "flask.session.[]" read (the key is argument 0), "flask.session.[]=" set (key, value);
- a function of the project may be named too: the table is asked before its body is looked into.

Where a name is read and not called, its Source, Is, Gets, Makes, Passes and Clean say what it is (no arguments then).

A name has one model or a tuple of them. All Sink, Check, Guard and NoReturn among them act. The result is made by
the first of the others; with none of them the result is unknown and carries the taint of receiver and arguments.

Arguments are told by position from 0, by keyword, RECEIVER (what the method is called on) or EVERY (all but the
receiver). A tuple lists places that can hold arguments: (0, "sql") is the first argument or the keyword `sql`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

from raksha.detections import Detection, Edit
from raksha.taint import ir, kinds
from raksha.taint.kinds import Kind
from raksha.taint.values import Constant, Value

Where = int | str
RECEIVER: Final = -1
EVERY: Final = -2


class World(Protocol):
    """What a hook may do to the program's state while a call is looked at.

    Keys of fields and entries are constants; index a list by int. `None` as key means "some key".
    """

    def new(
        self, type: str, *, kind: Literal["object", "list", "tuple", "set", "dict"] = "object"
    ) -> Value: ...
    def get(self, holder: Value, key: Constant) -> Value:
        """Return what the field or entry holds (unknown when it is not known)."""

    def known(self, holder: Value, key: Constant) -> Value | None:
        """Return what the field or entry surely holds, or None."""

    def set(self, holder: Value, key: Constant, value: Value) -> None: ...
    def items(self, holder: Value) -> list[Value] | None:
        """Return all elements of a list, tuple or set in order when exactly known, else None."""

    def entries(self, holder: Value) -> dict[Constant, Value] | None:
        """Return all entries or fields when exactly known, else None."""

    def element(self, holder: Value) -> Value:
        """Return the join of everything inside, with the holder's own taint."""

    def deep(self, value: Value) -> Value:
        """Return the value with the taint of everything inside it added."""

    def sequence(
        self, items: Iterable[Value], kind: Literal["list", "tuple", "set"] = "list", type: str = ""
    ) -> Value: ...
    def mapping(self, entries: Mapping[Constant, Value], type: str = "") -> Value: ...
    def add(self, holder: Value, value: Value) -> None:
        """Put the value inside at a place not known."""

    def join(self, *values: Value) -> Value: ...
    def call(self, function: Value, args: Sequence[Value]) -> Value:
        """Call a callback."""

    def step(self, value: Value, says: str, node: ir.Node | None = None) -> Value:
        """Return the value with one more station in the trace of its taint, at the node."""

    def text(self, node: ir.Node) -> str:
        """Return the source text of a node, at most 200 characters."""

    def resource(self, name: str) -> bytes | None:
        """Return a file of the project that is no code, found where the language's resolver says."""

    def scope(self) -> str:
        """Return the dotted name of the function that is running; empty at the top of a file."""

    def is_asked(self) -> bool:
        """Return whether the outside calls the function that all this runs in."""


@dataclass(slots=True)
class Called:
    """A call (or an attribute read: no arguments then) as models see it.

    more: arguments of unknown number follow (`*args` not known); their join stands as "*" in keywords.
    """

    name: str
    node: ir.Node
    receiver: Value | None
    args: tuple[Value, ...]
    keywords: Mapping[str, Value]
    world: World
    more: bool = False
    nodes: tuple[ir.Arg, ...] = ()
    receiver_node: ir.Expr | None = None

    def arg(self, *where: Where) -> Value | None:
        """Return the argument at the first of these places that has one, else None."""
        for place in where:
            if isinstance(place, str):
                if place in self.keywords:
                    return self.keywords[place]
            elif place == RECEIVER:
                return self.receiver
            elif 0 <= place < len(self.args):
                return self.args[place]
        return None

    def constants(self, *where: Where) -> tuple[Constant, ...] | None:
        """Return the constants the argument can be; None when unknown or there is no such argument."""
        value = self.arg(*where)
        return None if value is None else (value.consts or None)

    def is_only(self, constant: Constant, *where: Where) -> bool:
        """Return whether the argument is surely this constant."""
        value = self.arg(*where)
        return value is not None and value.is_known and _same(value.only, constant)

    def has(self, *where: Where) -> bool:
        return self.arg(*where) is not None


def _same(one: Constant, other: Constant) -> bool:
    return type(one) is type(other) and one == other


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


@dataclass(frozen=True, slots=True)
class Entry:
    """How the outside calls a function: what its parameters hold, by name; others are unknown and clean.

    A Source makes a tainted parameter, a Makes one of its type, or of the declared one when it names none. others: for parameters not named (path parameters).
    returns: what the outside does with the result, which is argument 0 (a page that a browser shows).
    """

    params: Mapping[str, Source | Makes] = field(default_factory=dict)
    others: Source | Makes | None = None
    returns: tuple[Sink, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """Where a function stands, for the entry hook. qualify: the qualified name of a Name, Attr or Call's callee."""

    module: ir.Module
    classes: tuple[ir.Class, ...]
    qualify: Callable[[ir.Expr], str]


@dataclass(frozen=True, slots=True)
class Target:
    """What an import leads to: files that can be it (the first that exists is), and its qualified name if none does."""

    files: tuple[str, ...]
    name: str


class Resolver(Protocol):
    """Where names come from. Paths are as in the files given to the engine, "/"-separated and relative."""

    def module(self, importer: ir.Module, module: str, level: int) -> Target:
        """Return what `module` means inside `importer`."""

    def implicit(self, importer: ir.Module, name: str) -> Target | None:
        """Return where a name comes from that nothing in the file binds (a class of the same Java package)."""

    def resource(self, importer: ir.Module, name: str) -> tuple[str, ...]:
        """Return the paths under which a resource named in `importer` can be."""
        return ()

    def implementations(self, module: ir.Module, name: str) -> tuple[Target, ...]:
        """Return where classes that implement this interface of `module` are, by the language's habits of naming."""
        return ()

    def qualified(self, module: ir.Module) -> str:
        """Return the dotted name of a file's own module or package: "app.views", "org.shop"."""


@dataclass(frozen=True, slots=True)
class Language:
    """Everything the engine asks about one language.

    types: for "str", "bytes", "int", "float", "bool", "null", "list", "tuple", "set", "dict", "function", "generator"
        the name under which methods have models.
    builtins: names that need no import -> qualified name ("open" -> "open"; "String" -> "java.lang.String").
    supers: type -> types whose models it has too, nearest first.
    subtype_of: like supers by rule, for families of names (every "*.HttpServletRequest").
    binary(op, a, b), compare(op, a, b), unary(op, a), truth(a), text(a): the language's own arithmetic on constants;
        raise anything for "unknown". text is what a template, or + with a string, makes of a value.
    index(holder, key): indexing of a constant text. slice(holder, lower, upper, step): slicing of one.
    entry: how the outside calls this function, or None when it is not an entry point.
    text_guard(needle, found): kinds that a value is safe for, when it is known that the constant `needle` is
        (found) or is not in it.
    self_first: methods get the object as their first parameter (Python); else it is `this_names`.
    constructor: name of the constructor's method ("__init__", "<init>", "constructor").
    catches_all: names of exceptions whose handler takes all.
    no_taint_types: types whose instances carry none (int, bool), when a parameter or cast is declared so.
    implicit_members: bare names inside a class mean its members too (Java).
    empty_is_false: an empty container counts as false. ordering_proves_number: `<` with a number fails for text.
    calls_function: whether a method of this name, called on a function, calls it (Java's functional interfaces).
    cast(type, constant): a constant cast to a type as written; raise anything for "unknown".
    final_types: types that have no subtypes, so that `instanceof` is sure.
    has_static_types: declared types of variables and results are right, also for constants.
    checks: functions over a file's whole tree, for what needs no evaluation; each Report names its node.
    fix: the edits that make a finding vanish, given the text and tree of the file it lies in; () when none is known.
    """

    name: str
    lower: Callable[[bytes, str], ir.Module]
    models: Models
    resolver: Resolver
    entry: Callable[[Context, ir.Function], Entry | None]
    binary: Callable[[str, Constant, Constant], Constant]
    compare: Callable[[str, Constant, Constant], bool]
    unary: Callable[[str, Constant], Constant]
    truth: Callable[[Constant], bool]
    text: Callable[[Constant], str]
    index: Callable[[Constant, Constant], Constant]
    slice: Callable[[Constant, Constant, Constant, Constant], Constant]
    types: Mapping[str, str]
    builtins: Mapping[str, str] = field(default_factory=dict)
    supers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    subtype_of: Callable[[str], tuple[str, ...]] | None = None
    text_guard: Callable[[Constant, bool], int] | None = None
    self_first: bool = True
    this_names: tuple[str, ...] = ("self",)
    super_names: tuple[str, ...] = ("super",)
    constructor: str = "__init__"
    catches_all: frozenset[str] = frozenset({"Exception", "BaseException", "Throwable"})
    no_taint_types: frozenset[str] = frozenset({"int", "float", "bool"})
    implicit_members: bool = False
    empty_is_false: bool = True
    ordering_proves_number: bool = True
    calls_function: Callable[[str], bool] | None = None
    cast: Callable[[str, Constant], Constant] | None = None
    has_static_types: bool = False
    final_types: frozenset[str] = frozenset()
    checks: tuple[Callable[[ir.Module], Iterable[Report]], ...] = ()
    fix: Callable[[bytes, ir.Module, Detection], tuple[Edit, ...]] | None = None
