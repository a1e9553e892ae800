"""How a language tells the engine what code outside the project does: the vocabulary of models, and hooks.

A language package gives one `Language` in its module `language`. Its `models` are by qualified name:

- a function, class or attribute of a module: "flask.request.args", "subprocess.run", "os.environ";
- a method or attribute of a type: "sqlite3.Cursor.execute", "java.util.List.add" (the type's qualified name first;
  types of literals as in `Language.types`: "str.upper", "list.append"); `supers` says where else to look;
- a method of whatever it is called on: "*.execute", used when the receiver's type has no model of that name and the
  method is not of the project; use `on` to ask that the receiver's own source text looks right;
- an operator of a type: "pathlib.PurePath./" (the right side is argument 0);
- an entry of a type: "flask.session.[]" read (the key is argument 0), "flask.session.[]=" set (key, value);
- an attribute that is set, where functions without a name are handed on: "type.name=", "type.*=" or "*.name=";
- a function of the project may be named too: the table is asked before its body is looked into.

Where a name is read and not called, its Source, Is, Gets, Makes, Passes and Clean say what it is (no arguments then).

A name has one model or a tuple of them. All Sink, Check, Guard and NoReturn among them act. The result is made by
the first of the others; with none of them the result is unknown and carries the taint of receiver and arguments.

Arguments are told by position from 0, by keyword, RECEIVER (what the method is called on) or EVERY (all but the
receiver). A tuple lists places that can hold arguments: (0, "sql") is the first argument or the keyword `sql`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from raksha.detections import Detection, Edit
from raksha.taint import ir
from raksha.taint.called import EVERY, RECEIVER, Called, Where, World
from raksha.taint.values import Constant
from raksha.taint.vocabulary import (
    Calls,
    Check,
    Clean,
    Container,
    Fold,
    Gets,
    Guard,
    Hook,
    Is,
    Makes,
    Model,
    Models,
    NoReturn,
    Operation,
    Passes,
    Report,
    Sanitizer,
    Sets,
    Sink,
    Source,
    When,
)

__all__ = [
    "EVERY",
    "RECEIVER",
    "Called",
    "Calls",
    "Check",
    "Clean",
    "Container",
    "Context",
    "Entry",
    "Fold",
    "Gets",
    "Guard",
    "Hook",
    "Is",
    "Language",
    "Makes",
    "Model",
    "Models",
    "NoReturn",
    "Operation",
    "Passes",
    "Report",
    "Resolver",
    "Sanitizer",
    "Sets",
    "Sink",
    "Source",
    "Target",
    "When",
    "Where",
    "World",
]


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
    foreign: heads of dotted names that are never of the project.
    final_types: types that have no subtypes, so that `instanceof` is sure.
    has_static_types: declared types of variables and results are right, also for constants.
    enters_lambdas: functions without a name are handed to code outside, which calls them (handlers, callbacks).
    whole: name under which a file keeps what importing it as a whole gives, when it has one ("module.exports").
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
    foreign: tuple[str, ...] = ()
    enters_lambdas: bool = False
    whole: str = ""
    checks: tuple[Callable[[ir.Module], Iterable[Report]], ...] = ()
    fix: Callable[[bytes, ir.Module, Detection], tuple[Edit, ...]] | None = None
