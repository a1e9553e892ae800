"""A small language for the engine's own tests: Python's syntax with a few made-up sources, sinks and helpers."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from textwrap import dedent

from raksha.taint import engine, ir, kinds, library
from raksha.taint.budget import Budget
from raksha.taint.library import (
    RECEIVER,
    Called,
    Calls,
    Check,
    Clean,
    Container,
    Context,
    Entry,
    Fold,
    Gets,
    Guard,
    Language,
    Makes,
    Model,
    NoReturn,
    Report,
    Sanitizer,
    Sets,
    Sink,
    Source,
    Target,
)
from raksha.taint.python.lowering import lower
from raksha.taint.values import Constant

ARITHMETIC = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod, "**": operator.pow, "<<": operator.lshift, ">>": operator.rshift, "&": operator.and_,
    "|": operator.or_, "^": operator.xor,
}  # fmt: skip
ORDER = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "is": operator.is_, "is not": operator.is_not,
}  # fmt: skip


def binary(op: str, one: Constant, other: Constant) -> Constant:
    return ARITHMETIC[op](one, other)  # type: ignore[no-any-return]


def compare(op: str, one: Constant, other: Constant) -> bool:
    if op == "in":
        return one in other  # type: ignore[operator]
    return bool(ORDER[op](one, other))  # type: ignore[arg-type]


def unary(op: str, one: Constant) -> Constant:
    return {"-": operator.neg, "+": operator.pos, "~": operator.invert}[op](one)  # type: ignore[operator,no-any-return]


class Resolver(library.Resolver):
    def module(self, importer: ir.Module, module: str, level: int) -> Target:
        base = importer.path.split("/")[:-level] if level else []
        path = "/".join([*base, *(module.split(".") if module else [])])
        files = (f"{path}.py", f"{path}/__init__.py") if path else ()
        return Target(files, path.replace("/", "."))

    def implicit(self, importer: ir.Module, name: str) -> Target | None:
        return None

    def qualified(self, module: ir.Module) -> str:
        return module.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def weak(called: Called) -> Report | None:
    return Report(kinds.WEAK_HASH, "It is md5") if called.is_only("md5", 0) else None


def unsafe_cookie(called: Called) -> Report | None:
    cookie = called.arg(0)
    secure = called.world.known(cookie, "secure") if cookie is not None else None
    return None if secure is not None and secure.is_known and secure.only else Report(kinds.INSECURE_COOKIE)


MODELS: dict[str, Model | tuple[Model, ...]] = {
    "web.ask": Source("asked"),
    "web.data": Source("request data"),
    "web.Request.field": Source("field of the request"),
    "db.run": Sink(kinds.SQL, (0, "sql"), "runs as SQL"),
    "db.connect": Makes("db.Connection"),
    "db.Connection.run": Sink(kinds.SQL, ((0, "sql"),), "runs as SQL"),
    "*.execute": Sink(kinds.SQL, (0,), "runs as SQL", on="cur|db"),
    "os.shell": Sink(kinds.COMMAND, (0,), "runs as a command"),
    "web.go": Sink(kinds.REDIRECT, (0,), "redirects", safe_head=r"/[^/]"),
    "safe.sql": Sanitizer(kinds.SQL.bit),
    "safe.number": Clean("int"),
    "helpers.own": Sanitizer(kinds.mask(kinds.SQL, kinds.COMMAND)),
    "safe.stop": NoReturn(),
    "safe.check": Guard(kinds.SQL.bit),
    "safe.require": Guard(kinds.SQL.bit, on="return"),
    "crypto.hash": Check(weak),
    "web.Cookie": Makes("web.Cookie"),
    "web.Cookie.secure": (Sets("secure"), Gets("secure")),
    "web.send": Check(unsafe_cookie, late=True),
    "bag.put": Sets(0, (1,)),
    "bag.get": Gets(0),
    "bag": Makes("bag"),
    "len": Clean("int"),
    "map": Calls((0,), elements=(1,), returns="list"),
    "str": Sanitizer(0),
    "str.isalnum": Guard(kinds.ALL, (RECEIVER,)),
    "str.upper": Fold(str.upper, "str"),
    "str.strip": Fold(str.strip, "str"),
    "str.join": Container("join_text"),
    "*.isalnum": Guard(kinds.ALL, (RECEIVER,)),
    "list.append": Container("append"),
    "list.insert": Container("insert"),
    "list.pop": Container("pop"),
    "list.extend": Container("extend"),
    "list.remove": Container("remove"),
    "list.reverse": Container("reverse"),
    "list.sort": Container("sort"),
    "list.clear": Container("clear"),
    "dict.get": Container("get"),
    "dict.pop": Container("pop_key"),
    "dict.update": Container("update"),
    "dict.items": Container("items"),
    "dict.values": Container("values"),
    "dict.keys": Container("keys"),
    "dict": Container("of_pairs", makes="dict"),
    "list": Container("of"),
    "enumerate": Container("enumerate"),
    "zip": Container("zip"),
}
BUILTINS = ("len", "map", "str", "dict", "list", "enumerate", "zip", "int", "isinstance", "staticmethod")


def entry(context: Context, function: ir.Function) -> Entry | None:
    """Functions named view… are called from outside, with a request first."""
    if not function.name.startswith("view"):
        return None
    names = [param.name for param in function.params if param.name not in ("self", "request")]
    params: dict[str, Source | Makes] = {name: Source(f"parameter {name}") for name in names}
    return Entry({"request": Makes("web.Request"), **params})


SMALL = Language(
    name="python",
    lower=lower,
    models=MODELS,
    resolver=Resolver(),
    entry=entry,
    binary=binary,
    compare=compare,
    unary=unary,
    truth=bool,
    text=str,
    index=lambda holder, key: holder[key],  # type: ignore[index]
    slice=lambda holder, lower, upper, step: holder[slice(lower, upper, step)],  # type: ignore[index]
    types={word: word for word in ("str", "bytes", "int", "float", "bool", "list", "tuple", "set", "dict")},
    builtins={name: name for name in BUILTINS},
)


def analyse(
    sources: str | Mapping[str, str], *, budget: Budget | None = None, only: list[str] | None = None
) -> engine.Analysis:
    """Analyse one file "app.py", or several by path."""
    given = {"app.py": sources} if isinstance(sources, str) else sources
    files = {path: dedent(text).encode() for path, text in given.items()}
    languages = dict.fromkeys(files, "python")
    return engine.analyse(files, languages=languages, libraries={"python": SMALL}, budget=budget, only=only)


def rules(sources: str | Mapping[str, str]) -> list[str]:
    """Return what is found, as "word:line" in order; with several files as "path:word:line"."""
    found = analyse(sources)
    assert found.unfinished == (), found.unfinished
    prefix = not isinstance(sources, str)
    return [
        f"{one.place.path + ':' if prefix else ''}{one.rule.removeprefix('python.')}:{one.place.line}"
        for one in found.detections
    ]
