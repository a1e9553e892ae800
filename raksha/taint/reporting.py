"""Collects what is found, each rule once at each place with its shortest way, and makes detections of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from raksha.detections import Detection, Place, Step
from raksha.taint.kinds import Kind
from raksha.taint.values import Flow, Trace

if TYPE_CHECKING:
    from raksha.taint import ir
    from raksha.taint.interpreter import Interpreter

LONGEST_TEXT = 200
LONGEST_MATCH = 1000
SILENCED = re.compile(r"(?:#|//|/\*)\s*(nosec|nosemgrep|noqa:\s*S\d+|NOSONAR)", re.IGNORECASE)
SPACE = re.compile(r"\s+")
Key = tuple[str, str, int, int]


@dataclass(frozen=True, slots=True)
class Found:
    """One result before it is written out. trace: None for a check."""

    kind: Kind
    language: str
    path: str
    span: ir.Span
    scope: str
    says: str
    trace: Trace | None


class Reports:
    """What one file's analysis found, by rule and place."""

    def __init__(self) -> None:
        self.found: dict[Key, Found] = {}

    def flow(self, it: Interpreter, kind: Kind, node: ir.Node, flows: tuple[Flow, ...], says: str) -> None:
        """Note tainted data that arrives at a sink."""
        for flow in flows:
            if flow.bits & kind.bit:
                self._keep(it, kind, node, says, flow.trace)

    def plain(self, it: Interpreter, kind: Kind, node: ir.Node, says: str) -> None:
        """Note what a check reports."""
        self._keep(it, kind, node, says, None)

    def _keep(self, it: Interpreter, kind: Kind, node: ir.Node, says: str, trace: Trace | None) -> None:
        path, span = it.frame.module.path, node.span
        key = (kind.word, path, span.line, span.column)
        old = self.found.get(key)
        if old is not None and (old.trace is None or trace is None or old.trace.length <= trace.length):
            return
        self.found[key] = Found(kind, it.language.name, path, span, scope(it), says, trace)


def scope(it: Interpreter) -> str:
    """Return the dotted name of the function that is running, inside its file."""
    function = it.frame.function
    if function is None:
        return ""
    prefix = function.module.qualified
    name = function.qualified
    return name[len(prefix) + 1 :] if prefix and name.startswith(prefix + ".") else name


def detection(
    found: Found, text: Callable[[str, ir.Span], str], line: Callable[[str, int], str]
) -> Detection:
    """Write a result out. text: the source text of a range of a file; line: one whole line."""
    kind, span = found.kind, found.span
    silenced = SILENCED.search(line(found.path, span.line)) or SILENCED.search(
        line(found.path, span.end_line)
    )
    message = f"{kind.message} {found.says}." if found.trace is None and found.says else kind.message
    return Detection(
        engine="taint",
        rule=f"{found.language}.{kind.word}",
        kind="code",
        severity=kind.severity,
        confidence=kind.confidence,
        title=kind.title,
        message=f"{message} {kind.advice}",
        place=place(found.path, span),
        matched=text(found.path, span)[:LONGEST_MATCH],
        cwe=(kind.cwe, *kind.also),
        owasp=(kind.owasp,),
        scope=found.scope,
        snippet=line(found.path, span.line)[:LONGEST_TEXT],
        trace=_steps(found, text),
        suppressed=silenced.group(1).split(":")[0].lower() if silenced else "",
    )


def place(path: str, span: ir.Span) -> Place:
    return Place(path, span.line, span.column, span.end_line, span.end_column)


def _steps(found: Found, text: Callable[[str, ir.Span], str]) -> tuple[Step, ...]:
    if found.trace is None:
        return ()
    stations: list[tuple[str, ir.Span, str]] = [(found.path, found.span, found.says)]
    trace: Trace | None = found.trace
    while trace is not None:
        stations.append((trace.path, trace.span, trace.says))
        trace = trace.before
    return tuple(
        Step(place(path, span), SPACE.sub(" ", text(path, span))[:LONGEST_TEXT], says)
        for path, span, says in reversed(stations)
    )
