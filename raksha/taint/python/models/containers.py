"""Lists, mappings, sets and the functions that make or walk them."""

from __future__ import annotations

from raksha.taint.library import EVERY, Called, Clean, Container, Hook, Operation, Passes
from raksha.taint.python.models.tables import Table, merged, names
from raksha.taint.values import Value

LISTS: dict[str, Operation] = {
    "append": "append", "insert": "insert", "extend": "extend", "remove": "remove", "clear": "clear", "copy": "copy",
    "appendleft": "prepend", "popleft": "pop_first", "sort": "sort", "reverse": "reverse", "index": "index_of", "pop": "pop", "__contains__": "contains",
}  # fmt: skip
MAPPINGS: dict[str, Operation] = {
    "get": "get", "setdefault": "put_if_absent", "pop": "pop_key", "clear": "clear", "keys": "keys",
    "values": "values", "items": "items", "update": "update", "copy": "copy", "__contains__": "contains_key",
}  # fmt: skip
SETS: dict[str, Operation] = {
    "add": "append", "discard": "discard", "remove": "discard", "update": "extend", "union": "union", "copy": "copy",
    "clear": "clear", "pop": "pop_first", "__contains__": "contains",
}  # fmt: skip


def _attribute(called: Called) -> Value | None:
    """Fold getattr(object, "name")."""
    name = called.arg(1)
    holder = called.arg(0)
    if holder is None or name is None or not name.is_known or not isinstance(name.only, str):
        return None
    if holder.name:
        return Value(flows=holder.flows, name=f"{holder.name}.{name.only}")
    return called.world.get(holder, name.only) if holder.refs else None


def _set_attribute(called: Called) -> Value | None:
    holder, name, value = called.arg(0), called.arg(1), called.arg(2)
    if holder is None or value is None or not holder.refs:
        return None
    if name is not None and name.is_known:
        called.world.set(holder, name.only, value)
    else:
        called.world.add(holder, value)
    return Value(consts=(None,))


def _with_defaults(called: Called) -> Value:
    """A mapping that starts empty, or with what its second argument holds."""
    made = called.world.mapping({})
    start = called.arg(1)
    if start is not None:
        called.world.add(made, called.world.element(start))
    return made


TABLE: Table = merged(
    {f"list.{name}": Container(operation) for name, operation in LISTS.items()},
    {f"dict.{name}": Container(operation) for name, operation in MAPPINGS.items()},
    {f"set.{name}": Container(operation) for name, operation in SETS.items()},
    names(Container("index_of"), "tuple.index"),
    names(Container("join_text"), "str.join bytes.join"),
    names(Container("of", makes="list"), "list", "collections.deque"),
    names(Container("of", makes="tuple"), "tuple"),
    names(Container("of", makes="set"), "set frozenset"),
    names(Container("of_pairs", makes="dict"), "dict collections.OrderedDict"),
    names(Hook(_with_defaults), "collections.defaultdict"),
    names(Container("reversed"), "reversed"),
    names(Container("enumerate"), "enumerate"),
    names(Container("zip"), "zip"),
    names(Container("iterate"), "iter"),
    names(Container("first"), "next"),
    names(Hook(_attribute), "getattr"),
    names(Hook(_set_attribute), "setattr"),
    names(Clean(), "list.count tuple.count"),
    names(Passes(args=(EVERY,)), "vars itertools.chain itertools.islice itertools.cycle operator.itemgetter"),
)  # fmt: skip
