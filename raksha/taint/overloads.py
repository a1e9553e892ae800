"""Methods of the same name, told apart by how many arguments they take and by what these look like."""

from __future__ import annotations

from collections.abc import Sequence

from raksha.taint.callables import Function
from raksha.taint.values import Constant, Value

TEXTS = frozenset({"String", "CharSequence", "str", "string"})
NUMBERS = frozenset(
    {"int", "long", "short", "byte", "Integer", "Long", "double", "float", "Double", "number"}
)


def pick(found: list[Function], arguments: int | None, args: Sequence[Value] = ()) -> Function:
    """Return the overload that takes so many arguments and fits them best, else the last."""
    if arguments is None or len(found) == 1:
        return found[-1]
    fitting = [made for made in found if len(made.node.params) == arguments]
    if not fitting:
        return next((made for made in found if any(param.kind for param in made.node.params)), found[-1])
    if len(fitting) == 1 or not args:
        return fitting[0]
    return max(fitting, key=lambda made: _fit(made, args))


def _fit(made: Function, args: Sequence[Value]) -> int:
    return sum(_likeness(param.type, value) for param, value in zip(made.node.params, args, strict=False))


def _likeness(type: str, value: Value) -> int:
    """Return how well a value fits a type as written: 1 surely, -1 surely not, 0 not known."""
    told = value.type.rpartition(".")[2]
    if told:
        return 1 if told == type else (0 if type in ("", "Object") else -1)
    if value.consts:
        return max(_of_constant(type, one) for one in value.consts)
    return 0


def _of_constant(type: str, one: Constant) -> int:
    if isinstance(one, bool):
        return 1 if type in ("boolean", "Boolean", "bool") else -1
    if isinstance(one, str):
        return 1 if type in TEXTS else -1
    if isinstance(one, int | float):
        return 1 if type in NUMBERS else -1
    return 0
