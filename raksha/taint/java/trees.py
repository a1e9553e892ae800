"""Checks that need no evaluation: classes that trust every certificate or host name, mapped SQL with text put in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields

from raksha.taint import ir, kinds
from raksha.taint.library import Report

TRUSTED = "Every certificate is accepted"
MANAGERS = frozenset({"X509TrustManager", "X509ExtendedTrustManager", "TrustStrategy"})
STATEMENTS = frozenset({"Select", "Update", "Insert", "Delete"})
PUT_IN = re.compile(r"\$\{[\w.]+\}")


def declarations(module: ir.Module) -> Iterator[Report]:
    """Look at every class of a file, in one walk."""
    for found in classes(module.body):
        yield from trusts_all(found)
        yield from mapped_sql(found)
        yield from every_origin(found)


def trusts_all(found: ir.Class) -> Iterator[Report]:
    """Report trust managers whose check of the server is empty, and verifiers of host names that say yes to all."""
    if found.bases:
        bases = {_last(base) for base in found.bases}
        for method in found.body:
            if not isinstance(method, ir.Function) or method.is_abstract:
                continue
            if bases & MANAGERS and method.name in ("checkServerTrusted", "isTrusted") and _accepts(method):
                yield Report(kinds.CERTIFICATE, TRUSTED, method)
            elif "HostnameVerifier" in bases and method.name == "verify" and _is_true(method):
                yield Report(kinds.CERTIFICATE, "Every host name is accepted", method)


def mapped_sql(found: ir.Class) -> Iterator[Report]:
    """Report MyBatis statements in annotations that put the text of a parameter in (`${…}`)."""
    for method in found.body:
        if isinstance(method, ir.Function) and any(param.type == "String" for param in method.params):
            yield from (Report(kinds.SQL, node=mark) for mark in method.decorators if _puts_in(mark))


def every_origin(found: ir.Class) -> Iterator[Report]:
    """Report @CrossOrigin that names no origin or all of them."""
    methods = [stmt for stmt in found.body if isinstance(stmt, ir.Function)]
    marked: list[ir.Class | ir.Function] = [found, *methods]
    for node in marked:
        yield from (Report(kinds.CORS, node=mark) for mark in node.decorators if _is_open(mark))


def classes(body: tuple[ir.Stmt, ...]) -> Iterator[ir.Class]:
    """All classes of a file, also the ones without a name inside methods and fields."""
    waiting: list[object] = list(reversed(body))
    while waiting:
        node = waiting.pop()
        if isinstance(node, tuple):
            waiting.extend(reversed(node))
        elif isinstance(node, ir.Node) and not isinstance(node, ir.Const | ir.Name):
            if isinstance(node, ir.Class):
                yield node
            waiting.extend([getattr(node, name) for name in PARTS[type(node)]])


def _parts() -> dict[type, tuple[str, ...]]:
    """Return the fields of each kind of node that can hold others."""
    plain = ("str", "bool", "int", "Literal[", "Span", "bytes")
    kinds_ = [kind for kind in vars(ir).values() if isinstance(kind, type) and issubclass(kind, ir.Node)]
    return {
        kind: tuple(field.name for field in fields(kind) if not str(field.type).startswith(plain))
        for kind in kinds_
    }


PARTS = _parts()


def _accepts(method: ir.Function) -> bool:
    return not method.body or (len(method.body) == 1 and _returns(method.body[0], (None, True)))


def _is_true(method: ir.Function) -> bool:
    return len(method.body) == 1 and _returns(method.body[0], (True,))


def _returns(stmt: ir.Stmt, wanted: tuple[bool | None, ...]) -> bool:
    if not isinstance(stmt, ir.Return):
        return False
    value = stmt.value.value if isinstance(stmt.value, ir.Const) else None
    return value in wanted and (stmt.value is None or isinstance(stmt.value, ir.Const))


def _puts_in(mark: ir.Expr) -> bool:
    if not isinstance(mark, ir.Call) or _last(mark.callee) not in STATEMENTS:
        return False
    texts = [node.value for arg in mark.args for node in _constants(arg.value)]
    return any(PUT_IN.search(text) for text in texts if isinstance(text, str))


def _constants(node: ir.Expr) -> Iterator[ir.Const]:
    if isinstance(node, ir.Const):
        yield node
    elif isinstance(node, ir.Binary):
        yield from _constants(node.left)
        yield from _constants(node.right)
    elif isinstance(node, ir.Sequence):
        for item in node.items:
            yield from _constants(item.value)


def _is_open(mark: ir.Expr) -> bool:
    callee = mark.callee if isinstance(mark, ir.Call) else mark
    if _last(callee) != "CrossOrigin":
        return False
    given = (
        [arg for arg in mark.args if arg.name in (None, "origins", "value")]
        if isinstance(mark, ir.Call)
        else []
    )
    return not given or any(node.value == "*" for arg in given for node in _constants(arg.value))


def _last(node: ir.Expr) -> str:
    if isinstance(node, ir.Attr):
        return node.name
    return node.id if isinstance(node, ir.Name) else ""


CHECKS = (declarations,)
