"""Ask cheaply first, and check: which requests a cascade may serve, and whether cheap answers are to be trusted. Pure.

It rests on one assumption: that two wrong answers seldom agree. benchmarks/cascade.py shows what it is worth when
they agree more or less often.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from marga.answers import Answer, final
from marga.policies import Policy
from marga.routing import Needs
from marga.schemas import NotUnderstood, fault

SCHEMA, VERIFIER = "schema", "verifier"
QUOTED_MOST = 12_000


class RequestFacts(NamedTuple):
    """What a cascade must know of a request besides its needs.

    schema: of the structured output asked for. labels: the answers allowed, where the client named them.
    choices: how many answers it wants. asks_logprobs: it wants to see inside one model.
    """

    schema: Mapping[str, Any] | None = None
    labels: tuple[str, ...] = ()
    choices: int = 1
    asks_logprobs: bool = False


class CascadePlan(NamedTuple):
    """How to ask cheaply: samples answers, then check; ask the strong model when the verdict is no.

    Each sample is a call of its own in the ledger, and so is a verifier's.
    """

    check: str
    samples: int
    task: str
    schema: Mapping[str, Any] | None
    labels: frozenset[str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """accept: serve the answer at index; otherwise index is -1 and a stronger model must be asked. why: for the trace."""

    accept: bool
    index: int
    why: str


def plan(policy: Policy, needs: Needs, facts: RequestFacts) -> CascadePlan | None:
    """Return how to serve a request by a cascade, or None when its policy has none for it or nothing can be checked.

    A request with tools or inside a locked conversation never is: what a sample would do cannot be taken back.
    """
    cascade = policy.cascade
    if cascade is None or needs.task not in cascade.tasks:
        return None
    if needs.lock or "tools" in needs.capabilities or facts.choices != 1 or facts.asks_logprobs:
        return None
    labels = frozenset(map(_label, facts.labels))
    if cascade.check == SCHEMA and facts.schema is None and not labels:
        return None
    if facts.schema is None and "json_schema" in needs.capabilities:
        return None
    return CascadePlan(cascade.check, cascade.samples, needs.task, facts.schema, labels)


def judge(plan: CascadePlan, answers: Sequence[str]) -> Verdict:
    """Tell whether one of the cheap answers can be served.

    answers: the whole texts; an empty one stands for a sample that failed or was cut short. For the verifier's check
    the last one is the verifier's reply.
    """
    given = list(answers[:-1] if plan.check == VERIFIER else answers)
    fit, problem = _fitting(plan, given)
    if not fit:
        return Verdict(False, -1, problem)
    if plan.check == SCHEMA:
        return Verdict(True, fit[0], "fits")
    if plan.check == VERIFIER:
        return _verified(fit[0], answers[-1])
    return _agreed(plan, [(index, _comparable(plan, given[index])) for index in fit], len(given))


def first_fit(plan: CascadePlan, answers: Sequence[str]) -> int | None:
    """Return which of the answers a verifier is to examine, None where none has the form asked for."""
    fit, _ = _fitting(plan, answers)
    return fit[0] if fit else None


def verification(question: str, answer: str) -> str:
    """Return what to ask a verifier; judge() reads its reply."""
    return (
        "Check the answer below as a strict examiner. Work through the task yourself first. End with one line: "
        "VERDICT: RIGHT if the answer is fully right, VERDICT: WRONG if it is not or you are unsure.\n\n"
        f"<task>\n{question[:QUOTED_MOST]}\n</task>\n\n<answer>\n{answer[:QUOTED_MOST]}\n</answer>"
    )


def _fitting(plan: CascadePlan, answers: Sequence[str]) -> tuple[list[int], str]:
    """Return which answers have the form asked for, and what is wrong with the last one that has not."""
    fit: list[int] = []
    problem = "no answer"
    for index, answer in enumerate(answers):
        found = _problem(plan, answer)
        if found is None:
            fit.append(index)
        else:
            problem = found
    return fit, problem


def _problem(plan: CascadePlan, answer: str) -> str | None:
    """Return what is wrong with the form of one answer."""
    if not answer.strip():
        return "no answer"
    if plan.schema is not None:
        try:
            value = orjson.loads(answer)
        except orjson.JSONDecodeError:
            return "not JSON"
        try:
            found = fault(plan.schema, value)
        except NotUnderstood as exc:
            return f"cannot check the schema: {exc}"
        return f"does not fit the schema: {found}" if found else None
    if plan.labels and _label(answer) not in plan.labels:
        return "not one of the labels"
    return None


def _comparable(plan: CascadePlan, answer: str) -> Answer | None:
    return ("label", _label(answer)) if plan.labels else final(answer, plan.task)


def _agreed(plan: CascadePlan, found: list[tuple[int, Answer | None]], asked: int) -> Verdict:
    """Accept the first answer of a majority of all that were asked for, of at least two."""
    votes = Counter(answer for _, answer in found if answer is not None)
    if not votes:
        return Verdict(False, -1, "nothing to compare")
    answer, count = votes.most_common(1)[0]
    if count < 2 or 2 * count <= max(asked, plan.samples):
        return Verdict(False, -1, "no agreement")
    index = next(index for index, given in found if given == answer)
    return Verdict(True, index, f"{count} of {max(asked, plan.samples)} agree")


def _verified(index: int, reply: str) -> Verdict:
    lines = [line.strip(" *_`.").upper() for line in reply.strip().splitlines()]
    if lines and lines[-1] == "VERDICT: RIGHT":
        return Verdict(True, index, "verified")
    return Verdict(False, -1, "not verified")


def _label(text: str) -> str:
    return " ".join(text.casefold().split()).strip("\"'`*_.,;:!()[] ")
