from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marga.classifier.training.boosting import Booster, Recipe
from marga.classifier.trees import Forest, Tree


@st.composite
def trees(draw):
    nodes: dict[tuple[int, ...], tuple[int, float]] = {}
    leaves: list[tuple[int, ...]] = [()]
    for _ in range(draw(st.integers(0, 7))):
        path = leaves.pop(draw(st.integers(0, len(leaves) - 1)))
        nodes[path] = (draw(st.integers(0, 3)), draw(st.integers(-3, 3)) / 2)
        leaves += [(*path, 0), (*path, 1)]
    return Tree(nodes, {path: float(place + 1) for place, path in enumerate(leaves)})


def walk(tree, row):
    path: tuple[int, ...] = ()
    while path in tree.nodes:
        feature, threshold = tree.nodes[path]
        path = (*path, int(row[feature] > threshold))
    return tree.leaves[path]


@given(st.lists(trees(), min_size=1, max_size=5), st.lists(st.integers(-4, 4), min_size=4, max_size=4))
def test_all_trees_at_once_answer_as_each_tree_walked(grown, values):
    row = np.array(values, dtype=float) / 2

    assert Forest.of(grown).leaves(row).tolist() == [walk(tree, row) for tree in grown]


def test_joined_forests_answer_with_their_scaled_sum():
    first = Forest.of([Tree({(): (0, 0.0)}, {(0,): 1.0, (1,): 2.0})])
    second = Forest.of([Tree({}, {(): 4.0})])

    assert Forest.joined([first, second], [1.0, 0.5]).sums(np.array([[1.0], [-1.0]])).tolist() == [4.0, 3.0]


RECIPE = Recipe(trees=30, rate=0.3, least_rows=5, shrinkage=1.0)


@pytest.fixture
def table():
    draw = np.random.default_rng(3)
    rows = draw.normal(size=(400, 3))
    return rows, np.sin(rows[:, 0]) + 0.2 * rows[:, 1] + 0.1 * draw.normal(size=400)


def test_boosting_learns_what_a_line_cannot(table):
    rows, target = table
    target = target - target.mean()

    forest = Booster(rows, [0, 0, 0], RECIPE).fit(target, np.ones(400), seed=0)

    assert np.var(target - forest.sums(rows)) < 0.3 * np.var(target)


@pytest.mark.parametrize("direction", [1, -1])
def test_a_feature_never_pushes_against_its_direction(table, direction):
    rows, target = table
    forest = Booster(rows, [direction] * 3, RECIPE).fit(target - target.mean(), np.ones(400), seed=0)

    for feature in range(3):
        moved = rows[:50].copy()
        moved[:, feature] += 1.5
        change = (forest.sums(moved) - forest.sums(rows[:50])) * direction
        assert (change >= -1e-6).all()


def test_the_same_seed_grows_the_same_trees_and_another_seed_others(table):
    rows, target = table
    booster = Booster(rows, [0, 0, 0], RECIPE)

    first, again, other = (booster.fit(target, np.ones(400), seed) for seed in (0, 0, 1))

    assert first.values.tobytes() == again.values.tobytes()
    assert first.values.tobytes() != other.values.tobytes()


def test_a_target_without_variation_grows_trees_that_say_nothing(table):
    forest = Booster(table[0], [0, 0, 0], RECIPE).fit(np.zeros(400), np.ones(400), seed=0)

    assert forest.sums(table[0][:5]).tolist() == [0.0] * 5
