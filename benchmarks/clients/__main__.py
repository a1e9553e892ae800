"""Drive real clients against the stub itself, then through MĀRGA.

python -m benchmarks.clients [--only CLIENT …] [--upstream native|chat|messages|responses|all] [--no-install]

Exit code 1: a case failed. 2: a client could not be installed here, all others went well.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from benchmarks import common
from benchmarks.clients import reporting
from benchmarks.clients.driving import drive
from benchmarks.clients.install import install
from benchmarks.clients.registry import CLIENTS, Client
from benchmarks.clients.reporting import Run
from benchmarks.clients.stage import PROTOCOLS, Stage, running_stage


def main() -> int:
    """Install, run, print, record."""
    options = _options()
    faults = [] if options.no_install else install()
    clients = [client for client in CLIENTS if not options.only or client.name in options.only]
    with tempfile.TemporaryDirectory(prefix="avyay-clients-") as folder, running_stage(Path(folder)) as stage:
        runs = list(_run(clients, stage, options.upstream))
    _print(runs, faults)
    if not options.only and options.upstream == "all":
        ours = {name: version(name) for name in ("openai", "anthropic")}
        found = reporting.record(runs)
        result = {**common.machine(), **found, "versions": {**ours, **found["versions"]}}
        print(f"\nwritten to {common.write('clients', result).relative_to(common.ROOT)}")
    if any(run.failed for run in runs):
        return 1
    return 2 if faults or any(client.missing for client in clients) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.clients")
    parser.add_argument("--only", nargs="*", default=[], choices=[client.name for client in CLIENTS])
    parser.add_argument("--upstream", default="all", choices=["direct", "native", "all", *PROTOCOLS])
    parser.add_argument("--no-install", action="store_true")
    return parser.parse_args()


def _run(clients: list[Client], stage: Stage, wanted: str) -> Iterator[Run]:
    """Yield a run for each client and way: the stub itself first, which shows that client and stub are sound."""
    for client in clients:
        yield _seen(client, "", stage)
        for upstream in PROTOCOLS:
            is_wanted = wanted in (upstream, "all") or (wanted == "native" and upstream == client.protocol)
            if is_wanted and (client.name != "langchain-embeddings" or upstream == "chat"):
                yield _seen(client, upstream, stage)


def _seen(client: Client, upstream: str, stage: Stage) -> Run:
    target = stage.through(upstream) if upstream else stage.direct(client.protocol)
    run = Run(client, upstream, drive(client, target))
    print(f"{client.name:22} {upstream or 'stub itself':12} {run.score}", file=sys.stderr, flush=True)
    return run


def _print(runs: list[Run], faults: list[str]) -> None:
    for way in dict.fromkeys(run.upstream for run in runs):
        print(f"\n== {f'through MARGA to a provider of {way}' if way else 'the stub itself'}\n")
        print(reporting.cases([run for run in runs if run.upstream == way]))
    print(f"\n== cases that went well, of those that are possible\n\n{reporting.summary(runs)}")
    for run in runs:
        for outcome in run.failed:
            print(
                f"\nFAILED {run.client.name} > {run.upstream or 'stub itself'}: {outcome.case}: {outcome.reason}"
            )
    for fault in faults:
        print(f"\nnot installed: {fault}")


if __name__ == "__main__":
    sys.exit(main())
