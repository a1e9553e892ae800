"""Evaluate all trees at once: one comparison of every node, one bitwise OR, one table look-up.

A node that sends a row to the right rules out the leaves on its left. OR over the nodes of a tree gives the bits
of the leaves ruled out; the lowest of the others is the answer (QuickScorer, Lucchese et al., SIGIR 2015).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

LEAVES = 8
_NODES = LEAVES - 1
Path = tuple[int, ...]
Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Singles = np.ndarray[tuple[int, ...], np.dtype[np.float32]]

# By the bits ruled out: the place of the lowest bit left.
_FIRST = np.array([(~bits & -~bits).bit_length() - 1 for bits in range(256)], dtype=np.intp)


@dataclass(frozen=True)
class Tree:
    """Inner nodes and leaf values by path from the root: 0 is left (value ≤ threshold), 1 is right."""

    nodes: Mapping[Path, tuple[int, float]]
    leaves: Mapping[Path, float]


@dataclass(frozen=True)
class Forest:
    """Nodes of all trees, shaped (7, trees); unused nodes rule out nothing. masks: the bits of the leaves on the left."""

    features: np.ndarray[tuple[int, ...], np.dtype[np.intp]]
    thresholds: np.ndarray[tuple[int, ...], np.dtype[np.float32]]
    masks: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
    values: np.ndarray[tuple[int, ...], np.dtype[np.float32]]

    @classmethod
    def of(cls, trees: Sequence[Tree]) -> Forest:
        """Pack trees of at most eight leaves."""
        features = np.zeros((_NODES, len(trees)), dtype=np.intp)
        thresholds = np.full((_NODES, len(trees)), np.inf, dtype=np.float32)
        masks = np.zeros((_NODES, len(trees)), dtype=np.uint8)
        values = np.zeros((len(trees), LEAVES), dtype=np.float32)
        for place, tree in enumerate(trees):
            order = sorted(tree.leaves)
            for row, (path, (feature, threshold)) in enumerate(sorted(tree.nodes.items())):
                left = [bit for bit, leaf in enumerate(order) if leaf[: len(path) + 1] == (*path, 0)]
                features[row, place], thresholds[row, place] = feature, threshold
                masks[row, place] = sum(1 << bit for bit in left)
            values[place, : len(order)] = [tree.leaves[leaf] for leaf in order]
        return cls(features, thresholds, masks, values.ravel())

    @classmethod
    def joined(cls, forests: Sequence[Forest], scales: Sequence[float]) -> Forest:
        """Return one forest whose sum is the scaled sum of the given ones."""
        return cls(
            np.concatenate([each.features for each in forests], axis=1),
            np.concatenate([each.thresholds for each in forests], axis=1),
            np.concatenate([each.masks for each in forests], axis=1),
            np.concatenate(
                [each.values * np.float32(scale) for each, scale in zip(forests, scales, strict=True)]
            ),
        )

    def leaves(self, row: Floats) -> Singles:
        """Return each tree's value for one row."""
        goes_right = row.astype(np.float32).take(self.features) > self.thresholds
        ruled_out = np.bitwise_or.reduce(goes_right.view(np.uint8) * self.masks, axis=0)
        found: Singles = self.values.take(_FIRST.take(ruled_out) + np.arange(0, len(self.values), LEAVES))
        return found

    def sums(self, rows: Floats) -> Floats:
        """Return the sum over trees for each row."""
        total: Floats = np.array([self.leaves(row).sum(dtype=np.float64) for row in rows])
        return total
