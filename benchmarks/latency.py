"""What the way through the gateway adds to the way straight to the provider, and where it bends under load."""

from __future__ import annotations

import statistics

from benchmarks import scripts
from benchmarks.common import Load
from benchmarks.stand import CHAT, Stand
from benchmarks.throughput import run

BARS_MS = {1: (0.5, 1.5), 8: (0.9, 2.5)}
"""p50 and p99 by the number of connections."""
ROUNDS = 3
STEPS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
LIMITS_MS = (5, 10, 50)


def added(stand: Stand, seconds: int) -> dict[str, dict[str, float]]:
    """Measure both ways in turn; return the medians of the differences."""
    script = scripts.same(stand.folder, stand.key, "auto")
    found = {}
    for connections, (bar_p50, bar_p99) in BARS_MS.items():
        pairs = [
            (
                run(stand.upstream_url + CHAT, seconds, script, connections),
                run(stand.url + CHAT, seconds, script, connections),
            )
            for _ in range(ROUNDS)
        ]
        p50 = statistics.median(through.p50_ms - direct.p50_ms for direct, through in pairs)
        p99 = statistics.median(through.p99_ms - direct.p99_ms for direct, through in pairs)
        print(
            f"added latency, c={connections}: p50 {p50:.2f} ms (bar {bar_p50}), p99 {p99:.2f} ms (bar {bar_p99})"
        )
        found[f"c={connections}"] = {
            "added_p50_ms": round(p50, 3),
            "added_p99_ms": round(p99, 3),
            "bar_p50_ms": bar_p50,
            "bar_p99_ms": bar_p99,
            "requests_per_second": statistics.median(through.requests_per_second for _, through in pairs),
        }
    return found


def frontier(stand: Stand, seconds: int) -> dict[str, object]:
    """Step the number of connections; return the most answers a second that keep each limit on p99."""
    script = scripts.same(stand.folder, stand.key, "auto")
    steps = {connections: run(stand.url + CHAT, seconds, script, connections) for connections in STEPS}
    found: dict[str, object] = {}
    for limit in LIMITS_MS:
        connections = best(steps, limit)
        if connections is None:
            print(f"frontier: p99 ≤ {limit} ms at no number of connections")
            continue
        load = steps[connections]
        print(f"frontier: p99 ≤ {limit:2} ms: {load.requests_per_second:7,.0f} req/s at c={connections}")
        found[f"p99 <= {limit} ms"] = {"connections": connections, **vars(load)}
    return found | {"steps": {str(connections): vars(load) for connections, load in steps.items()}}


def best(steps: dict[int, Load], limit_ms: float) -> int | None:
    """Return the step with the highest rate among those without errors and with p99 within the limit."""
    good = {step: load for step, load in steps.items() if not load.errors and load.p99_ms <= limit_ms}
    return max(good, key=lambda step: good[step].requests_per_second, default=None)
