"""What a workspace's own verdicts say about the classifier: a shift of its need scale for one type of task. Pure.

The classifier says how probably a weaker model does not suffice. Where people and the blind judge find more faults than
that, need is shifted upward; where they find fewer, downward, on the scale of log-odds. Few verdicts shift it little.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import exp, log
from typing import NamedTuple

MOST = 1.5
"""The furthest shift, in log-odds: a need of 0.35 becomes at most 0.71 and at least 0.11."""
SPREAD = 0.5
"""How much workspaces are expected to differ, in log-odds: the standard deviation before anything is known."""
LEAST_NEED = 0.02
"""No classifier is surer than this, whatever it says."""
STEPS = 40
SMALLEST = 0.005
"""Shifts that move no decision are not worth publishing."""


class Case(NamedTuple):
    """One verdict on an answer of a weaker model.

    need: the classifier's, before any shift. badness: 1 for an answer that was worse, 0 for one as good, -1 for one that
    was better, so that of two equal models, each of which is liked better half of the time, nothing is learnt.
    weight: how much the verdict counts.
    """

    need: float
    badness: float
    weight: float = 1.0


def offset(cases: Iterable[Case]) -> float:
    """Return the shift that fits the cases best, 0 without any, never further than MOST.

    The logistic regression of the verdicts on need with a slope of one, and a normal prior around no shift; its
    maximum lies where the derivative, which only falls, crosses zero. Better answers take from the worse ones.
    """
    known = [(_log_odds(case.need), case.badness, case.weight) for case in cases]
    low, high = -MOST, MOST
    if not known:
        return 0.0
    for _ in range(STEPS):
        middle = (low + high) / 2
        slope = sum(weight * (bad - _chance(odds + middle)) for odds, bad, weight in known)
        if slope > middle / SPREAD**2:
            low = middle
        else:
            high = middle
    found = round((low + high) / 2, 4)
    return found if abs(found) >= SMALLEST else 0.0


def shifted(need: float, by: float) -> float:
    """Return need with a shift applied; it stays between 0 and 1, and more shift never means less need."""
    if not by:
        return need
    found = _chance(_log_odds(need) + by)
    return max(need, found) if by > 0 else min(need, found)


def _log_odds(need: float) -> float:
    need = min(max(need, LEAST_NEED), 1 - LEAST_NEED)
    return log(need / (1 - need))


def _chance(odds: float) -> float:
    return 1 / (1 + exp(-odds))
