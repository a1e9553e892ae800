"""Outcomes of imaginary benchmarks: the longer and the more numbers, the oftener the weak model is wrong."""

from __future__ import annotations

import csv
import gzip
import random
from pathlib import Path

MODELS = ["strong", "good", "fair", "poor", "weak"]
NOUNS = ["apples", "pears", "boxes", "trains", "letters", "houses", "rivers", "clocks"]


def write(folder: Path, *, rows: int = 160, seed: int = 5) -> Path:
    """Write two benchmarks, the first with two subjects."""
    draw = random.Random(seed)  # noqa: S311 (imaginary outcomes)
    for benchmark, subjects in (("alpha", ["math", "biology"]), ("beta", ["sums"])):
        with gzip.open(folder / f"{benchmark}.csv.gz", "wt", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(["id", "benchmark", "subject", "split", "cluster", "prompt", *MODELS])
            for number in range(rows):
                table.writerow(_row(draw, benchmark, subjects[number % len(subjects)], number))
    return folder


def _row(draw: random.Random, benchmark: str, subject: str, number: int) -> list[str]:
    steps = draw.randint(1, 12)
    prompt = " ".join(
        f"If there are {draw.randint(1, 900)} {draw.choice(NOUNS)} in each of them," for _ in range(steps)
    )
    answers = ["1" if draw.random() < 1 - steps * place / 60 else "0" for place in range(1, len(MODELS) + 1)]
    if number == 3:
        answers[0] = ""
    return [
        f"{benchmark}{number}",
        benchmark,
        subject,
        "dev",
        str(number),
        f"{prompt} how many are there?",
        *answers,
    ]
