"""Text that is put together: its constant parts and the values between them, however it is written."""

from __future__ import annotations

import re
from dataclasses import dataclass

from raksha.taint import ir

PERCENT = re.compile(r"%(?:\((\w+)\))?[-#0 +]*[\d.]*([sdifrxeg%])")
BRACES = re.compile(r"\{\{|\}\}|\{(\w*)(?:![rsa])?(?::[^{}]*)?\}")
SHOWN = frozenset({"repr", "str", "ascii", "format"})


@dataclass(frozen=True, slots=True)
class Piece:
    """text: a constant part; value: the expression that stands there instead."""

    text: str = ""
    value: ir.Expr | None = None


def pieces(node: ir.Expr) -> list[Piece] | None:
    """Take an expression apart; None when it is not text put together."""
    match node:
        case ir.Template(parts=parts, tag=None):
            return [_part(part) for part in parts]
        case ir.Binary(op="+", left=left, right=right):
            return _added(left, right)
        case ir.Binary(op="%", left=ir.Const(value=str() as form), right=right):
            return _percent(form, right)
        case ir.Call(callee=ir.Attr(value=ir.Const(value=str() as form), name="format"), args=args):
            return _formatted(form, args)
    return None


def values(found: list[Piece]) -> list[ir.Expr]:
    return [piece.value for piece in found if piece.value is not None]


def _part(part: ir.Expr) -> Piece:
    if isinstance(part, ir.Const) and isinstance(part.value, str):
        return Piece(text=part.value)
    return Piece(value=_bare(part))


def _bare(part: ir.Expr) -> ir.Expr:
    """Return the value that {value!r:>3} shows."""
    while (
        isinstance(part, ir.Call)
        and isinstance(part.callee, ir.Name)
        and part.callee.id in SHOWN
        and part.callee.span == part.span
    ):
        part = part.args[0].value
    return part


def _added(left: ir.Expr, right: ir.Expr) -> list[Piece] | None:
    found: list[Piece] = []
    for side in (left, right):
        if isinstance(side, ir.Const):
            if not isinstance(side.value, str):
                return None
            found.append(Piece(text=side.value))
        else:
            found += pieces(side) or [Piece(value=side)]
    return found if any(piece.value is None for piece in found) else None


def _percent(form: str, right: ir.Expr) -> list[Piece] | None:
    if isinstance(right, ir.Mapping):
        named = {key.value: value for key, value in right.entries if isinstance(key, ir.Const)}
        given: list[ir.Expr] = []
    else:
        named = {}
        given = [item.value for item in right.items] if isinstance(right, ir.Sequence) else [right]
    found: list[Piece] = []
    at = 0
    for hole in PERCENT.finditer(form):
        found.append(Piece(text=form[at : hole.start()]))
        at = hole.end()
        if hole.group(2) == "%":
            found.append(Piece(text="%"))
        elif hole.group(1) in named:
            found.append(Piece(value=named[hole.group(1)]))
        elif given:
            found.append(Piece(value=given.pop(0)))
        else:
            return None
    return [*found, Piece(text=form[at:])] if not given else None


def _formatted(form: str, args: tuple[ir.Arg, ...]) -> list[Piece] | None:
    if any(arg.spread for arg in args):
        return None
    named = {arg.name: arg.value for arg in args if arg.name}
    given = [arg.value for arg in args if not arg.name]
    found: list[Piece] = []
    at = count = 0
    for hole in BRACES.finditer(form):
        found.append(Piece(text=form[at : hole.start()]))
        at = hole.end()
        if hole.group() in ("{{", "}}"):
            found.append(Piece(text=hole.group()[0]))
            continue
        key = hole.group(1) or str(count)
        count += not hole.group(1)
        value = given[int(key)] if key.isdigit() and int(key) < len(given) else named.get(key)
        if value is None:
            return None
        found.append(Piece(value=value))
    return [*found, Piece(text=form[at:])]
