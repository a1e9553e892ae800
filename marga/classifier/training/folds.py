"""Hold out whole subjects, or whole benchmarks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

import numpy as np

from marga.classifier.training.outcomes import Ints, Outcomes

Mask = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]

# Subjects of different benchmarks that treat the same topic leave together.
TOPICS: Mapping[str, str] = {
    "math": "math abstract_algebra college_mathematics elementary_mathematics high_school_mathematics"
    " high_school_statistics",
    "physics": "physics astronomy college_physics conceptual_physics high_school_physics",
    "health": "health anatomy clinical_knowledge college_medicine human_aging medical_genetics nutrition"
    " professional_medicine virology",
    "psychology": "psychology professional_psychology high_school_psychology human_sexuality sociology",
    "economics": "economics econometrics high_school_macroeconomics high_school_microeconomics",
    "business": "business business_ethics management marketing professional_accounting public_relations",
    "biology": "biology college_biology high_school_biology",
    "computer science": "computer_science college_computer_science computer_security high_school_computer_science"
    " machine_learning",
    "other": "other global_facts high_school_geography high_school_government_and_politics miscellaneous"
    " security_studies us_foreign_policy",
}
_FOLDS = {subject: place for place, subjects in enumerate(TOPICS.values()) for subject in subjects.split()}


def topic_folds(outcomes: Outcomes) -> Ints:
    """Return each row's fold. A benchmark of one subject is divided by its clusters of near-duplicates."""
    subjects = [name.split("/", 1)[1].replace(" ", "_") for name in outcomes.subject_names]
    alone = np.bincount(_benchmark_of_subject(outcomes), minlength=len(outcomes.benchmark_names)) == 1
    folds = []
    for subject, benchmark, cluster in zip(
        outcomes.subjects, outcomes.benchmarks, outcomes.clusters, strict=True
    ):
        name = cluster if alone[benchmark] else subjects[subject]
        folds.append(_FOLDS.get(name, int(hashlib.blake2b(name.encode()).hexdigest()[:8], 16) % len(TOPICS)))
    return np.array(folds)


def _benchmark_of_subject(outcomes: Outcomes) -> Ints:
    first = np.unique(outcomes.subjects, return_index=True)[1]
    return outcomes.benchmarks[first]


def splits(folds: Ints) -> Iterator[tuple[Mask, Mask]]:
    """Yield the rows to train on and the rows to judge, fold by fold."""
    for fold in np.unique(folds):
        held = folds == fold
        yield ~held, held
