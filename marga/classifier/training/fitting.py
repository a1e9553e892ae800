"""Train the classifier: boosted trees and a line, both of which only push in the given directions.

The trees learn the gain of a strong model over a weak one. The line weighs each feature by its mean correlation,
within benchmarks, with gain and difficulty: crude, and therefore what holds best on other texts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marga.classifier import features
from marga.classifier.model import CLIP, Classifier, Parts
from marga.classifier.training.boosting import Booster, Recipe
from marga.classifier.training.outcomes import Floats, Ints, Outcomes
from marga.classifier.trees import Forest

_FEWEST = 50
_PLACES = 128
_PLACE_ROUNDS = 15
_DOUBT_BEGINS, _DOUBT_REACH = 0.95, 2.0
DIRECTIONS = np.array(list(features.DIRECTIONS.values()))


@dataclass(frozen=True)
class Plan:
    """How the parts are grown and weighed; the same for every fold and for the shipped artefact."""

    recipe: Recipe = Recipe()
    seeds: int = 2
    trees: float = 1.0
    gain: float = 0.03
    hard: float = 0.03
    steady: float = 0.02


@dataclass(frozen=True)
class Targets:
    """What the parts learn, one number per row; nan where it is unknown."""

    gain: Floats
    hard: Floats


def targets(outcomes: Outcomes) -> Targets:
    """Return gain and difficulty: half what happened, half what all models' answers lead to expect."""
    happened = outcomes.strong - outcomes.weak
    expected = outcomes.expected_strong - outcomes.expected_weak
    gain = np.where(np.isnan(happened), expected, (happened + expected) / 2)
    return Targets(gain, 1 - outcomes.expected_weak)


def fit(
    rows: Floats, outcomes: Outcomes, chosen: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], plan: Plan
) -> Classifier:
    """Return a classifier trained on the chosen rows, not yet calibrated.

    rows: features of all outcomes.
    """
    wanted = targets(outcomes)
    chosen = chosen & ~np.isnan(wanted.gain) & ~np.isnan(wanted.hard)
    rows, gain, hard = rows[chosen], wanted.gain[chosen], wanted.hard[chosen]
    benchmarks, subjects = outcomes.benchmarks[chosen], outcomes.subjects[chosen]
    weights = balance(benchmarks)
    booster = Booster(rows, DIRECTIONS, plan.recipe)
    base = float(np.average(gain, weights=weights))
    forests = [booster.fit(gain - base, weights, seed) for seed in range(plan.seeds)]
    centre, scale = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    spread = ((rows - centre) / scale).clip(-CLIP, CLIP)
    slopes = (
        plan.gain * _line(spread, gain, benchmarks)
        + plan.hard * _line(spread, hard, benchmarks)
        + plan.steady * _line(spread, gain - _means(gain, subjects), benchmarks, is_steady=True)
    )
    known = _places(spread)
    forest = Forest.joined(forests, [plan.trees / plan.seeds] * plan.seeds)
    parts = Parts(
        plan.trees * base, forest, centre, scale, slopes, known, _reach(spread, known), (0.0, 1.0, 0.0)
    )
    return Classifier(parts)


def balance(benchmarks: Ints) -> Floats:
    """Return row weights: a benchmark counts by the root of its size."""
    weights: Floats = 1 / np.sqrt(np.bincount(benchmarks))[benchmarks]
    weights /= weights.mean()
    return weights


def _means(values: Floats, groups: Ints) -> Floats:
    counts = np.maximum(np.bincount(groups), 1)
    means: Floats = (np.bincount(groups, values) / counts)[groups]
    return means


def _line(spread: Floats, target: Floats, benchmarks: Ints, *, is_steady: bool = False) -> Floats:
    """Return a slope per feature, so that the line's values have a standard deviation of one.

    A slope is the mean over benchmarks of the correlation within; where it points against the feature's direction,
    or is_steady and one benchmark disagrees, it is zero.
    """
    found = []
    for benchmark in np.unique(benchmarks):
        inside = benchmarks == benchmark
        if inside.sum() < _FEWEST:
            continue
        x, y = spread[inside] - spread[inside].mean(axis=0), target[inside] - target[inside].mean()
        size = x.std(axis=0) * y.std()
        found.append(np.where(size > 1e-6, (x * y[:, None]).mean(axis=0) / np.maximum(size, 1e-6), 0.0))
    slopes = np.mean(found, axis=0) if found else np.zeros(spread.shape[1])
    agrees = slopes * DIRECTIONS > 0
    if is_steady and found:
        agrees &= (np.array(found) * DIRECTIONS >= 0).all(axis=0)
    slopes = np.where(agrees, slopes, 0.0)
    line: Floats = slopes / max(float((spread @ slopes).std()), 1e-9)
    return line


def _places(spread: Floats) -> Floats:
    """Return the centres of k-means clusters, from a fixed seed."""
    draw = np.random.default_rng(0)
    places = spread[draw.choice(len(spread), min(_PLACES, len(spread)), replace=False)]
    for _ in range(_PLACE_ROUNDS):
        nearest = _distances(spread, places).argmin(axis=1)
        counts = np.bincount(nearest, minlength=len(places))
        sums = np.zeros_like(places)
        np.add.at(sums, nearest, spread)
        places = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], places)
    return places


def _distances(spread: Floats, places: Floats) -> Floats:
    squares = (spread**2).sum(axis=1)[:, None] + (places**2).sum(axis=1) - 2 * spread @ places.T
    distances: Floats = np.sqrt(np.maximum(squares, 0.0))
    return distances


def _reach(spread: Floats, places: Floats) -> tuple[float, float]:
    nearest = _distances(spread, places).min(axis=1)
    begins = float(np.quantile(nearest, _DOUBT_BEGINS))
    return begins, max(_DOUBT_REACH * begins, begins + 1e-6)
