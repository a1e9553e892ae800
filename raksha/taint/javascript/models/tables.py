"""Short ways to write the tables of models."""

from __future__ import annotations

from collections.abc import Mapping

from raksha.taint import kinds
from raksha.taint.kinds import Kind
from raksha.taint.library import Model, Sink, When, Where

Table = Mapping[str, Model | tuple[Model, ...]]


def names(words: str, *models: Model) -> dict[str, Model | tuple[Model, ...]]:
    """Give the same models to several names; "fs. a b" is "fs.a" and "fs.b", "a|b. c" both owners' c."""
    made: dict[str, Model | tuple[Model, ...]] = {}
    owners = [""]
    for word in words.split():
        if word.endswith("."):
            owners = [f"{owner}." for owner in word[:-1].split("|")]
            continue
        for owner in owners:
            made[owner + word] = models[0] if len(models) == 1 else models
    return made


def merged(*tables: Table) -> dict[str, Model | tuple[Model, ...]]:
    """Join tables; models of the same name add up, in order."""
    made: dict[str, Model | tuple[Model, ...]] = {}
    for table in tables:
        for name, models in table.items():
            more = models if isinstance(models, tuple) else (models,)
            before = made.get(name, ())
            made[name] = (*(before if isinstance(before, tuple) else (before,)), *more) if before else models
    return made


def sink(kind: Kind, says: str, *args: Where, on: str = "", head: str = "", when: When | None = None) -> Sink:
    return Sink(kind, args or (0,), says, when, safe_head=head, on=on)


MARKUP = kinds.mask(kinds.XSS, kinds.XML)
