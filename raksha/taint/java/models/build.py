"""Short ways to write the tables of models."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from raksha.taint import kinds
from raksha.taint.kinds import Kind
from raksha.taint.library import Called, Clean, Fold, Model, Passes, Sink, Source, Where
from raksha.taint.values import Constant

Table = Mapping[str, Model | tuple[Model, ...]]
STRING: Final = "java.lang.String"
CLEAN: Final = Clean()


def methods(type_: str, names: str, *models: Model) -> dict[str, Model | tuple[Model, ...]]:
    """Give the same models to several methods of a type; "<init>" is its constructor."""
    made = models[0] if len(models) == 1 else models
    return {type_ if name == "<init>" else f"{type_}.{name}": made for name in names.split()}


def each(types: str, names: str, *models: Model) -> dict[str, Model | tuple[Model, ...]]:
    """Give the same models to several methods of several types."""
    made: dict[str, Model | tuple[Model, ...]] = {}
    for type_ in types.split():
        made.update(methods(type_, names, *models))
    return made


def merged(tables: Iterable[Table]) -> dict[str, Model | tuple[Model, ...]]:
    """Join tables; models of the same name add up, in order."""
    made: dict[str, Model | tuple[Model, ...]] = {}
    for table in tables:
        for name, models in table.items():
            more = models if isinstance(models, tuple) else (models,)
            before = made.get(name, ())
            made[name] = (*(before if isinstance(before, tuple) else (before,)), *more) if before else models
    return made


def fold(function: Callable[..., Constant], type_: str = STRING, *, head: bool = False) -> Fold:
    """Compute a text from texts; not known, it carries the taint of all of them."""
    return Fold(function, type_, keeps_head=head)


def measure(function: Callable[..., Constant], type_: str = "") -> Fold:
    """Compute something that carries no taint, such as a length or a yes or no."""
    return Fold(function, type_, clears=kinds.ALL)


def sink(
    kind: Kind, says: str, *args: Where | tuple[Where, ...], when: Callable[[Called], bool] | None = None
) -> Sink:
    return Sink(kind, args or (0,), says, when)


def source(says: str, type_: str = STRING, only: int = kinds.ALL) -> Source:
    return Source(says, only, type_)


def passes(type_: str = STRING, *args: Where) -> Passes:
    """Make a result of this type that carries the taint of receiver (or `args`)."""
    return Passes(args or (-1,), type_)


def matches(pattern: str, value: Constant) -> bool:
    return isinstance(value, str) and re.fullmatch(pattern, value) is not None
