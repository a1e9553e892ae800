from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marga.classifier import Classifier, artefact, features
from marga.classifier.model import SHIPPED, from_arrays, to_arrays

SHIPPED_CLASSIFIER = Classifier.load()
SUM = "Tom has 3 apples. He buys 4 more each day for 12 days and gives half of them away. How many are left?"


def score(*turns):
    return SHIPPED_CLASSIFIER.score(turns)


def test_the_shipped_artefact_is_small_and_fits_the_features():
    assert SHIPPED.stat().st_size < 1_000_000
    assert score(SUM).need > 0


@given(st.lists(st.text(max_size=200), max_size=4))
def test_any_turns_get_a_score_between_nothing_and_certainty(turns):
    found = score(*turns)

    assert 0 <= found.need <= 1
    assert 0 <= found.doubt <= 1


@pytest.mark.parametrize("turns", [[], [""], [" \n"]], ids=["none", "empty", "blank"])
def test_without_text_nothing_is_known(turns):
    assert score(*turns).doubt == 1.0


def test_a_greeting_needs_less_than_a_problem_of_many_steps():
    problem = (
        SUM + " Then suppose that each of the remaining ones costs 2.5 dollars, unless it is smaller than"
        " 7 cm; calculate the total price, the average, and the percentage that is lost if 13 of them are bad."
    )

    assert score("hi there").need < score(SUM).need < score(problem).need


def test_text_unlike_all_training_text_is_doubted_more():
    assert score(SUM).doubt < 0.5
    assert score("([{=" * 700 + "9.9 " * 90).doubt == 1.0


def test_only_the_last_three_turns_count():
    assert score("a long time ago", "one", "two", "three") == score("one", "two", "three")


@given(
    st.integers(0, len(features.NAMES) - 1),
    st.floats(0, 4),
    st.sampled_from([SUM, "hi", "Write x = f(y[1])."]),
)
def test_more_of_a_feature_never_moves_the_need_against_its_direction(place, more, text):
    row = np.array(features.read(text).values)
    moved = row.copy()
    moved[place] += more

    before, after = SHIPPED_CLASSIFIER.raw(np.array([row, moved]))

    assert (after - before) * list(features.DIRECTIONS.values())[place] >= -1e-6


def test_an_artefact_comes_back_with_the_same_scores():
    arrays = artefact.unpack(SHIPPED_CLASSIFIER.to_bytes())

    assert SHIPPED.read_bytes() == SHIPPED_CLASSIFIER.to_bytes()
    assert Classifier(from_arrays(arrays)).score([SUM]) == score(SUM)


@pytest.mark.parametrize("missing", ["features", "curve", "forest_values"])
def test_an_artefact_that_lacks_a_part_is_refused(missing):
    arrays = to_arrays(SHIPPED_CLASSIFIER.parts)
    del arrays[missing]

    with pytest.raises(artefact.Unreadable):
        from_arrays(arrays)


def test_an_artefact_for_other_features_is_refused():
    arrays = to_arrays(SHIPPED_CLASSIFIER.parts) | {"features": np.frombuffer(b"length", np.uint8)}

    with pytest.raises(artefact.Unreadable, match="other features"):
        from_arrays(arrays)
