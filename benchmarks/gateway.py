"""The gateway on one core, provider and load on the other: throughput, added latency, streams, memory, peers.

python -m benchmarks.gateway [--seconds 8] [--quick] [--parts paths latency …]
Shares of a bare Granian answer in the same run are what counts on a noisy machine.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from typing import Any

from benchmarks import arc, common, latency, scaling, streams, throughput
from benchmarks.peers import comparing
from benchmarks.stand import OTHER_CORE, Stand, standing, upstream

PARTS = ("paths", "latency", "frontier", "streams", "peers", "scaling", "memory")
ROUNDS = 300
QUICK_ROUNDS = 50


def main() -> None:
    """Run everything, print the tables, keep the result."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=8, help="length of each run of wrk")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="short runs without peers and memory; nothing is kept",
    )
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=[], help="only these")
    options = parser.parse_args()
    os.sched_setaffinity(0, {OTHER_CORE})
    seconds = 2 if options.quick else options.seconds
    parts = options.parts or [part for part in PARTS if not (options.quick and part in ("peers", "memory"))]
    result = measure(parts, seconds, QUICK_ROUNDS if options.quick else ROUNDS)
    if not options.parts and not options.quick:
        print(f"\nkept in {common.write('gateway', result).relative_to(common.ROOT)}")


def measure(parts: list[str], seconds: int, rounds: int) -> dict[str, Any]:
    """Run the parts in order; return what each found."""
    result: dict[str, Any] = {"machine": common.machine(), "connections": throughput.CONNECTIONS}
    short = max(2, seconds // 2)
    with upstream() as port:
        with standing(port) as stand:
            work: dict[str, Callable[[Stand], Any]] = {
                "paths": lambda stand: throughput.measure(stand, seconds),
                "latency": lambda stand: latency.added(stand, short),
                "frontier": lambda stand: latency.frontier(stand, short),
                "streams": lambda stand: streams.measure(stand, rounds),
                "peers": lambda stand: comparing.measure(stand, seconds),
            }
            result |= {part: work[part](stand) for part in work if part in parts}
        if "scaling" in parts:
            result["scaling"] = scaling.measure(port, seconds)
        if "memory" in parts:
            with standing(port) as stand:
                result["memory"] = arc.measure(stand)
    if "latency" in result:
        result["front_page"] = {
            "product": "marga",
            "figure": f"{result['latency']['c=1']['added_p50_ms']:.1f} ms",
            "caption": "added to a call, median, one at a time",
        }
    return result


if __name__ == "__main__":
    main()
