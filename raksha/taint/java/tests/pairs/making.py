"""Small Java programs made of source, flow and sink, each with a twin that only looks vulnerable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from raksha.taint.java.tests.pairs.flows import FLOWS, Flow
from raksha.taint.java.tests.pairs.places import FRAMES, IMPORTS, SINKS, SOURCES, Sink, Source
from raksha.taint.java.tests.pairs.settled import MEMBERS, PAIRS

HELP = "  Object doc = null;\n"


@dataclass(frozen=True)
class Case:
    name: str
    cwe: int
    is_true: bool
    files: dict[str, str]


def flows(step: int = 1) -> Iterator[Case]:
    """Every flow with sinks and sources taken in turn, so that all of them occur; step: how many sinks a flow gets."""
    for number, flow in enumerate(FLOWS):
        for turn in range(step):
            sink = SINKS[(number * step + turn) % len(SINKS)]
            source = SOURCES[(number * 3 + turn * 5) % len(SOURCES)]
            yield from _pair(source, flow, sink)


def sinks() -> Iterator[Case]:
    """Every sink with every third source and the plainest flow."""
    for number, sink in enumerate(SINKS):
        yield from _pair(SOURCES[number % len(SOURCES)], FLOWS[0], sink)


def settled() -> Iterator[Case]:
    for cwe, name, true, false in PAIRS:
        for is_true, body in ((True, true), (False, false)):
            head = 'String q = request.getParameter("q"); '
            text = IMPORTS + FRAMES["servlet"].format(body=head + body, members=MEMBERS, params="")
            yield Case(f"{cwe}-{name}", cwe, is_true, {"src/main/java/app/Case.java": text})


def _pair(source: Source, flow: Flow, sink: Sink) -> Iterator[Case]:
    name = f"{sink.cwe}-{sink.name}-{flow.name}-{source.name}"
    for is_true in (True, False):
        body = f"{source.code}\n      {flow.true if is_true else flow.false}\n      {sink.code}"
        text = FRAMES[source.frame].format(
            body=body.replace("RETURN", "return;"), members=HELP + flow.members, params=source.params
        )
        head, _, rest = IMPORTS.partition("\n")
        files = {f"src/main/java/app/{path}": code for path, code in flow.files.items()}
        files["src/main/java/app/Case.java"] = f"{head}\n{sink.imports}\n{rest}{text}"
        yield Case(name, sink.cwe, is_true, files)
