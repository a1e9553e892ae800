"""The methods that every enum of Java has, written out: values, valueOf, name, toString, ordinal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from raksha.taint import ir

MOST_CONSTANTS = 64


def enumerated(type_: str, constants: Sequence[ir.Assign], span: ir.Span) -> Iterator[ir.Function]:
    """Yield the methods for these constants; of very many none, so that the class stays small."""
    names = [target.id for made in constants for target in made.targets if isinstance(target, ir.Name)]
    if len(names) > MOST_CONSTANTS:
        return
    items = tuple(ir.Arg(ir.Name(name, span=span), span=span) for name in names)
    values = ir.Return(ir.Sequence("list", items, span=span), span=span)
    yield ir.Function("values", (), (values,), type=f"{type_}[]", is_static=True, span=span)
    yield _value_of(type_, names, span)
    for method in ("name", "toString"):
        yield _told(method, "String", {name: ir.Const(name, span=span) for name in names}, span)
    yield _told("ordinal", "int", {name: ir.Const(at, span=span) for at, name in enumerate(names)}, span)


def _value_of(type_: str, names: Sequence[str], span: ir.Span) -> ir.Function:
    """Write `valueOf`: the constant of the name, else it throws."""
    cases = tuple(
        ir.Case((ir.Const(name, span=span),), (ir.Return(ir.Name(name, span=span), span=span),), span=span)
        for name in names
    )
    thrown = ir.Raise(ir.Name("IllegalArgumentException", span=span), span=span)
    switch = ir.Switch(ir.Name("name", span=span), (*cases, ir.Case((), (thrown,), span=span)), span=span)
    params = (ir.Param("name", type="String", span=span),)
    return ir.Function("valueOf", params, (switch,), type=type_, is_static=True, span=span)


def _told(method: str, type_: str, told: dict[str, ir.Const], span: ir.Span) -> ir.Function:
    """Write a method that tells something constant of each constant."""
    cases = tuple(
        ir.Case((ir.Name(name, span=span),), (ir.Return(value, span=span),), span=span)
        for name, value in told.items()
    )
    switch = ir.Switch(ir.Name("this", span=span), cases, span=span)
    return ir.Function(method, (), (switch,), type=type_, span=span)
