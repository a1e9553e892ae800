"""How long a routing decision takes, without the classifier: the router alone, at thirty deployments.

python -m benchmarks.deciding [--rounds 20000]

One process, one core. Each case is decided `rounds` times; the clock's own cost is taken off.
"""

from __future__ import annotations

import argparse
import random
import time

from benchmarks.common import machine, write
from marga.gateway.health import Breakers
from marga.routing import Candidate, KeyRules, Needs, Router

DEPLOYMENTS = 30
MOST_US = 15.0
"""The bar on the median."""

CASES = {
    "by need": Needs("auto", need=0.5, input_tokens=1_500, output_tokens=1_000),
    "with tools": Needs("auto", need=0.5, input_tokens=1_500, capabilities=frozenset({"tools"})),
    "too long for some": Needs("auto", need=0.5, input_tokens=15_000, output_tokens=1_000),
    "with a warm cache": Needs("auto", need=0.1, input_tokens=15_000, warm="d5", warm_tokens=14_000),
    "by a hint": Needs("auto", task="review", input_tokens=100),
    "by its name": Needs("m3", input_tokens=1_500),
}


def main() -> None:
    """Print the table and keep it."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--rounds", type=int, default=20_000)
    rounds = options.parse_args().rounds
    rows = {name: measure(needs, rounds) for name, needs in CASES.items()}
    print(f"{DEPLOYMENTS} deployments, microseconds a decision (bar: p50 ≤ {MOST_US:g})\n")
    for name, (p50, p99) in rows.items():
        print(f"  {name:<20} p50 {p50:6.1f}   p99 {p99:6.1f}")
    worst = max(p50 for p50, _ in rows.values())
    print(f"\nworst p50 {worst:.1f}: {'met' if worst <= MOST_US else 'MISSED'}")
    table = {name: {"p50_us": p50, "p99_us": p99} for name, (p50, p99) in rows.items()}
    write(
        "deciding", {"machine": machine(), "deployments": DEPLOYMENTS, "rounds": rounds, "decisions": table}
    )


def measure(needs: Needs, rounds: int) -> tuple[float, float]:
    """Return the median and the 99th percentile of one decision, in microseconds."""
    router, rules, live = Router(_house(), {}), KeyRules(allowed_models=("m*",)), Breakers(time.monotonic)
    clock = time.perf_counter_ns
    taken = []
    for _ in range(rounds):
        before = clock()
        router.decide(needs, rules, live)
        taken.append(clock() - before)
    idle = sorted(-(clock() - clock()) for _ in range(1_000))[500]
    ordered = sorted(max(0, ns - idle) / 1_000 for ns in taken)
    return round(ordered[len(ordered) // 2], 1), round(ordered[int(len(ordered) * 0.99)], 1)


def _house() -> list[Candidate]:
    chance = random.Random(1)  # noqa: S311 (made-up prices)
    return [
        Candidate(
            id=f"d{n}",
            name=f"m{n % 20}",
            tier=n % 3,
            provider_id=f"p{n % 5}",
            provider=f"p{n % 5}",
            capabilities=frozenset({"tools", "vision"} if n % 4 else {"tools"}),
            context_window=chance.choice([8_000, 128_000, 200_000, None]),
            input_usd=chance.uniform(0, 5),
            output_usd=chance.uniform(0, 25),
            cached_usd=0.1,
        )
        for n in range(DEPLOYMENTS)
    ]


if __name__ == "__main__":
    main()
