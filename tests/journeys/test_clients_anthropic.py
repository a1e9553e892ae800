"""The `anthropic` package with only its address and key changed, whatever protocol the provider speaks."""

from __future__ import annotations

import pytest

from benchmarks.clients.cases import anthropic_messages
from benchmarks.clients.stage import PROTOCOLS
from benchmarks.clients.target import NotPossible

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("clients")]


def judge(case, target):
    try:
        case(target)
    except NotPossible as exc:
        pytest.skip(str(exc))


@pytest.mark.parametrize("upstream", PROTOCOLS)
@pytest.mark.parametrize("case", anthropic_messages.CASES, ids=lambda case: case.__name__)
def test_messages_reach_a_provider_of_each_protocol(stage, case, upstream):
    judge(case, stage.through(upstream))


@pytest.mark.parametrize("case", anthropic_messages.CASES, ids=lambda case: case.__name__)
def test_the_cases_hold_at_the_provider_itself(stage, case):
    judge(case, stage.direct("messages"))
