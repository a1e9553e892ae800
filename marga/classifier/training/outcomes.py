"""Read who answered which prompt rightly, and turn it into targets.

A folder holds one gzipped CSV per benchmark: id, benchmark, subject, split, cluster, prompt, then a column per
model with 1, 0 or nothing.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Ints = np.ndarray[tuple[int, ...], np.dtype[np.int64]]
_DESCRIPTION = 6
# The pair of a strong and a weak model whose outcomes stand for the tiers; elsewhere the first and last column.
PAIRS = {
    "mmlu": ("gpt-4-1106-preview", "mixtral-8x7b-instruct-v0.1"),
    "gsm8k": ("gpt-4-1106-preview", "mixtral-8x7b-instruct-v0.1"),
    "mmlu_pro": ("gpt-4o-2024-05", "Meta-Llama-3.1-8B-Instruct"),
    "cruxeval": ("gpt-4o-2024-08-06", "Meta-Llama-3.1-8B-Instruct"),
}


class NoOutcomes(Exception):
    """The folder holds nothing to learn from."""


@dataclass(frozen=True)
class Outcomes:
    """Prompts of all benchmarks, one row each; nan = no outcome."""

    prompts: Sequence[str]
    benchmarks: Ints
    subjects: Ints
    clusters: Sequence[str]
    benchmark_names: Sequence[str]
    subject_names: Sequence[str]
    strong: Floats
    weak: Floats
    expected_strong: Floats  # probability of a right answer, smoothed over all models of the benchmark
    expected_weak: Floats


def read(folder: Path) -> Outcomes:
    """Read every CSV of a folder.

    Raises NoOutcomes if there is none, or one of them lacks a pair.
    """
    tables = [_table(path) for path in sorted(folder.glob("*.csv.gz"))]
    if not tables:
        raise NoOutcomes(f"{folder} holds no *.csv.gz; give the folder of the training outcomes.")
    rows = [row for _, table in tables for row in table]
    outcomes = [_pair(header, table) for header, table in tables]
    benchmarks = [row[1] for row in rows]
    subjects = [f"{row[1]}/{row[2]}" for row in rows]
    benchmark_names, benchmark_places = np.unique(benchmarks, return_inverse=True)
    subject_names, subject_places = np.unique(subjects, return_inverse=True)
    strong, weak, expected_strong, expected_weak = (
        np.concatenate(part) for part in zip(*outcomes, strict=True)
    )
    return Outcomes(
        prompts=[row[5] for row in rows],
        benchmarks=benchmark_places,
        subjects=subject_places,
        clusters=[f"{row[1]}:{row[4]}" for row in rows],
        benchmark_names=benchmark_names.tolist(),
        subject_names=subject_names.tolist(),
        strong=strong,
        weak=weak,
        expected_strong=expected_strong,
        expected_weak=expected_weak,
    )


def _table(path: Path) -> tuple[list[str], list[list[str]]]:
    csv.field_size_limit(1 << 27)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        header, *rows = csv.reader(lines)
    if len(header) < _DESCRIPTION + 2 or not rows:
        raise NoOutcomes(f"{path} needs rows and the outcomes of two models or more.")
    return header, rows


def _pair(header: list[str], rows: list[list[str]]) -> tuple[Floats, Floats, Floats, Floats]:
    models = header[_DESCRIPTION:]
    names = PAIRS.get(rows[0][1], (models[0], models[-1]))
    if not set(names) <= set(models):
        names = (models[0], models[-1])
    strong, weak = models.index(names[0]), models.index(names[1])
    answers = np.array([[float(cell or "nan") for cell in row[_DESCRIPTION:]] for row in rows])
    if len(models) > 4:
        expected = expect(answers)
        return answers[:, strong], answers[:, weak], expected[:, strong], expected[:, weak]
    # Two models say too little about a prompt to smooth over: their own outcomes stand.
    return answers[:, strong], answers[:, weak], answers[:, strong], answers[:, weak]


def expect(answers: Floats, rounds: int = 40) -> Floats:
    """Return each model's probability of a right answer to each prompt, by item-response theory.

    answers: prompts × models, 1, 0 or nan. A prompt has a difficulty, known only as a distribution over a grid; a
    model has an ability, fitted by Newton steps (Rasch model, marginal maximum likelihood).
    """
    grid = np.linspace(-5, 5, 81)
    seen = ~np.isnan(answers)
    right = np.nan_to_num(answers)
    ability = np.zeros(answers.shape[1])
    prior = np.exp(-0.5 * (grid / 1.5) ** 2)
    for _ in range(rounds):
        chance = 1 / (1 + np.exp(-1.3 * (ability[:, None] - grid)))
        likely = right @ np.log(chance) + (seen - right) @ np.log(1 - chance)
        belief = np.exp(likely - likely.max(axis=1, keepdims=True)) * prior
        belief /= belief.sum(axis=1, keepdims=True)
        expected: Floats = belief @ chance.T
        surprise = ((right - expected) * seen).sum(axis=0)
        curvature = 1.3 * ((belief @ (chance * (1 - chance)).T) * seen).sum(axis=0)
        # A model that is always right, or never, has no finite ability: it is held at the edge of the grid.
        ability = np.clip(ability + np.clip(surprise / (curvature + 1e-9), -1, 1), -6, 6)
        prior = belief.mean(axis=0)
    return expected
