"""Train, judge on what was held out, calibrate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from marga.classifier import features
from marga.classifier.model import Classifier
from marga.classifier.training import folds
from marga.classifier.training.fitting import Plan, balance, fit
from marga.classifier.training.measures import Result, judge
from marga.classifier.training.outcomes import Floats, Ints, Outcomes

PLAN = Plan()
_CURVE_ROUNDS = 50


@dataclass(frozen=True)
class Trained:
    """A classifier, and what its recipe scores on rows that it did not see."""

    classifier: Classifier
    results: Mapping[str, Result]
    reliability: Mapping[str, list[tuple[float, float, int]]]


def measured(outcomes: Outcomes) -> Floats:
    """Return the features of all prompts."""
    return np.array([features.read(prompt).values for prompt in outcomes.prompts])


def train(outcomes: Outcomes, *, plan: Plan = PLAN, is_evaluated: bool = False) -> Trained:
    """Train on everything; calibrate on topics held out; on request judge on held-out benchmarks too."""
    rows = measured(outcomes)
    held = {"subjects held out": predict(rows, outcomes, folds.topic_folds(outcomes), plan)}
    if is_evaluated:
        held["benchmarks held out"] = predict(rows, outcomes, outcomes.benchmarks, plan)
    curve = calibrate(held["subjects held out"], outcomes)
    whole = fit(rows, outcomes, np.ones(len(rows), dtype=bool), plan)
    return Trained(
        whole.with_curve(curve),
        {name: judge(outcomes, score) for name, score in held.items()},
        {name: reliability(whole.with_curve(curve).curved(score), outcomes) for name, score in held.items()},
    )


def predict(rows: Floats, outcomes: Outcomes, parts: Ints, plan: Plan) -> Floats:
    """Return every row's raw score from a classifier that did not see its part."""
    scores = np.zeros(len(rows))
    for others, held in folds.splits(parts):
        scores[held] = fit(rows, outcomes, others, plan).raw(rows[held])
    return scores


def calibrate(scores: Floats, outcomes: Outcomes) -> tuple[float, float, float]:
    """Fit a logistic curve from score to the chance that the weak model is wrong; it never changes the order.

    Returns level, slope and middle.
    """
    known = ~np.isnan(outcomes.weak)
    x, wrong = scores[known], 1 - outcomes.weak[known]
    weights = balance(outcomes.benchmarks[known])
    middle, size = float(np.average(x, weights=weights)), max(float(x.std()), 1e-9)
    design = np.stack([np.ones(len(x)), (x - middle) / size], axis=1)
    fitted = np.zeros(2)
    for _ in range(_CURVE_ROUNDS):
        chance = 1 / (1 + np.exp(-design @ fitted))
        slope = design.T @ (weights * (wrong - chance)) - 1e-3 * fitted
        bend = (design * (weights * chance * (1 - chance))[:, None]).T @ design + 1e-3 * np.eye(2)
        fitted = fitted + np.clip(np.linalg.solve(bend, slope), -1, 1)
    # A need that falls as the score rises would turn the order around.
    return float(fitted[0]), max(float(fitted[1]), 0.05) / size, middle


def reliability(needs: Floats, outcomes: Outcomes, bins: int = 10) -> list[tuple[float, float, int]]:
    """Return (mean need, share where the weak model was wrong, rows) for tenths of the needs."""
    known = ~np.isnan(outcomes.weak)
    needs, wrong = needs[known], 1 - outcomes.weak[known]
    order = np.argsort(needs, kind="stable")
    return [
        (float(needs[part].mean()), float(wrong[part].mean()), len(part))
        for part in np.array_split(order, bins)
        if len(part)
    ]
