"""Texts, lists and objects: folded where they are known, carrying taint where not."""

from __future__ import annotations

import base64
from collections.abc import Callable

from raksha.taint import kinds
from raksha.taint.javascript.models.tables import Table, merged, names
from raksha.taint.library import RECEIVER, Called, Calls, Clean, Container, Fold, Hook, Passes
from raksha.taint.values import Constant, Value, constant


def _length(called: Called) -> Value | None:
    given = called.arg(0)
    if given is None:
        return None
    if given.is_known and isinstance(given.only, str):
        return constant(len(given.only.encode("utf-16-le")) // 2)
    items = called.world.items(given) if given.refs else None
    return constant(len(items)) if items is not None else Value(type="Number")


def _text(function: Callable[..., Constant]) -> Fold:
    return Fold(function, "String")


def _slice(text: str, start: int = 0, end: int | None = None) -> str:
    return text[start:end]


def _substring(text: str, start: int, end: int | None = None) -> str:
    low, high = max(start, 0), len(text) if end is None else max(end, 0)
    return text[min(low, high) : max(low, high)]


def _substr(text: str, start: int, count: int | None = None) -> str:
    return text[start:][: len(text) if count is None else count]


def _char(text: str, at: int = 0) -> str:
    return text[at] if 0 <= at < len(text) else ""


def _replace(text: str, old: str, new: str) -> str:
    if not old.isalnum():
        raise ValueError(old)  # it may be a pattern
    return text.replace(old, new, 1)


def _split(called: Called) -> Value | None:
    """Split a known text; parts of an unknown one are all tainted."""
    holder, given = called.receiver, called.constants(0)
    if (
        holder is None
        or not holder.is_known
        or not isinstance(holder.only, str)
        or not given
        or len(given) != 1
    ):
        return None
    by = str(given[0])
    parts = holder.only.split(by) if by else list(holder.only)
    return called.world.sequence([constant(part) for part in parts])


def _joined(called: Called) -> Value | None:
    """Join the items of a known list, in order."""
    items = (
        called.world.items(called.receiver) if called.receiver is not None and called.receiver.refs else None
    )
    if items is None:
        return None
    by = called.constants(0) or (",",)
    if all(item.is_known and isinstance(item.only, str) for item in items):
        return constant(str(by[0]).join(str(item.only) for item in items))
    flows = called.world.join(*(called.world.deep(item) for item in items)).flows
    return called.world.step(Value(flows=flows, type="String"), "becomes part of a string", called.node)


def _from_base64(text: str, form: str = "utf8") -> str:
    if form != "base64":
        return text
    return base64.b64decode(text).decode()


TABLE: Table = merged(
    {"length of": Hook(_length)},
    names("String|*. toUpperCase", _text(str.upper)), names("String|*. toLowerCase", _text(str.lower)),
    names("String|*. trim", _text(str.strip)), names("String|*. slice", _text(_slice)),
    names("String|*. substring", _text(_substring)), names("String|*. substr", _text(_substr)),
    names("String|*. charAt", _text(_char)),
    names("String|*. concat", _text(lambda *texts: "".join(texts))), names("String|*. replace", _text(_replace)),
    names("String|*. repeat", _text(lambda text, count: text * count)),
    names("String. charCodeAt", Fold(lambda text, at=0: ord(text[at]), clears=kinds.ALL)),
    names("String. includes", Fold(lambda text, part: part in text, clears=kinds.ALL)),
    names("String. startsWith", Fold(lambda text, part: text.startswith(part), clears=kinds.ALL)),
    names("String. endsWith", Fold(lambda text, part: text.endswith(part), clears=kinds.ALL)),
    names("String. indexOf", Fold(lambda text, part: text.find(part), clears=kinds.ALL)),
    names("*. endsWith indexOf lastIndexOf localeCompare charCodeAt", Clean("Number")),
    names("String|*. split", Hook(_split)), names("Array|*. join", Hook(_joined)),
    names("Array. push", Container("append")), names("Array. unshift", Container("prepend")),
    names("Array. pop", Container("pop")), names("Array. shift", Container("pop_first")),
    names("Array. slice", Container("slice")), names("Array. concat", Container("concat")),
    names("Array. reverse", Container("reverse", gives="receiver")), names("Array. sort", Container("sort", gives="receiver")),
    names("Array. at", Container("get_at")),
    names("Array|*. map flatMap", Calls((0,), elements=(RECEIVER,), returns="list")),
    names("Array|*. filter", Calls((0,), elements=(RECEIVER,), returns="elements")),
    names("Array|*. forEach", Calls((0,), elements=(RECEIVER,), returns="nothing")),
    names("Array. find", Hook(lambda called: called.world.element(called.receiver) if called.receiver is not None and called.receiver.refs else None)),
    names("*. some every", Calls((0,), elements=(RECEIVER,), returns="nothing"), Clean()),
    names("Array.from", Container("of")), names("Array.of", Container("of_items")),
    names("Set", Container("of", makes="set", type="Set")), names("Map", Container("of_pairs", makes="dict", type="Map")),
    names("Set. add", Container("append", gives="receiver")),
    names("Map. get", Container("get")), names("Map. set", Container("put", gives="receiver")),
    names("Map. delete", Container("pop_key")), names("Map|Set. values", Container("values")),
    names("Object.keys", Container("keys", on=0)), names("Object.values", Container("values", on=0)),
    names("Object.entries", Container("items", on=0)), names("Object.assign", Container("update", on=0, gives="receiver")),
    names("Object.freeze", Passes((0,), gives=0)), names("Object.create", Container("of_pairs", makes="dict", type="Object")),
    names("Buffer.from", Fold(_from_base64, "Buffer")), names("atob", _text(lambda text: base64.b64decode(text).decode())),
    names("*. then", Calls((0,), args=(RECEIVER,))), names("*. finally", Passes((RECEIVER,), gives=RECEIVER)),
    names("*. catch", Passes((RECEIVER,), gives=RECEIVER)),
    names("util.promisify", Passes((0,), gives=0)),
    names("Promise.all", Passes((0,), gives=0)), names("Promise.resolve", Passes((0,), gives=0)),
    names("Date Date.now Math.floor Math.random Math.round Math.max Math.min", Clean("Number")),
)  # fmt: skip
