"""What a cascade is worth: simulated on recorded outcomes of real models, by the measure of the data's own scorer.

python -m benchmarks.cascade --data FOLDER [--scores FILE] [--draws 40]

FOLDER holds score.py and, in dev/, the recorded outcomes.

For each prompt two (or three) cheap models answer; when they agree, that answer is served, and the prompts on which
they disagree go to the strong model first. The data says who was right, not what was answered. So one thing is
assumed, and shown over its whole range: q, the chance that two wrong answers agree. Right answers always agree.
Every cheap answer beyond the first is paid for, and so is the first one where the strong model answers after all.
Where the cheap companions are better than the weak model, a part of what three of them gain is theirs, so their
accuracy stands beside it. A figure above 1, or quality above 100 %, means: right where the strong model was wrong.

--scores: `id,score` of a static router for prompts it was not trained on; it ranks within agreement and within
disagreement. Without it the length of the prompt does, which is a weak router.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import machine, write

Floats = NDArray[np.float64]

CHANCES = (0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0)
SHOWN = 0.2
"""The chance at which the working point is described."""
SMALL_MODELS: dict[str, tuple[str, ...]] = {
    "gsm8k": (
        "ze:gemma-2-9b-it",
        "ze:Meta-Llama-3.1-8B-Instruct",
        "ze:Phi-3.5-mini-instruct",
        "ze:Qwen2-7B-Instruct",
        "ze:Meta-Llama-3-8B-Instruct",
        "ze:Yi-1.5-9B-Chat",
    ),
    "mmlu_pro": (
        "mathstral-7B",
        "Phi-3-mini-4k-instruct",
        "Mistral-7B-Instruct-v0.2",
        "Qwen1.5-7B-Chat",
        "Yi-6b-Chat",
    ),
    "cruxeval": (
        "Qwen2.5-7B-Instruct",
        "gemma-2-9b-it",
        "Phi-3-mini-4k-instruct",
        "Yi-1.5-9B-Chat",
        "Phi-3.5-mini-instruct",
        "Qwen2-7B-Instruct",
        "Meta-Llama-3-8B-Instruct",
    ),
}
"""Instruction-tuned models of at most 10 billion parameters: all there are, chosen by size and not by what they score."""


@dataclass(frozen=True)
class Bench:
    """One pair of models on one benchmark: outcomes of the strong, the weak and its cheap companions."""

    name: str
    strong: Floats
    weak: Floats
    others: tuple[Floats, ...]
    static: Floats
    clusters: NDArray[np.int64]
    price: float


@dataclass(frozen=True)
class Drawn:
    """One simulated run: what is served without the strong model, who goes to it first, cheap answers beyond one."""

    served: Floats
    score: Floats
    extra_calls: float


def main() -> None:
    """Print the tables and keep them."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--data", type=Path, metavar="FOLDER", required=True)
    options.add_argument("--scores", type=Path)
    options.add_argument("--draws", type=int, default=40)
    chosen = options.parse_args()
    scorer = _scorer(chosen.data)
    benches = _benches(scorer, chosen.data, _scores(chosen.scores))
    rows = [_row(bench, chosen.draws, scorer) for bench in benches]
    _print(rows)
    write(
        "cascade",
        {"machine": machine(), "draws": chosen.draws, "static": str(chosen.scores or "length"), "rows": rows},
    )


def _scorer(data: Path) -> Any:
    """Load the scorer that lies beside the data, so that the measure is its own."""
    spec = importlib.util.spec_from_file_location("routing_scorer", data / "score.py")
    if spec is None or spec.loader is None or not (data / "score.py").exists():
        raise SystemExit(f"There is no score.py in {data}; give the folder of the routing data by --data.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _scores(path: Path | None) -> dict[str, float] | None:
    if path is None:
        return None
    with path.open(newline="", encoding="utf-8") as file:
        return {row["id"]: float(row["score"]) for row in csv.DictReader(file)}


def _benches(scorer: Any, data: Path, scores: dict[str, float] | None) -> list[Bench]:
    parts = scorer.load_part(str(data / "dev"))
    found = []
    for name, strong, weak, price in scorer.PAIRS:
        companions = [other for other in SMALL_MODELS.get(name, ()) if other != weak]
        if name not in parts or not companions:
            continue
        part = parts[name]
        columns = [scorer.num(part[model]) for model in (strong, weak, *companions)]
        known = ~np.isnan(np.array(columns)).any(axis=0)
        ids = np.array(part["id"])[known]
        static = (
            [scores[i] for i in ids] if scores else [len(text) for text in np.array(part["prompt"])[known]]
        )
        _, clusters = np.unique(np.array(part["cluster"])[known], return_inverse=True)
        strong_right, weak_right, *others = (column[known] for column in columns)
        found.append(
            Bench(
                f"{name}: {strong} / {weak}",
                strong_right,
                weak_right,
                tuple(others),
                _ranks(np.array(static, dtype=float)),
                clusters,
                price,
            )
        )
    return found


def _ranks(values: Floats) -> Floats:
    """Map to 0 … 1, equal values to equal ranks."""
    _, places = np.unique(values, return_inverse=True)
    ranks: Floats = places / max(1, places.max())
    return ranks


def _answers(right: Floats, q: float, random: np.random.Generator) -> NDArray[np.int64]:
    """Return what a model answered: 0 the right thing, 1 the common mistake, else a mistake of its own."""
    own = random.integers(2, 1 << 40, len(right))
    is_common = random.random(len(right)) < np.sqrt(q)
    return np.where(right > 0, 0, np.where(is_common, 1, own))


def _pair(bench: Bench, q: float, random: np.random.Generator) -> Drawn:
    """Compare two cheap answers; where they differ, the strong model comes first."""
    other = bench.others[random.integers(len(bench.others))]
    differs = _answers(bench.weak, q, random) != _answers(other, q, random)
    return Drawn(bench.weak, bench.static + 2.0 * differs, 1.0)


def _trio(bench: Bench, q: float, random: np.random.Generator) -> Drawn:
    """Ask a third cheap model only where two differ, and serve what two of three say."""
    if len(bench.others) < 2:
        return _pair(bench, q, random)
    one, two = random.choice(len(bench.others), 2, replace=False)
    right = (bench.weak, bench.others[one], bench.others[two])
    first, second, third = (_answers(outcome, q, random) for outcome in right)
    differs = first != second
    is_second = differs & (second == third)
    settled = is_second | (differs & (first == third))
    served = np.where(is_second, right[1], right[0])
    return Drawn(
        served, bench.static + 2.0 * differs + 2.0 * (differs & ~settled), 1.0 + float(differs.mean())
    )


def _static(bench: Bench, q: float, random: np.random.Generator) -> Drawn:
    return Drawn(bench.weak, bench.static, 0.0)


def area(bench: Bench, drawn: Drawn, scorer: Any, weights: Floats | None = None) -> float:
    """Return the area under the recovered performance gap, over what is spent beyond the weak model's price.

    With no extra calls this is the scorer's APGR. Every extra call moves the curve to the right; so does the cheap
    answer that was paid for and not served.
    """
    weights = np.ones(len(bench.weak)) if weights is None else weights
    calls, gain = scorer.curve(drawn.score, bench.strong - drawn.served, weights)
    gap = np.average(bench.strong - bench.weak, weights=weights)
    start = np.average(drawn.served - bench.weak, weights=weights)
    recovered = (start + gain) / gap
    spent = calls + bench.price * (drawn.extra_calls + (calls if drawn.extra_calls else 0.0))
    # Before the cheap answers are paid for nothing is recovered; past the strong model's price nothing counts.
    grid = np.linspace(0.0, 1.0, 2001)
    height = np.interp(grid, spent, recovered, left=0.0)
    return float(np.trapezoid(height, grid)) if drawn.extra_calls else _exact(calls, recovered)


def _exact(x: Floats, y: Floats) -> float:
    return float(np.sum((y[1:] + y[:-1]) / 2 * np.diff(x)))


def _row(bench: Bench, draws: int, scorer: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "pair": bench.name,
        "prompts": len(bench.weak),
        "static": {},
        "pair_of_two": {},
        "third": {},
    }
    right = (bench.strong.mean(), bench.weak.mean(), np.mean(bench.others))
    row["accuracy"] = dict(
        zip(("strong", "weak", "companions"), (round(float(v), 3) for v in right), strict=True)
    )
    ways = (("static", _static, (0.0,)), ("pair_of_two", _pair, CHANCES), ("third", _trio, CHANCES))
    for name, way, chances in ways:
        for q in chances:
            random = np.random.default_rng(7)
            values = [
                area(bench, way(bench, q, random), scorer, _resampled(bench, random)) for _ in range(draws)
            ]
            low, high = np.percentile(values, [2.5, 97.5])
            row[name][str(q)] = [round(float(v), 3) for v in (np.mean(values), low, high)]
    row["working_point"] = _working_point(bench, draws)
    return row


def _resampled(bench: Bench, random: np.random.Generator) -> Floats:
    """Return weights of one bootstrap sample of clusters."""
    count = bench.clusters.max() + 1
    return np.bincount(random.integers(0, count, count), minlength=count).astype(float)[bench.clusters]


def _working_point(bench: Bench, draws: int) -> dict[str, float]:
    """Describe what a policy does: serve where two agree, ask the strong model elsewhere."""
    random = np.random.default_rng(11)
    escalated, quality = [], []
    for _ in range(draws):
        differs = _pair(bench, SHOWN, random).score >= 2.0
        escalated.append(differs.mean())
        quality.append(np.where(differs, bench.strong, bench.weak).mean())
    share, right = float(np.mean(escalated)), float(np.mean(quality))
    order = np.argsort(-bench.static, kind="stable")
    sent = np.zeros(len(order), dtype=bool)
    cost = 2 * bench.price + share
    sent[order[: round((cost - bench.price) / (1 - bench.price) * len(order))]] = True
    return {
        "escalated": round(share, 3),
        "cost_of_strong": round(cost, 3),
        "quality_of_strong": round(right / float(bench.strong.mean()), 3),
        "static_quality_at_that_cost": round(
            float(np.where(sent, bench.strong, bench.weak).mean() / bench.strong.mean()), 3
        ),
    }


def _print(rows: Sequence[dict[str, Any]]) -> None:
    print(
        "APGR (0.5 = random), extra calls paid for; q = chance that two wrong answers agree, which is assumed\n"
    )
    for row in rows:
        right = ", ".join(f"{name} {value:.0%}" for name, value in row["accuracy"].items())
        print(f"{row['pair']}  ({row['prompts']} prompts; right: {right})")
        mean, low, high = row["static"]["0.0"]
        print(f"  static router            {mean:.3f} [{low:.3f}, {high:.3f}]")
        for name, label in (("pair_of_two", "two cheap answers"), ("third", "a third where they differ")):
            print(f"  {label:<24} " + "  ".join(f"q={q}: {v[0]:.3f}" for q, v in row[name].items()))
        point = row["working_point"]
        print(
            f"  serve where two agree (q={SHOWN}): {point['escalated']:.0%} escalated, cost {point['cost_of_strong']:.0%} "
            f"and quality {point['quality_of_strong']:.1%} of the strong model; the static router at that cost "
            f"{point['static_quality_at_that_cost']:.1%}\n"
        )


if __name__ == "__main__":
    main()
