"""Decide prompts one by one without a gateway or a database: what `manage.py marga_decide` prints. Pure.

So that anyone can score the classifier and see what a policy makes of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from marga import catalogue
from marga.classifier import Classifier
from marga.configfile import Document
from marga.policies import TIERS, Policy, parse_policy
from marga.protocols.reading import estimated_tokens
from marga.protocols.turns import user_turns
from marga.routing import ALL_WELL, Candidate, KeyRules, Needs, NoRoute, Router

EXAMPLE = ("ollama:qwen3:8b", "openai:gpt-5-mini", "anthropic:claude-sonnet-5")
"""One model of each tier, for when nobody names a file."""


class WrongLine(Exception):
    """A line is no prompt; the message says what it should hold."""


@dataclass(frozen=True)
class Prompt:
    """One line of input. turns: the last user texts, oldest first."""

    id: str | int
    turns: list[str]


class Decider:
    """Reads lines, decides, says why."""

    def __init__(
        self,
        classifier: Classifier,
        candidates: Iterable[Candidate],
        policies: Mapping[str, Policy],
        *,
        model: str = "auto",
        clock: Callable[[], float],
    ) -> None:
        """Prepare.

        model: what every prompt asks for. clock: seconds, rising, for the time that a decision takes.
        """
        self._classifier, self._model, self._clock = classifier, model, clock
        self._candidates = {candidate.id: candidate for candidate in candidates}
        self._router = Router(self._candidates.values(), policies)

    def decide(self, line: str) -> dict[str, Any]:
        """Return the decision on one line.

        Raises WrongLine if it is no prompt, and NoRoute if no model may answer it.
        """
        prompt = read_line(line)
        begun = self._clock()
        score = self._classifier.score(prompt.turns)
        tokens = estimated_tokens(sum(map(len, prompt.turns)))
        needs = Needs(
            self._model,
            need=score.need,
            doubt=score.doubt,
            task=score.task,
            input_tokens=tokens,
            is_hinted=False,
        )
        decision = self._router.decide(needs, KeyRules(), ALL_WELL)
        took = self._clock() - begun
        return {
            "id": prompt.id,
            "score": round(score.need, 6),
            "doubt": round(score.doubt, 4),
            "task": score.task,
            "tier": TIERS[decision.tier],
            "model": self._candidates[decision.order[0]].label,
            "reason": decision.reason,
            "microseconds": round(took * 1e6, 1),
        }


def read_line(line: str) -> Prompt:
    """Read {"id", "prompt"} or {"id", "messages"}.

    Raises WrongLine.
    """
    try:
        given = json.loads(line)
    except ValueError as exc:
        raise WrongLine(f"is not JSON: {exc}") from exc
    if not isinstance(given, dict):
        raise WrongLine('holds no object; write {"id": …, "prompt": …}')
    identity = given.get("id")
    if not isinstance(identity, str | int) or isinstance(identity, bool):
        raise WrongLine("has no id (a text or a whole number)")
    if isinstance(prompt := given.get("prompt"), str):
        return Prompt(identity, [prompt])
    if isinstance(given.get("messages"), list):
        return Prompt(identity, user_turns(given, "chat"))
    raise WrongLine("has neither a prompt (a text) nor messages (a list)")


def refused(line_number: int, exc: WrongLine | NoRoute, line: str) -> dict[str, Any]:
    """Return what stands in the output for a line that was not decided, so that none is lost."""
    try:
        identity = json.loads(line)["id"]
    except (ValueError, KeyError, TypeError):
        identity = None
    return {"id": identity, "line": line_number, "error": f"line {line_number} {exc}"}


def example_candidates() -> list[Candidate]:
    """Return one well-known model of each tier."""
    return [_example(*name.split(":", 1)) for name in EXAMPLE]


def _example(kind: str, name: str) -> Candidate:
    known = catalogue.find(kind, name)
    if known is None:
        raise AssertionError(f"prices.toml knows no {name}")
    return _candidate(kind, name, known.facts(), is_local=kind == "ollama")


def candidates_of(document: Document) -> list[Candidate]:
    """Return the models of a config file that are switched on."""
    return [
        _candidate(provider.name, model.name, vars(model), is_local=model.watts is not None)
        for provider in document.providers
        for model in provider.models
        if provider.is_enabled and model.is_enabled
    ]


def policies_of(document: Document) -> dict[str, Policy]:
    """Return the policies of a config file."""
    return {entry.name: parse_policy(entry.name, entry.document) for entry in document.policies}


def _candidate(provider: str, name: str, facts: Mapping[str, Any], *, is_local: bool) -> Candidate:
    return Candidate(
        id=f"{provider}/{name}",
        name=name,
        tier=TIERS.index(facts["tier"]),
        provider_id=provider,
        provider=provider,
        protocols=("chat", "messages", "responses"),
        capabilities=frozenset(facts["capabilities"]),
        context_window=facts["context_window"],
        max_output_tokens=facts["max_output_tokens"],
        is_local=is_local,
        input_usd=_usd(facts["input_usd_per_mtok"]),
        output_usd=_usd(facts["output_usd_per_mtok"]),
        cached_usd=_usd(facts["cached_input_usd_per_mtok"]),
    )


def _usd(price: Decimal | None) -> float | None:
    return None if price is None else float(price)
