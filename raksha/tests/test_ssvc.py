from __future__ import annotations

from itertools import product

import pytest

from raksha import ssvc

EXPLOITATION = ("none", "poc", "active")
MISSIONS = ("low", "medium", "high")


@pytest.mark.parametrize(
    ("exploitation", "automatable", "impact", "mission", "word"),
    [
        ("none", False, "partial", "high", "Track"),
        ("none", False, "total", "high", "Track*"),
        ("none", True, "partial", "high", "Attend"),
        ("poc", False, "total", "medium", "Track*"),
        ("poc", True, "partial", "medium", "Track"),
        ("active", False, "total", "medium", "Attend"),
        ("active", True, "partial", "low", "Attend"),
        ("active", True, "total", "medium", "Act"),
        ("active", False, "partial", "medium", "Track"),
    ],
)
def test_decisions_are_those_of_the_published_table(exploitation, automatable, impact, mission, word):
    assert ssvc.decide(exploitation, automatable=automatable, impact=impact, mission=mission) == word


def test_no_point_that_gets_worse_makes_it_less_urgent():
    def level(exploitation: int, automatable: int, impact: int, mission: int) -> int:
        word = ssvc.decide(
            EXPLOITATION[exploitation],  # type: ignore[arg-type]
            automatable=bool(automatable),
            impact=("partial", "total")[impact],
            mission=MISSIONS[mission],  # type: ignore[arg-type]
        )
        return ssvc.WORDS.index(word)

    sizes = (3, 2, 2, 3)
    asked = 0
    for points in product(*(range(size) for size in sizes)):
        for axis, size in enumerate(sizes):
            if points[axis] + 1 < size:
                worse = [*points]
                worse[axis] += 1
                assert level(*worse) >= level(*points), points
                asked += 1
    assert asked == 24 + 18 + 18 + 24


def test_a_mission_is_lowered_by_one_step_and_not_below_the_lowest():
    assert [ssvc.lower(mission) for mission in MISSIONS] == ["low", "low", "medium"]  # type: ignore[arg-type]
