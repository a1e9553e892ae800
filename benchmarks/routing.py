"""What a decision takes and what it is worth: reading, classifying and routing one prompt, on one core.

python -m benchmarks.routing [--rounds 3000] [--data FOLDER]

Latency is measured on made-up prompts of three sizes and two kinds, twice: by the clock, and as the thread's processor
time, which alone counts against the bar, since on a shared machine the clock also measures the neighbours. With --data (or MARGA_ROUTING_DATA) the recipe is
trained and judged on held-out subjects and benchmarks too, which takes about a minute.
"""

from __future__ import annotations

import argparse
import os
import random
import time
from pathlib import Path

from benchmarks.common import machine, write
from marga.classifier import Classifier
from marga.classifier.training import evaluating
from marga.classifier.training.outcomes import read
from marga.deciding import example_candidates
from marga.policies import BUILT_IN
from marga.routing import ALL_WELL, KeyRules, Needs, Router

P50_BAR_US, P99_BAR_US = 400.0, 1_000.0
SIZES = (60, 500, 2_000)
BARS = {
    "subjects held out": {"mix": 0.67, "mean_within": 0.60},
    "benchmarks held out": {"mix": 0.63, "mean_within": 0.54},
}
SENTENCE = (
    "the train leaves before noon unless it rains and each of them pays 12.50 dollars more than last year"
)
CODE = "    for item in items[{n}:]:\n        if item.name not in seen: seen.append(f(item, {n}))\n"


def main() -> None:
    """Print the tables and keep them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3_000)
    parser.add_argument("--data", type=Path, default=os.environ.get("MARGA_ROUTING_DATA") or None)
    options = parser.parse_args()
    latency = {name: measure(texts, options.rounds) for name, texts in prompts().items()}
    print(f"microseconds a decision (bar: p50 ≤ {P50_BAR_US:g}, p99 ≤ {P99_BAR_US:g})\n")
    for name, found in latency.items():
        print(
            f"  {name:<18} classify p50 {found['classify_p50_us']:5.0f}   decide p50 {found['decide_p50_us']:5.0f}",
            end="",
        )
        print(
            f"   p99 {found['decide_p99_us']:5.0f}   by the clock {found['clock_p50_us']:5.0f}, {found['clock_p99_us']:5.0f}"
        )
    is_met = all(
        each["decide_p50_us"] <= P50_BAR_US and each["decide_p99_us"] <= P99_BAR_US
        for each in latency.values()
    )
    print(f"\nlatency: {'met' if is_met else 'MISSED'}\n")
    quality = judge(Path(options.data)) if options.data else None
    write("routing", {"machine": machine(), "rounds": options.rounds, "latency": latency, "quality": quality})


def prompts() -> dict[str, list[str]]:
    """Return made-up prompts by kind; every one is different, so that nothing is remembered."""
    draw = random.Random(7)  # noqa: S311 (prompts, not secrets)
    words = SENTENCE.split()
    found = {f"{size} words": [" ".join(draw.choices(words, k=size)) for _ in range(50)] for size in SIZES}
    found["2000 words of code"] = [
        "".join(CODE.format(n=draw.random()) for _ in range(180)) for _ in range(50)
    ]
    return found


def measure(texts: list[str], rounds: int) -> dict[str, float]:
    """Return percentiles in microseconds: classification alone, and with routing."""
    classifier = Classifier.load()
    router, rules = Router(example_candidates(), BUILT_IN), KeyRules()
    own, clock = time.thread_time_ns, time.perf_counter_ns
    taken: dict[str, list[int]] = {"classify": [], "decide": [], "clock": []}
    for round_ in range(rounds):
        turns = [texts[round_ % len(texts)]]
        begun_clock, begun = clock(), own()
        score = classifier.score(turns)
        between = own()
        needs = Needs("auto", need=score.need, doubt=score.doubt, input_tokens=len(turns[0]) // 4)
        router.decide(needs, rules, ALL_WELL)
        taken["decide"].append(own() - begun)
        taken["clock"].append(clock() - begun_clock)
        taken["classify"].append(between - begun)
    return {
        f"{name}_p{share}_us": sorted(each)[rounds * share // 100] / 1e3
        for name, each in taken.items()
        for share in (50, 99)
    }


def judge(folder: Path) -> dict[str, dict[str, float]]:
    """Print and return what the recipe scores on what it did not see."""
    trained = evaluating.train(read(folder), is_evaluated=True)
    found = {}
    for name, result in trained.results.items():
        figures = {"mix": result.mix, "mean_within": result.mean_within}
        words = [
            f"{figure} {value:.3f} ({'met' if round(value, 3) >= BARS[name][figure] else 'MISSED'}, bar {BARS[name][figure]:.2f})"
            for figure, value in figures.items()
        ]
        print(f"{name}: {', '.join(words)}; least within a benchmark {min(result.within.values()):.3f}")
        found[name] = {**figures, **{f"within_{key}": value for key, value in result.within.items()}}
    return found


if __name__ == "__main__":
    main()
