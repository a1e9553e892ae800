"""Measure a routing score: how much of the strong model's gain its ranking buys."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from marga.classifier.training.outcomes import Floats, Outcomes


@dataclass(frozen=True)
class Result:
    """APGR within each benchmark, and over all of them in one ranking with equal weight each."""

    within: dict[str, float]
    mix: float

    @property
    def mean_within(self) -> float:
        """The mean of the figures within benchmarks."""
        return float(np.mean(list(self.within.values())))


def apgr(score: Floats, gain: Floats, weight: Floats | None = None) -> float:
    """Return the area under the recovered share of the gain, as calls go to the strong model in order of score.

    gain: strong outcome − weak outcome. Ties are spread evenly. 0.5 is random; an oracle passes 1.
    Source: RouteLLM, arXiv 2406.18665.
    """
    weight = np.ones(len(score)) if weight is None else weight
    order = np.argsort(-score, kind="stable")
    ranked = score[order]
    last = np.append(ranked[1:] != ranked[:-1], True)
    sent = np.append(0.0, np.cumsum(weight[order])[last])
    gained = np.append(0.0, np.cumsum((weight * gain)[order])[last])
    area = np.sum((gained[1:] + gained[:-1]) / 2 * np.diff(sent))
    return float(area / (gained[-1] * sent[-1]))


def judge(outcomes: Outcomes, score: Floats) -> Result:
    """Return what the score buys, within benchmarks and over their mixture."""
    gain = outcomes.strong - outcomes.weak
    known = ~np.isnan(gain)
    within = {}
    weight = np.zeros(len(gain))
    for place, name in enumerate(outcomes.benchmark_names):
        rows = known & (outcomes.benchmarks == place)
        within[name] = apgr(score[rows], gain[rows])
        weight[rows] = 1 / rows.sum()
    return Result(within, apgr(score[known], gain[known], weight[known]))
