from __future__ import annotations

import numpy as np
import pytest

from marga.classifier.tests import made_up
from marga.classifier.training import evaluating, fitting, folds, measures, outcomes, reporting
from marga.classifier.training.boosting import Recipe

PLAN = fitting.Plan(recipe=Recipe(trees=15, rate=0.2, least_rows=10), seeds=1)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return outcomes.read(made_up.write(tmp_path_factory.mktemp("outcomes")))


@pytest.fixture(scope="module")
def trained(data):
    return evaluating.train(data, plan=PLAN, is_evaluated=True)


def test_training_finds_what_makes_a_prompt_hard(trained):
    assert trained.results["subjects held out"].mix > 0.55
    assert trained.results["benchmarks held out"].mean_within > 0.55


def test_the_same_data_give_the_same_bytes(data, trained):
    again = evaluating.train(data, plan=PLAN)

    assert again.classifier.to_bytes() == trained.classifier.to_bytes()


def test_needs_agree_with_what_happened(trained):
    rows = trained.reliability["subjects held out"]

    assert sum(count for _, _, count in rows) == 320
    assert abs(np.average([need - wrong for need, wrong, _ in rows])) < 0.05
    assert rows[0][1] < rows[-1][1]


def test_the_report_names_every_benchmark_and_the_bytes(trained):
    said = reporting.report(trained, b"abc", is_written=False)

    assert "alpha" in said
    assert "benchmarks held out" in said
    assert "ba7816bf" in said
    assert said.endswith("not written")


def test_a_missing_outcome_is_left_out_of_measures(data):
    assert np.isnan(data.strong).sum() == 2
    assert np.isfinite(measures.judge(data, np.arange(320.0)).mix)


def test_a_folder_without_outcomes_is_refused(tmp_path):
    with pytest.raises(outcomes.NoOutcomes):
        outcomes.read(tmp_path)


def test_expected_answers_follow_difficulty_and_ability():
    answers = np.array([[1, 1, 1, 1, 0], [1, 1, 1, 0, 0], [1, 1, 0, 0, 0], [1, 0, 0, 0, 0]] * 20, dtype=float)

    expected = outcomes.expect(answers)

    assert (np.diff(expected.mean(axis=0)) < 0).all()
    assert expected[0, 2] > expected[2, 2]


def test_topics_of_two_benchmarks_leave_together_and_a_lone_subject_is_divided(data):
    parts = folds.topic_folds(data)
    math = data.subject_names.index("alpha/math")

    assert set(parts[data.subjects == math]) == {0}
    assert len(set(parts[data.benchmarks == 1])) > 3


def test_every_row_is_held_out_once(data):
    held = np.sum([each for _, each in folds.splits(folds.topic_folds(data))], axis=0)

    assert set(held) == {1}


def test_an_oracle_earns_all_and_a_constant_score_half():
    gain = np.array([1.0, 0, 0, 0, 1, 0, -1, 0])

    assert measures.apgr(gain, gain) > 1
    assert measures.apgr(np.zeros(8), gain) == 0.5
    assert measures.apgr(-gain, gain) < 0


def test_calibration_never_turns_the_order_around(data):
    level, slope, _ = evaluating.calibrate(-np.arange(320.0) * (1 - data.weak), data)

    assert slope > 0
