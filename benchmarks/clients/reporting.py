"""Tables of what each client could do, and the record of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.clients.places import VERSIONS
from benchmarks.clients.registry import Client
from benchmarks.clients.target import Outcome

MARKS = {"ok": "ok", "failed": "FAILED", "not possible": "-"}
SUITES = 30
"""With so many cases a client has a suite of its own, which fills no row of its own in the table."""


@dataclass(frozen=True)
class Run:
    """One client against one target. upstream: the protocol behind MĀRGA, or empty for the stub itself."""

    client: Client
    upstream: str
    outcomes: list[Outcome]

    @property
    def failed(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.word == "failed"]

    @property
    def score(self) -> str:
        ok = sum(outcome.word == "ok" for outcome in self.outcomes)
        could = ok + len(self.failed)
        return f"{ok}/{could}" if could else self.outcomes[0].reason


def summary(runs: Sequence[Run]) -> str:
    """Return clients by what they were pointed at: cases that went well of those that are possible."""
    ways = list(dict.fromkeys(run.upstream for run in runs))
    names = list(dict.fromkeys(run.client.name for run in runs))
    scores = {(run.client.name, run.upstream): run.score for run in runs}
    head = ["client", *("stub itself" if not way else f"MARGA > {way}" for way in ways)]
    return table([head, *([name, *(scores.get((name, way), "") for way in ways)] for name in names)])


def cases(runs: Sequence[Run]) -> str:
    """Return cases by client, for runs of one way."""
    own = [run for run in runs if len(run.outcomes) < SUITES]
    names = list(dict.fromkeys(outcome.case for run in own for outcome in run.outcomes))
    marks = {(o.case, run.client.name): MARKS[o.word] for run in own for o in run.outcomes}
    clients = [run.client.name for run in own]
    return table(
        [["case", *clients], *([name, *(marks.get((name, c), "") for c in clients)] for name in names)]
    )


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as lines of aligned columns."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def record(runs: Sequence[Run]) -> dict[str, Any]:
    """Return everything for the results file; reasons without the machine's own addresses."""
    return {
        "versions": versions(),
        "runs": [
            {
                "client": run.client.name,
                "protocol": run.client.protocol,
                "upstream": run.upstream or "stub itself",
                "score": run.score,
                "outcomes": [asdict(outcome) for outcome in run.outcomes],
            }
            for run in runs
        ],
    }


def versions() -> dict[str, str]:
    """Return what is pinned of the packages that are driven."""
    package = json.loads((VERSIONS / "package.json").read_text(encoding="utf-8"))
    found: dict[str, str] = dict(package["dependencies"])
    for name in ("langchain", "litellm"):
        found |= _pinned(VERSIONS / f"{name}.txt", ("langchain-", "litellm"))
    return found


def _pinned(path: Path, wanted: tuple[str, ...]) -> dict[str, str]:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith(wanted)]
    return {name: rest.split()[0] for name, _, rest in (line.partition("==") for line in lines)}
