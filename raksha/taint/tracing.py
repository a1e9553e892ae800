"""Stations of taint on its way: each operation that carries it on adds one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raksha.taint.values import LONGEST_TRACE, Flow, Trace, Value

if TYPE_CHECKING:
    from raksha.taint import ir
    from raksha.taint.interpreter import Interpreter


def source(it: Interpreter, node: ir.Node, bits: int, says: str) -> tuple[Flow, ...]:
    """Return taint that begins here; the same place begins the same taint however often it is run."""
    return source_in(it, it.frame.module.path, node, bits, says)


def source_in(it: Interpreter, path: str, node: ir.Node, bits: int, says: str) -> tuple[Flow, ...]:
    """Return taint that begins at a place of this file."""
    key = (path, id(node), says)
    trace = it.sources.get(key)
    if trace is None:
        trace = it.sources[key] = Trace(path, node.span, says, None, 1)
    return (Flow(bits, trace),)


def step(it: Interpreter, flows: tuple[Flow, ...], node: ir.Node, says: str) -> tuple[Flow, ...]:
    """Return the taint with one more station; a long way keeps its beginning."""
    if not flows:
        return flows
    path = it.frame.module.path
    return tuple(Flow(flow.bits, _longer(it, flow.trace, path, node, says)) for flow in flows)


def _longer(it: Interpreter, trace: Trace, path: str, node: ir.Node, says: str) -> Trace:
    if trace.length >= LONGEST_TRACE or (trace.span is node.span and trace.path == path):
        return trace
    key = (id(trace), id(node), says)
    made = it.traces.get(key)
    if made is None:
        made = it.traces[key] = Trace(path, node.span, says, trace, trace.length + 1)
    return made


def stepped(it: Interpreter, value: Value, node: ir.Node, says: str) -> Value:
    """Return the value with one more station in its taint."""
    return value.but(flows=step(it, value.flows, node, says)) if value.flows else value
