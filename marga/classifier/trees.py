"""Evaluate all trees at once: one comparison of every node, one bitwise AND, one table look-up.

A node that sends a row to the right rules out the leaves on its left. AND over the nodes of a tree leaves the
bits of the leaves still possible; the lowest is the answer (QuickScorer, Lucchese et al., SIGIR 2015).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

LEAVES = 8
_NODES = LEAVES - 1
Path = tuple[int, ...]
Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

_LOWEST = np.array([0] + [(bits & -bits).bit_length() - 1 for bits in range(1, 256)], dtype=np.intp)


@dataclass(frozen=True)
class Tree:
    """Inner nodes and leaf values by path from the root: 0 is left (value ≤ threshold), 1 is right."""

    nodes: Mapping[Path, tuple[int, float]]
    leaves: Mapping[Path, float]


@dataclass(frozen=True)
class Forest:
    """Nodes of all trees, shaped (7, trees); unused nodes never hold."""

    features: np.ndarray[tuple[int, ...], np.dtype[np.intp]]
    thresholds: np.ndarray[tuple[int, ...], np.dtype[np.float32]]
    masks: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
    values: np.ndarray[tuple[int, ...], np.dtype[np.float32]]

    @classmethod
    def of(cls, trees: Sequence[Tree]) -> Forest:
        """Pack trees of at most eight leaves."""
        features = np.zeros((_NODES, len(trees)), dtype=np.intp)
        thresholds = np.full((_NODES, len(trees)), np.inf, dtype=np.float32)
        masks = np.full((_NODES, len(trees)), 255, dtype=np.uint8)
        values = np.zeros((len(trees), LEAVES), dtype=np.float32)
        for place, tree in enumerate(trees):
            order = sorted(tree.leaves)
            for row, (path, (feature, threshold)) in enumerate(sorted(tree.nodes.items())):
                left = [bit for bit, leaf in enumerate(order) if leaf[: len(path) + 1] == (*path, 0)]
                features[row, place], thresholds[row, place] = feature, threshold
                masks[row, place] = 255 & ~sum(1 << bit for bit in left)
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

    def leaves(self, row: Floats) -> Floats:
        """Return each tree's value for one row."""
        possible = np.where(row[self.features] > self.thresholds, self.masks, np.uint8(255))
        places = _LOWEST[np.bitwise_and.reduce(possible, axis=0)]
        found: Floats = self.values[places + np.arange(0, len(self.values), LEAVES)]
        return found

    def sums(self, rows: Floats) -> Floats:
        """Return the sum over trees for each row."""
        total: Floats = np.array([self.leaves(row).sum(dtype=np.float64) for row in rows])
        return total
