"""Models at work: finds those of a name, lets the watching ones look, and makes the result by the first other."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from raksha.taint import callbacks, ir, operations, shapes, tracing
from raksha.taint.folding import fold
from raksha.taint.joining import head_of, join, join_flows
from raksha.taint.library import (
    EVERY,
    RECEIVER,
    Called,
    Calls,
    Check,
    Clean,
    Container,
    Fold,
    Gets,
    Guard,
    Hook,
    Is,
    Makes,
    Model,
    NoReturn,
    Passes,
    Report,
    Sanitizer,
    Sets,
    Sink,
    Source,
    Where,
)
from raksha.taint.state import refine
from raksha.taint.values import NOTHING, UNKNOWN, Value, constant, instance, without

if TYPE_CHECKING:
    from raksha.taint.interpreter import Interpreter

WATCHING = (Sink, Check, Guard, NoReturn)
READING = (Source, Is, Gets, Makes, Passes, Clean, Sanitizer, Hook)
MOST_TYPES = 24


@lru_cache(maxsize=512)
def pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


def types_of(it: Interpreter, type: str) -> tuple[str, ...]:
    """Return the type and all whose models it has too, nearest first."""
    known = it.lineages.get(type)
    if known is None:
        known = it.lineages[type] = _lineage(it, type)
    return known


def _lineage(it: Interpreter, type: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    waiting = [type]
    while waiting and len(found) < MOST_TYPES:
        name = waiting.pop(0)
        if name in found:
            continue
        found[name] = None
        waiting.extend(it.language.supers.get(name, ()))
        if it.language.subtype_of is not None:
            waiting.extend(it.language.subtype_of(name))
    return tuple(found)


def find(it: Interpreter, type: str, name: str) -> tuple[str, tuple[Model, ...]] | None:
    """Return the models of a method or attribute of a type, with the name they stand under."""
    models = it.language.models
    for one in types_of(it, type):
        qualified = f"{one}.{name}"
        model = models.get(qualified)
        if model is not None:
            return qualified, model if isinstance(model, tuple) else (model,)
    return None


def named(it: Interpreter, qualified: str) -> tuple[Model, ...] | None:
    """Return the models of a qualified name."""
    model = it.language.models.get(qualified)
    if model is None:
        return None
    return model if isinstance(model, tuple) else (model,)


def read(it: Interpreter, holder: Value, name: str, node: ir.Expr) -> Value:
    """Return an attribute of something outside the project, read and not called."""
    base = holder.name or holder.type
    found = find(it, holder.name, name) if holder.name else None
    if found is None and holder.type:
        found = find(it, holder.type, name)
    qualified = found[0] if found else (f"{base}.{name}" if base else "")
    value = UNKNOWN
    if found is not None:
        value = read_models(it, found, holder, node) or UNKNOWN
    if value.consts is None and not value.refs:
        value = value.but(name=qualified)
    is_cleaned = found is not None and any(isinstance(model, Clean | Sanitizer) for model in found[1])
    return value if is_cleaned else shapes.with_taint_of(value, holder)


def read_models(
    it: Interpreter, found: tuple[str, tuple[Model, ...]], holder: Value | None, node: ir.Expr
) -> Value | None:
    qualified, models = found
    called = Called(qualified, node, holder, (), {}, it.world)
    for model in models:
        if isinstance(model, Check) and model.reads:
            check(it, model, called)
    for model in models:
        if isinstance(model, READING) or (isinstance(model, Hook) and model.reads):
            value = RESULTS[type(model)](it, model, called)
            if value is not None:
                return value
    return None


def apply(it: Interpreter, models: tuple[Model, ...], called: Called) -> Value:
    """Return the result of a call that these models describe."""
    for model in models:
        if isinstance(model, WATCHING):
            WATCHERS[type(model)](it, model, called)
    result: Value | None = None
    for model in models:
        if not isinstance(model, WATCHING):
            result = RESULTS[type(model)](it, model, called)
            if result is not None:
                break
    if result is None:
        result = default_result(it, called)
    return guarded(it, models, called, result)


def default_result(it: Interpreter, called: Called) -> Value:
    """Return the result of a call that nothing is known of: unknown, with the taint of all that went in."""
    if it.language.enters_lambdas:
        callbacks.call_maybe(it, called)
    return carried(it, called, (RECEIVER, EVERY), "passes through {}")


def carried(it: Interpreter, called: Called, args: tuple[Where, ...], says: str, type: str = "") -> Value:
    """Return an unknown value with the taint of these arguments."""
    flows = it.unknown(*arguments(called, args)).flows
    if flows:
        flows = tracing.step(it, flows, called.node, says.format(short(called.name)))
        return Value(flows=flows, type=type, symbol=it.fresh_symbol())
    return instance(type)


def short(name: str) -> str:
    return f"{name.rpartition('.')[2] or name}()" if name else "a call"


def arguments(called: Called, where: tuple[Where, ...]) -> list[Value]:
    """Return the arguments at these places that the call has."""
    found: list[Value] = []
    for place in where:
        if place == EVERY:
            found.extend((*called.args, *called.keywords.values()))
        else:
            value = called.arg(place)
            if value is not None:
                found.append(value)
    return found


# --- models that watch


def _sink(it: Interpreter, model: Sink, called: Called) -> None:
    if it.quiet or not _looks_right(it, model, called):
        return
    for place in model.args:
        places = place if isinstance(place, tuple) else (place,)
        for value in arguments(called, places):
            full = value if model.exact else it.deep(value)
            if not full.bits & model.kind.bit:
                continue
            if model.safe_head and pattern(model.safe_head).match(head_of(value)):
                continue
            if model.when is None or model.when(called):
                it.reports.flow(it, model.kind, called.node, full.flows, model.says)


def answer(it: Interpreter, node: ir.Return, value: Value) -> None:
    """Look at what the root function returns to the outside."""
    called = Called("return", node.value or node, None, (value,), {}, it.world)
    for model in it.answers:
        _sink(it, model, called)


def _looks_right(it: Interpreter, model: Sink, called: Called) -> bool:
    if not model.on:
        return True
    text = it.world.text(called.receiver_node) if called.receiver_node is not None else ""
    return pattern(model.on).search(text) is not None


def _check(it: Interpreter, model: Check, called: Called) -> None:
    if model.late:
        if not it.quiet:
            it.late.append((model, called, it.frame))
    else:
        check(it, model, called)


def check(it: Interpreter, model: Check, called: Called) -> None:
    """Ask a check and note what it reports."""
    if it.quiet:
        return
    found = model.function(called)
    for report in (found,) if isinstance(found, Report) else found or ():
        it.reports.plain(it, report.kind, report.node or called.node, report.says)


def _no_return(it: Interpreter, model: NoReturn, called: Called) -> None:
    if model.when is None or model.when(called):
        it.leave_here = True


def guarded(it: Interpreter, models: tuple[Model, ...], called: Called, result: Value) -> Value:
    """Return the result with what the guards among the models establish."""
    from raksha.taint.conditions import established

    if it.leave_here:
        it.leave_here = False
        it.never_returns()
    for model in models:
        if isinstance(model, Guard):
            result = established(it, model, called, result)
    return result


def _nothing(it: Interpreter, model: Guard, called: Called) -> None:
    """Guards look when the result is known."""


# --- models that make the result


def _source(it: Interpreter, model: Source, called: Called) -> Value | None:
    if model.when is not None and not model.when(called):
        return None
    flows = tracing.source(it, called.node, model.kinds, model.says)
    name = f"{called.name}()" if isinstance(called.node, ir.Call) else called.name
    made = Value(flows=flows, type=model.type, name=name, symbol=it.symbol_of(called))
    return refine(made, it.now.facts)


def _sanitizer(it: Interpreter, model: Sanitizer, called: Called) -> Value | None:
    if model.when is not None and not model.when(called):
        return None
    values = arguments(called, model.args)
    if model.fold is not None:
        folded = fold(model.fold, values)
        if folded is not None:
            return folded
    return without(carried(it, called, model.args, "passes through {}", model.type), model.clears)


def _passes(it: Interpreter, model: Passes, called: Called) -> Value | None:
    if model.when is not None and not model.when(called):
        return None
    result = carried(it, called, model.args, "passes through {}", model.type)
    for holder in arguments(called, model.into):
        if holder.refs and result.flows:
            shapes.add(it, holder, Value(flows=result.flows))
    if model.gives is not None:
        given = called.arg(model.gives)
        if given is not None:
            return given if given.refs else given.but(flows=join_flows(given.flows, result.flows))
    return result


def _clean(it: Interpreter, model: Clean, called: Called) -> Value | None:
    return instance(model.type) if model.when is None or model.when(called) else None


def _is(it: Interpreter, model: Is, called: Called) -> Value | None:
    return constant(model.value)


def _makes(it: Interpreter, model: Makes, called: Called) -> Value | None:
    if model.when is not None and not model.when(called):
        return None
    flows = carried(it, called, model.args, "becomes part of {}").flows
    made = it.world.new(model.type or called.name, kind=model.kind, node=called.node)
    for name, where in model.fields.items():
        value = called.arg(*where)
        if value is not None:
            shapes.set_field(it, made, name, value)
    return made.but(flows=flows, symbol=it.fresh_symbol()) if flows else made


def _sets(it: Interpreter, model: Sets, called: Called) -> Value | None:
    if model.when is not None and not model.when(called):
        return None
    value = called.arg(*model.value)
    if called.receiver is not None and value is not None:
        key = called.arg(model.key) if isinstance(model.key, int) else constant(model.key)
        if key is not None:
            shapes.set_by(it, called.receiver, key, value)
    return called.receiver if model.fluent and called.receiver is not None else UNKNOWN


def _gets(it: Interpreter, model: Gets, called: Called) -> Value | None:
    if called.receiver is None or (model.when is not None and not model.when(called)):
        return None
    key = called.arg(model.key) if isinstance(model.key, int) else constant(model.key)
    if key is None:
        return None
    if key.is_known:
        value = shapes.known(it, called.receiver, key.only)
        if value is not None:
            return value
    elif called.receiver.refs:
        return shapes.element(it, called.receiver)
    given = called.arg(*model.default) if model.default else None
    return given if given is not None else shapes.with_taint_of(UNKNOWN, called.receiver)


def _fold(it: Interpreter, model: Fold, called: Called) -> Value | None:
    if model.when is not None and not model.when(called):
        return None
    values = list(called.args) if called.receiver is None else [called.receiver, *called.args]
    extra = [name for name in called.keywords if name not in model.keywords]
    if not extra and not called.more:
        folded = _fold_call(model, values, called.keywords)
        if folded is not None:
            return folded
    result = without(carried(it, called, (RECEIVER, EVERY), "passes through {}", model.type), model.clears)
    if model.keeps_head and values and head_of(values[0]):
        return result.but(head=head_of(values[0]))
    return result


def _fold_call(model: Fold, values: list[Value], keywords: Mapping[str, Value]) -> Value | None:
    names = tuple(keywords)
    count = len(values)

    def function(*constants: object) -> object:
        return model.function(*constants[:count], **dict(zip(names, constants[count:], strict=True)))

    return fold(function, [*values, *keywords.values()])  # type: ignore[arg-type]


def _calls(it: Interpreter, model: Calls, called: Called) -> Value | None:
    if model.when is not None and not model.when(called):
        return None
    function = called.arg(*model.function)
    if function is None or not function.callables:
        return None
    return callbacks.call_back(it, model, called, function)


def _container(it: Interpreter, model: Container, called: Called) -> Value | None:
    if model.when is not None and not model.when(called):
        return None
    return operations.apply(it, model, called)


def _hook(it: Interpreter, model: Hook, called: Called) -> Value | None:
    return model.function(called)


WATCHERS: dict[type, Callable[..., None]] = {
    Sink: _sink, Check: _check, NoReturn: _no_return, Guard: _nothing,
}  # fmt: skip
RESULTS: dict[type, Callable[..., Value | None]] = {
    Source: _source, Is: _is, Sanitizer: _sanitizer, Passes: _passes, Clean: _clean, Makes: _makes, Sets: _sets,
    Gets: _gets, Fold: _fold, Calls: _calls, Container: _container, Hook: _hook,
}  # fmt: skip


def join_results(results: list[Value]) -> Value:
    result = NOTHING
    for value in results:
        result = join(result, value)
    return UNKNOWN if result is NOTHING else result
