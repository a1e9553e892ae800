"""Grow boosted regression trees of at most eight leaves, whose features may only push in a given direction.

Small on purpose: numpy alone, one thread, and the same trees from the same numbers and seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from marga.classifier.trees import LEAVES, Forest, Tree

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Ints = np.ndarray[tuple[int, ...], np.dtype[np.int64]]
_BINS = 48
_MARGIN = 1e-9


@dataclass(frozen=True)
class Recipe:
    """How trees grow; `sampled_*` are shares drawn anew for each tree."""

    trees: int = 200
    rate: float = 0.05
    least_rows: int = 60
    shrinkage: float = 20.0
    sampled_rows: float = 0.7
    sampled_features: float = 0.3


class Sums(NamedTuple):
    """Of the rows of a leaf, by feature and bin."""

    gradients: Floats
    weights: Floats
    counts: Floats


@dataclass(eq=False)
class _Leaf:
    rows: Ints
    sums: Sums
    low: float
    high: float
    path: tuple[int, ...] = ()
    split: tuple[float, int, int] = (0.0, 0, 0)


@dataclass
class _Grown:
    """A tree under construction: inner nodes by path (0 = left, 1 = right)."""

    nodes: dict[tuple[int, ...], tuple[int, int]] = field(default_factory=dict)
    leaves: list[_Leaf] = field(default_factory=list)


class Booster:
    """Least-squares boosting over binned features."""

    def __init__(self, rows: Floats, directions: Sequence[int] | Ints, recipe: Recipe) -> None:
        self.recipe = recipe
        self.directions = np.asarray(directions)
        self.edges = [_edges(column) for column in rows.T]
        self.bins = np.stack(
            [np.searchsorted(edges, column) for edges, column in zip(self.edges, rows.T, strict=True)], axis=1
        ).astype(np.int64)

    def fit(self, target: Floats, weights: Floats, seed: int) -> Forest:
        """Return the trees that approach target, which should be centred on zero."""
        draw = np.random.default_rng(seed)
        guess = np.zeros(len(target))
        trees = []
        for _ in range(self.recipe.trees):
            chosen = np.flatnonzero(draw.random(len(target)) < self.recipe.sampled_rows)
            many = max(1, round(self.recipe.sampled_features * self.bins.shape[1]))
            features = np.sort(draw.choice(self.bins.shape[1], many, replace=False))
            grown = self._grow(chosen, features, (target - guess) * weights, weights)
            trees.append(self._finish(grown))
            guess += self._answer(grown)
        return Forest.of(trees)

    def _grow(self, rows: Ints, features: Ints, gradients: Floats, weights: Floats) -> _Grown:
        grown = _Grown()
        root = _Leaf(rows, self._histogram(rows, features, gradients, weights), -np.inf, np.inf)
        root.split = self._best(root, features)
        grown.leaves.append(root)
        while len(grown.leaves) < LEAVES:
            leaf = max(grown.leaves, key=lambda each: each.split[0])
            if leaf.split[0] <= _MARGIN:
                break
            grown.nodes[leaf.path] = (int(features[leaf.split[1]]), leaf.split[2])
            grown.leaves.remove(leaf)
            grown.leaves += self._divide(leaf, features, gradients, weights)
        return grown

    def _divide(self, leaf: _Leaf, features: Ints, gradients: Floats, weights: Floats) -> list[_Leaf]:
        _, place, cut = leaf.split
        goes_left = self.bins[leaf.rows, features[place]] <= cut
        halves = leaf.rows[goes_left], leaf.rows[~goes_left]
        small = 0 if len(halves[0]) <= len(halves[1]) else 1
        counted = self._histogram(halves[small], features, gradients, weights)
        rest = Sums(*(whole - part for whole, part in zip(leaf.sums, counted, strict=True)))
        sums = (counted, rest) if small == 0 else (rest, counted)
        middle = sum(self._leaf_value(each, leaf.low, leaf.high) for each in sums) / 2
        direction = self.directions[features[place]]
        made = []
        for side in (0, 1):
            low, high = leaf.low, leaf.high
            if direction:
                # What lies on the lower side stays below the middle, however it is divided later.
                low, high = (low, middle) if (side == 0) == (direction > 0) else (middle, high)
            half = _Leaf(halves[side], sums[side], low, high, (*leaf.path, side))
            half.split = self._best(half, features)
            made.append(half)
        return made

    def _histogram(self, rows: Ints, features: Ints, gradients: Floats, weights: Floats) -> Sums:
        size = len(features) * _BINS
        places = (self.bins[np.ix_(rows, features)] + np.arange(len(features)) * _BINS).ravel()
        shape = (len(features), _BINS)
        return Sums(
            np.bincount(places, np.repeat(gradients[rows], len(features)), size).reshape(shape).astype(float),
            np.bincount(places, np.repeat(weights[rows], len(features)), size).reshape(shape).astype(float),
            np.bincount(places, minlength=size).reshape(shape).astype(float),
        )

    def _value(self, gradient: Floats, weight: Floats, leaf: _Leaf) -> Floats:
        return np.clip(gradient / (weight + self.recipe.shrinkage), leaf.low, leaf.high)

    def _best(self, leaf: _Leaf, features: Ints) -> tuple[float, int, int]:
        left = [part.cumsum(1) for part in leaf.sums]
        whole = left[0][:, -1:], left[1][:, -1:], left[2][:, -1:]
        right = whole[0] - left[0], whole[1] - left[1], whole[2] - left[2]
        values = self._value(left[0], left[1], leaf), self._value(right[0], right[1], leaf)
        gains = (
            self._worth(values[0], left[0], left[1])
            + self._worth(values[1], right[0], right[1])
            - self._worth(self._value(whole[0], whole[1], leaf), whole[0], whole[1])
        )
        wrong = (values[1] - values[0]) * self.directions[features][:, None] < 0
        few = np.minimum(left[2], right[2]) < self.recipe.least_rows
        gains[wrong | few] = 0.0
        best = int(gains.argmax())
        return float(gains.flat[best]), best // _BINS, best % _BINS

    def _worth(self, value: Floats, gradient: Floats, weight: Floats) -> Floats:
        worth: Floats = 2 * value * gradient - value * value * (weight + self.recipe.shrinkage)
        return worth

    def _leaf_value(self, sums: Sums, low: float, high: float) -> float:
        value = float(sums.gradients[0].sum() / (sums.weights[0].sum() + self.recipe.shrinkage))
        return min(max(value, low), high)

    def _answer_of(self, leaf: _Leaf) -> float:
        return self.recipe.rate * self._leaf_value(leaf.sums, leaf.low, leaf.high)

    def _finish(self, grown: _Grown) -> Tree:
        nodes = {
            path: (feature, float(self.edges[feature][cut])) for path, (feature, cut) in grown.nodes.items()
        }
        return Tree(nodes, {leaf.path: self._answer_of(leaf) for leaf in grown.leaves})

    def _answer(self, grown: _Grown) -> Floats:
        """Return the tree's value for every row, those left out of the sample too."""
        answer = np.zeros(len(self.bins))
        waiting: list[tuple[tuple[int, ...], Ints]] = [((), np.arange(len(self.bins)))]
        values = {leaf.path: self._answer_of(leaf) for leaf in grown.leaves}
        while waiting:
            path, rows = waiting.pop()
            if path in values:
                answer[rows] = values[path]
                continue
            feature, cut = grown.nodes[path]
            goes_left = self.bins[rows, feature] <= cut
            waiting += [((*path, 0), rows[goes_left]), ((*path, 1), rows[~goes_left])]
        return answer


def _edges(column: Floats) -> Floats:
    """Return where to cut: between neighbouring values, at most _BINS - 1 cuts, evenly filled."""
    values = np.unique(column)
    if len(values) > _BINS:
        values = np.unique(np.quantile(column, np.linspace(0, 1, _BINS)))
    edges: Floats = (values[1:] + values[:-1]) / 2
    return edges
