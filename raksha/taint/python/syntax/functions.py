"""Parameters, annotations, functions and lambdas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from tree_sitter import Node

from raksha.taint import ir
from raksha.taint.python.syntax.reader import Reader, parts

Lower = Callable[[Reader, Node | None], ir.Expr]
Body = Callable[[Reader, Node | None], tuple[ir.Stmt, ...]]
Kind = Literal["", "*", "**", "keyword"]

WRAPPERS = frozenset({"Optional", "Annotated", "Final", "ClassVar", "Required", "NotRequired", "ReadOnly"})
STARS: dict[str, Kind] = {"list_splat_pattern": "*", "dictionary_splat_pattern": "**"}


def lambda_function(reader: Reader, node: Node, lower: Lower) -> ir.Function:
    params = parameters(reader, node.child_by_field_name("parameters"), lower)
    body = node.child_by_field_name("body")
    reader.generators.append(False)
    value = lower(reader, body)
    yields = reader.generators.pop()
    result = ir.Return(span=value.span, value=value)
    return ir.Function(span=reader.span(node), name="", params=params, body=(result,), is_generator=yields)


def function(
    reader: Reader, node: Node, decorators: tuple[ir.Expr, ...], lower: Lower, block: Body
) -> ir.Function:
    params = parameters(reader, node.child_by_field_name("parameters"), lower)
    returned = node.child_by_field_name("return_type")
    reader.generators.append(False)
    body = block(reader, node.child_by_field_name("body"))
    yields = reader.generators.pop()
    return ir.Function(
        span=reader.span(node),
        name=reader.name(node.child_by_field_name("name")),
        params=params,
        body=body,
        decorators=decorators,
        type=type_name(lower(reader, returned)) if returned is not None else "",
        is_async=node.children[0].type == "async",
        is_generator=yields,
        is_static=any(isinstance(mark, ir.Name) and mark.id == "staticmethod" for mark in decorators),
    )


def parameters(reader: Reader, node: Node | None, lower: Lower) -> tuple[ir.Param, ...]:
    found: list[ir.Param] = []
    rest: Kind = ""
    for part in parts(node) if node is not None else ():
        if part.type == "keyword_separator":
            rest = "keyword"
        elif part.type != "positional_separator":
            param = _parameter(reader, part, rest, lower)
            rest = "keyword" if param.kind == "*" else rest
            found.append(param)
    return tuple(found)


def _parameter(reader: Reader, node: Node, rest: Kind, lower: Lower) -> ir.Param:
    named = node.child_by_field_name("name") or (parts(node)[0] if node.type == "typed_parameter" else node)
    kind = STARS.get(named.type, rest)
    written = node.child_by_field_name("type")
    default = node.child_by_field_name("value") if node.type.endswith("default_parameter") else None
    annotation = lower(reader, written) if written is not None else None
    target = lower(reader, named) if named.type == "tuple_pattern" else None
    return ir.Param(
        span=reader.span(node),
        name="" if target is not None else reader.name(_bare(named)),
        default=lower(reader, default) if default is not None else None,
        kind=kind,
        type=type_name(annotation),
        annotation=annotation,
        target=target,
    )


def _bare(node: Node) -> Node | None:
    return next(iter(parts(node)), None) if node.type in STARS else node


def type_name(annotation: ir.Expr | None) -> str:
    """Return the class that an annotation names, dotted: Optional[X], X | None and Annotated[X, …] are X."""
    match annotation:
        case ir.Name(id=name):
            return name
        case ir.Attr(value=owner, name=name):
            before = type_name(owner)
            return f"{before}.{name}" if before else ""
        case ir.Const(value=str() as text):
            return text.partition("[")[0].strip()
        case ir.Index(value=base, index=index):
            name = type_name(base)
            return type_name(_first(index)) if name.rpartition(".")[2] in WRAPPERS else name
        case ir.Binary(op="|", left=left, right=right):
            return type_name(left) or type_name(right)
    return ""


def _first(index: ir.Expr) -> ir.Expr:
    return index.items[0].value if isinstance(index, ir.Sequence) and index.items else index
