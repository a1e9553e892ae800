"""How tables of models are written and put together."""

from __future__ import annotations

from raksha.taint.library import Model

Entry = Model | tuple[Model, ...]
Table = dict[str, Entry]


def names(model: Entry, *qualified: str) -> Table:
    """Give every name the model. A name may hold several words: "os. popen system" is os.popen and os.system."""
    found: Table = {}
    for line in qualified:
        first, *rest = line.split()
        if first.endswith(".") and rest:
            found.update({first + word: model for word in rest})
        else:
            found.update({word: model for word in (first, *rest)})
    return found


def merged(*tables: Table) -> Table:
    """Put tables together; a name that several have keeps the models of all, in order."""
    found: Table = {}
    for table in tables:
        for name, entry in table.items():
            found[name] = (*_several(found[name]), *_several(entry)) if name in found else entry
    return found


def _several(entry: Entry) -> tuple[Model, ...]:
    return entry if isinstance(entry, tuple) else (entry,)
