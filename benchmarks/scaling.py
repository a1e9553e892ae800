"""Two workers against one: how much more they answer.

With four cores the load has two of its own and the rates are compared. With two the load takes part of what the workers
could use, so the processor time of an answer is compared instead: two workers answer 2 x (time with one) / (time with
two), less what they lose by sharing the connections unevenly. The middle one of three rounds counts.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from benchmarks import common, scripts
from benchmarks.stand import CHAT, GATEWAY_CORE, OTHER_CORE, Stand, standing
from benchmarks.throughput import CONNECTIONS

BAR = 1.7
WARM_SECONDS, ROUNDS = 3, 3
"""A stand is ready when one of its workers is; how connections fall to workers differs from time to time."""
CORES = frozenset({GATEWAY_CORE, OTHER_CORE})


def measure(upstream_port: int, seconds: int) -> dict[str, object]:
    """Print and return how much more two workers do."""
    one, two = (_measured(upstream_port, seconds, workers) for workers in (1, 2))
    has_room = (os.cpu_count() or 1) >= 4
    rates = two["requests_per_second"] / one["requests_per_second"]
    times = one["cpu_us"] / two["cpu_us"] / two["largest_share"]
    scaling = rates if has_room else times
    print(
        f"two workers on two cores: {scaling:.2f} x one (bar {BAR}), by {'rate' if has_room else 'processor time'};"
        f" {one['cpu_us']:.0f} and {two['cpu_us']:.0f} µs an answer, the busier worker has"
        f" {two['largest_share']:.0%}; rates {rates:.2f} x"
    )
    return {"scaling": round(scaling, 2), "bar": BAR, "one": one, "two": two}


def _measured(upstream_port: int, seconds: int, workers: int) -> dict[str, float]:
    has_room = (os.cpu_count() or 1) >= 4
    cores = CORES if workers == 2 else frozenset({GATEWAY_CORE})
    load_cores = {2, 3} if has_room else CORES if workers == 2 else {OTHER_CORE}
    with standing(upstream_port, workers=workers, cores=cores) as stand:
        script = scripts.unique(stand.folder, stand.key, "auto")

        def load(seconds: int) -> common.Load:
            return common.wrk(
                stand.url + CHAT,
                connections=CONNECTIONS * workers,
                seconds=seconds,
                cores=load_cores,
                script=script,
            )

        load(WARM_SECONDS)
        rounds = [_round(stand, lambda: load(seconds)) for _ in range(ROUNDS)]
    return sorted(rounds, key=lambda found: found["cpu_us"] * found["largest_share"])[ROUNDS // 2]


def _round(stand: Stand, load: Callable[[], common.Load]) -> dict[str, float]:
    pids = stand.workers
    before = [common.own_cpu_seconds(pid) for pid in pids]
    found = load()
    used = [common.own_cpu_seconds(pid) - then for pid, then in zip(pids, before, strict=True)]
    if found.errors:
        raise SystemExit(f"{found.errors} errors with {len(pids)} workers")
    return {
        "requests_per_second": found.requests_per_second,
        "p99_ms": found.p99_ms,
        "cpu_us": sum(used) / found.requests * 1e6,
        "largest_share": max(used) / sum(used),
    }
