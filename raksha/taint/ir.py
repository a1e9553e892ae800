"""The small tree that every language is lowered to, so that one interpreter serves them all.

It is structured (no jumps but break, continue, return and raise) and keeps what the source says: a lowering
does not decide what code means. What has no form here becomes `Unknown`, whose parts are evaluated and joined,
so that taint is never lost in silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Span:
    """A range of the file. Lines and columns count from 1, columns in characters; the end column is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    span: Span


# --- expressions


@dataclass(frozen=True, slots=True)
class Const(Node):
    """A literal. Regular expressions of JavaScript are Const of their pattern's text with kind "regex"."""

    value: str | bytes | int | float | bool | None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Name(Node):
    id: str


@dataclass(frozen=True, slots=True)
class Attr(Node):
    """value.name; `optional` is JavaScript's value?.name."""

    value: Expr
    name: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Slice(Node):
    """Only as the index of an Index."""

    lower: Expr | None
    upper: Expr | None
    step: Expr | None = None


@dataclass(frozen=True, slots=True)
class Index(Node):
    value: Expr
    index: Expr


@dataclass(frozen=True, slots=True)
class Arg(Node):
    """An argument, or an item of a display. spread: "*" one sequence, "**" one mapping."""

    value: Expr
    name: str | None = None
    spread: Literal["", "*", "**"] = ""


@dataclass(frozen=True, slots=True)
class Call(Node):
    """callee(args); `new` for `new T(args)` of Java and JavaScript, whose body (an anonymous class) may follow."""

    callee: Expr
    args: tuple[Arg, ...] = ()
    new: bool = False
    body: Class | None = None


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """op: + - * / // % ** << >> >>> & | ^ @, as spelled in the language."""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """op: == != === !== < <= > >= in "not in" is "is not" instanceof. A chain is a Logic "and" of pairs."""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Logic(Node):
    op: Literal["and", "or", "??"]
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Unary(Node):
    """op: not - + ~ typeof delete void."""

    op: str
    value: Expr


@dataclass(frozen=True, slots=True)
class Choose(Node):
    """then if test else other."""

    test: Expr
    then: Expr
    other: Expr


@dataclass(frozen=True, slots=True)
class Template(Node):
    """A string with values in it: f"…{x}…", `…${x}…`. tag: the function of a tagged template."""

    parts: tuple[Expr, ...]
    tag: Expr | None = None


@dataclass(frozen=True, slots=True)
class Sequence(Node):
    kind: Literal["list", "tuple", "set"]
    items: tuple[Arg, ...]


@dataclass(frozen=True, slots=True)
class Mapping(Node):
    """{key: value}; a key of None spreads the value. JavaScript's {a} and {a: 1} have Const keys."""

    entries: tuple[tuple[Expr | None, Expr], ...]


@dataclass(frozen=True, slots=True)
class Clause(Node):
    target: Target
    iterable: Expr
    conditions: tuple[Expr, ...] = ()


@dataclass(frozen=True, slots=True)
class Comprehension(Node):
    """kind "mapping" has a key."""

    kind: Literal["list", "set", "mapping", "generator"]
    element: Expr
    clauses: tuple[Clause, ...]
    key: Expr | None = None


@dataclass(frozen=True, slots=True)
class AssignExpr(Node):
    """An assignment used as a value: (x := v), x = v, x += v, x++ (op "+", value 1). op "" assigns.

    before: the value of the expression is the one before the change (x++).
    """

    target: Target
    op: str
    value: Expr
    before: bool = False


@dataclass(frozen=True, slots=True)
class Await(Node):
    value: Expr


@dataclass(frozen=True, slots=True)
class Yield(Node):
    value: Expr | None
    whole: bool = False  # yield from, yield*


@dataclass(frozen=True, slots=True)
class Cast(Node):
    """(T) value, value as T; type: its name as written, without type arguments."""

    type: str
    value: Expr


@dataclass(frozen=True, slots=True)
class Unknown(Node):
    """Something with no form of its own; what: the grammar's word for it."""

    what: str
    parts: tuple[Expr, ...] = ()


# --- functions and classes


@dataclass(frozen=True, slots=True)
class Param(Node):
    """kind: "" plain, "*" and "**" collect, "keyword" only by name. type: as written, without type arguments.

    target: what a destructuring parameter binds; then the name is empty.
    annotation: the whole annotation as an expression, where the language has such (FastAPI's Depends, Query).
    """

    name: str
    default: Expr | None = None
    kind: Literal["", "*", "**", "keyword"] = ""
    type: str = ""
    annotation: Expr | None = None
    decorators: tuple[Expr, ...] = ()
    target: Target | None = None


@dataclass(frozen=True, slots=True)
class Function(Node):
    """A function, method or lambda (name empty), as statement and as expression.

    decorators: Python decorators, Java annotations as Name or Call. type: declared type of the result.
    """

    name: str
    params: tuple[Param, ...]
    body: tuple[Stmt, ...]
    decorators: tuple[Expr, ...] = ()
    type: str = ""
    is_async: bool = False
    is_generator: bool = False
    is_static: bool = False
    is_arrow: bool = False
    is_abstract: bool = False  # a method without a body


@dataclass(frozen=True, slots=True)
class Class(Node):
    """Body: Function, Assign (fields), Class, and what else stands there. Java fields are Assign with a type.

    Java's constructor is named `<init>`; a Block labelled "static" runs with the class, one without for each object.
    kind: "" class, or Java's "interface", "enum", "record", "annotation".
    """

    name: str
    bases: tuple[Expr, ...]
    body: tuple[Stmt, ...]
    decorators: tuple[Expr, ...] = ()
    kind: str = ""


# --- statements


@dataclass(frozen=True, slots=True)
class Assign(Node):
    """targets = value; several targets for a = b = v. type: the declared type as written. value None declares only."""

    targets: tuple[Target, ...]
    value: Expr | None
    type: str = ""
    is_static: bool = False  # a static field
    decorators: tuple[Expr, ...] = ()  # a field's annotations


@dataclass(frozen=True, slots=True)
class Do(Node):
    value: Expr


@dataclass(frozen=True, slots=True)
class Return(Node):
    value: Expr | None


@dataclass(frozen=True, slots=True)
class Raise(Node):
    value: Expr | None


@dataclass(frozen=True, slots=True)
class Assert(Node):
    test: Expr


@dataclass(frozen=True, slots=True)
class If(Node):
    test: Expr
    then: tuple[Stmt, ...]
    other: tuple[Stmt, ...] = ()


@dataclass(frozen=True, slots=True)
class While(Node):
    """test first, unless `after` (do … while). update: what `for (;;update)` does, also after continue."""

    test: Expr
    body: tuple[Stmt, ...]
    other: tuple[Stmt, ...] = ()
    update: tuple[Stmt, ...] = ()
    after: bool = False
    label: str = ""


@dataclass(frozen=True, slots=True)
class For(Node):
    """over: "values", or "keys" for JavaScript's for … in. type: the target's declared type."""

    target: Target
    iterable: Expr
    body: tuple[Stmt, ...]
    other: tuple[Stmt, ...] = ()
    over: Literal["values", "keys"] = "values"
    type: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Handler(Node):
    types: tuple[Expr, ...]  # none: catches all
    name: str
    body: tuple[Stmt, ...]


@dataclass(frozen=True, slots=True)
class Try(Node):
    """With resources, Java's try lowers to With inside Try."""

    body: tuple[Stmt, ...]
    handlers: tuple[Handler, ...] = ()
    other: tuple[Stmt, ...] = ()
    final: tuple[Stmt, ...] = ()


@dataclass(frozen=True, slots=True)
class With(Node):
    items: tuple[tuple[Expr, Target | None], ...]
    body: tuple[Stmt, ...]


@dataclass(frozen=True, slots=True)
class Case(Node):
    """patterns: constants or names to compare with; none and no guard: the default.

    captures: what Python's match binds to the whole subject; shape: a structural pattern's word, when it is not
    plain constants, so that the case may or may not fit.
    """

    patterns: tuple[Expr, ...]
    body: tuple[Stmt, ...]
    guard: Expr | None = None
    captures: tuple[Target, ...] = ()
    shape: str = ""


@dataclass(frozen=True, slots=True)
class Switch(Node):
    """falls: a case without break runs into the next (C style). As a value (Java's switch expression): see SwitchExpr."""

    subject: Expr
    cases: tuple[Case, ...]
    falls: bool = False
    label: str = ""


@dataclass(frozen=True, slots=True)
class SwitchExpr(Node):
    """Java's switch as a value: each body ends by Return of its yield."""

    switch: Switch


@dataclass(frozen=True, slots=True)
class Break(Node):
    label: str = ""


@dataclass(frozen=True, slots=True)
class Continue(Node):
    label: str = ""


@dataclass(frozen=True, slots=True)
class Delete(Node):
    targets: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Import(Node):
    """module: dotted, or a path in JavaScript; level: leading dots. names: (name, alias); ("*", "") all of it.

    No names: `import a.b` binds "a"; with alias it binds the alias to a.b. JavaScript's default is the name "default";
    `import * as x` is an alias without names. `require("x")` stays a Call.
    """

    module: str
    names: tuple[tuple[str, str], ...] = ()
    alias: str = ""
    level: int = 0


@dataclass(frozen=True, slots=True)
class Export(Node):
    """names: (local, exported) of JavaScript; declarations are exported by their own Export beside them."""

    names: tuple[tuple[str, str], ...]
    module: str = ""


@dataclass(frozen=True, slots=True)
class Scope(Node):
    """Names that belong further out: global and nonlocal."""

    names: tuple[str, ...]
    kind: Literal["global", "nonlocal"]


@dataclass(frozen=True, slots=True)
class Block(Node):
    """A nested block with a scope of its own where the language has one; label: Java's labelled block."""

    body: tuple[Stmt, ...]
    label: str = ""


@dataclass(frozen=True, slots=True)
class Module(Node):
    """One file. package: Java's package. errors: ranges that the parser could not read."""

    path: str
    language: str
    body: tuple[Stmt, ...]
    package: str = ""
    errors: tuple[Span, ...] = ()


Expr = (
    Const | Name | Attr | Index | Slice | Call | Binary | Compare | Logic | Unary | Choose | Template | Sequence | Mapping
    | Comprehension | AssignExpr | Await | Yield | Cast | Unknown | Function | Class | SwitchExpr
)  # fmt: skip
Target = Expr  # Name, Attr, Index, Sequence, Mapping (destructuring); a default is an AssignExpr inside
Stmt = (
    Assign | Do | Return | Raise | Assert | If | While | For | Try | With | Switch | Break | Continue | Delete
    | Import | Export | Scope | Block | Function | Class
)  # fmt: skip
