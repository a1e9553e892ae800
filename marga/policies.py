"""Routing policies: how needy a request must be for which tier, and what else decides. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

TIERS = ("local", "mid", "frontier")
LOCAL, MID, FRONTIER = range(3)
ORDERS = ("cost", "latency", "balanced")
CHECKS = ("agreement", "schema", "verifier")
UP, STAY = "up", "stay"
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
GLOB_LONGEST = 120
SHADOW_MOST = 5.0
FALLBACKS_MOST = 8
SAMPLES_MOST = 5
MID_NEED, FRONTIER_NEED, DOUBT, FALLBACKS = 0.35, 0.6, 0.7, 3
"""What holds where a policy says nothing: about one request in fourteen of those it was trained on asks for frontier."""

MIDDLE_SUFFICES = FRONTIER_NEED / MID_NEED
"""So much more need a middle model is taken to bear than one of the lowest tier."""

_FIELDS = frozenset(
    (
        "description",
        "tiers",
        "abstain",
        "doubt",
        "tasks",
        "order",
        "cascade",
        "shadow_percent",
        "fallbacks",
        "quality_target",
        "prompt_cache",
    )
)


class InvalidPolicy(ValueError):
    """The document is no policy; the message names the field and says what it should hold."""


@dataclass(frozen=True, slots=True)
class TaskRule:
    """Where one type of task goes: to the first model whose name fits a glob, else to its tier, else upward.

    A model of a higher tier than the rule's does not count as fitting: `qwen*` on this rule's machines is not the
    hosted one of the same name. tier: None leaves the tier to what the request needs.
    """

    tier: int | None = None
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cascade:
    """Ask cheap models first for these tasks, and a stronger one only when a check finds no agreement.

    samples: how many cheap answers are compared.
    """

    tasks: frozenset[str]
    samples: int = 2
    check: str = "agreement"


DEFAULT_TASKS: Mapping[str, TaskRule] = {
    "complex_code": TaskRule(FRONTIER, ("claude-sonnet*",)),
    "simple_code": TaskRule(LOCAL, ("qwen*",)),
    "review": TaskRule(LOCAL, ("deepseek-r1*",)),
    "research": TaskRule(FRONTIER, ("claude-opus*",)),
    "writing": TaskRule(FRONTIER, ("claude-sonnet*",)),
    "cutdowns": TaskRule(LOCAL),
}
"""What a hint about the task means where a policy says nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """mid, frontier: the need from which a model of at least that tier is required.

    abstain: what to do when doubt reaches its threshold: `up` one tier, `stay`, or at least the tier named.
    states_thresholds: whether the document chose its thresholds itself, by `tiers` or `quality_target`.
    fallbacks: how many other models may be tried after the first.
    """

    name: str
    description: str = ""
    mid: float = MID_NEED
    frontier: float = FRONTIER_NEED
    states_thresholds: bool = False
    abstain: str = UP
    doubt: float = DOUBT
    tasks: Mapping[str, TaskRule] = field(default_factory=lambda: DEFAULT_TASKS)
    order: str = "cost"
    cascade: Cascade | None = None
    shadow_percent: float = 0.0
    fallbacks: int = FALLBACKS
    quality_target: float | None = None
    prompt_cache: bool = True

    def thresholds(self, target: float | None) -> tuple[float, float]:
        """Return the needs from which mid and frontier are required, for a key with this quality target.

        A key's target holds whatever policy the client names: against thresholds that a policy states itself, the
        stricter ones count.
        """
        if target is None:
            return self.mid, self.frontier
        mid, frontier = thresholds_for(target)
        if self.states_thresholds:
            return min(mid, self.mid), min(frontier, self.frontier)
        return mid, frontier


def thresholds_for(quality_target: float) -> tuple[float, float]:
    """Return the thresholds that keep a quality target.

    A model of the lowest tier answers only where it suffices with at least this probability; a middle one bears
    MIDDLE_SUFFICES times its need. The thresholds of a policy that states none are those of a target of 0.65.
    """
    most_need = round(1 - quality_target, 6)
    return most_need, min(1.0, round(MIDDLE_SUFFICES * most_need, 6))


def parse_policy(name: str, document: Mapping[str, Any]) -> Policy:
    """Return the policy that a JSON or YAML mapping describes.

    Raises InvalidPolicy.
    """
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise InvalidPolicy("name must be 1 to 40 small letters, digits, '-' or '_', such as 'night-work'.")
    if not isinstance(document, Mapping):
        raise InvalidPolicy("A policy must be a mapping of fields, such as {'tiers': {'mid': 0.35}}.")
    _refuse_unknown(document, _FIELDS, "")
    target = _number(document, "quality_target", None, 0, 1)
    if target is not None and "tiers" in document:
        raise InvalidPolicy("quality_target sets the thresholds itself: give it or tiers, not both.")
    mid, frontier = thresholds_for(target) if target is not None else _tiers(document)
    return Policy(
        name=name,
        description=_text(document, "description", 500),
        mid=mid,
        frontier=frontier,
        states_thresholds=target is not None or "tiers" in document,
        abstain=_choice(document, "abstain", UP, (UP, STAY, *TIERS)),
        doubt=_number(document, "doubt", DOUBT, 0, 1),
        tasks=_tasks(document["tasks"]) if "tasks" in document else DEFAULT_TASKS,
        order=_choice(document, "order", "cost", ORDERS),
        cascade=_cascade(document.get("cascade")),
        shadow_percent=_number(document, "shadow_percent", 0.0, 0, SHADOW_MOST),
        fallbacks=_count(document, "fallbacks", FALLBACKS, 0, FALLBACKS_MOST),
        quality_target=target,
        prompt_cache=_switch(document, "prompt_cache", True),
    )


def _tiers(document: Mapping[str, Any]) -> tuple[float, float]:
    found = document.get("tiers", {})
    if not isinstance(found, Mapping):
        raise InvalidPolicy("tiers must be a mapping such as {'mid': 0.35, 'frontier': 0.6}.")
    _refuse_unknown(found, frozenset(TIERS[1:]), "tiers.")
    mid = _number(found, "mid", MID_NEED, 0, 1, "tiers.")
    frontier = _number(found, "frontier", max(mid, FRONTIER_NEED), 0, 1, "tiers.")
    if frontier < mid:
        raise InvalidPolicy("tiers.frontier must not be below tiers.mid: it is needed by fewer requests.")
    return mid, frontier


def _tasks(found: Any) -> Mapping[str, TaskRule]:
    if not isinstance(found, Mapping):
        raise InvalidPolicy("tasks must be a mapping such as {'review': {'tier': 'local'}}.")
    return {_slug(task, "tasks"): _task_rule(f"tasks.{task}.", rule) for task, rule in found.items()}


def _task_rule(path: str, found: Any) -> TaskRule:
    if not isinstance(found, Mapping):
        raise InvalidPolicy(f"{path[:-1]} must be a mapping such as {{'tier': 'mid', 'models': ['gpt-5*']}}.")
    _refuse_unknown(found, frozenset(("tier", "models")), path)
    tier = _choice(found, "tier", None, TIERS, path)
    models = found.get("models", ())
    if isinstance(models, str) or not isinstance(models, list | tuple):
        raise InvalidPolicy(f"{path}models must be a list of names or globs, such as ['claude-sonnet*'].")
    for glob in models:
        if not isinstance(glob, str) or not 0 < len(glob) <= GLOB_LONGEST:
            raise InvalidPolicy(f"{path}models must hold texts of 1 to {GLOB_LONGEST} characters.")
    if tier is None and not models:
        raise InvalidPolicy(f"{path[:-1]} must name a tier, models, or both.")
    return TaskRule(None if tier is None else TIERS.index(tier), tuple(models))


def _cascade(found: Any) -> Cascade | None:
    if found is None:
        return None
    if not isinstance(found, Mapping):
        raise InvalidPolicy("cascade must be a mapping such as {'tasks': ['arithmetic'], 'samples': 2}.")
    _refuse_unknown(found, frozenset(("tasks", "samples", "check")), "cascade.")
    tasks = found.get("tasks")
    if isinstance(tasks, str) or not isinstance(tasks, list | tuple) or not tasks:
        raise InvalidPolicy("cascade.tasks must be a list of task types, such as ['arithmetic'].")
    check = _choice(found, "check", "agreement", CHECKS, "cascade.")
    least = 2 if check == "agreement" else 1
    samples = _count(found, "samples", least, least, SAMPLES_MOST, "cascade.")
    return Cascade(frozenset(_slug(task, "cascade.tasks") for task in tasks), samples, check)


def _refuse_unknown(found: Mapping[str, Any], known: frozenset[str], path: str) -> None:
    if unknown := sorted(str(name) for name in found if name not in known):
        raise InvalidPolicy(f"{path}{unknown[0][:60]} is unknown; known are {', '.join(sorted(known))}.")


def _slug(found: Any, path: str) -> str:
    if not isinstance(found, str) or not NAME.fullmatch(found):
        raise InvalidPolicy(f"{path} must name tasks in small letters, such as 'review'.")
    return found


def _text(found: Mapping[str, Any], name: str, longest: int) -> str:
    value = found.get(name, "")
    if not isinstance(value, str) or len(value) > longest:
        raise InvalidPolicy(f"{name} must be a text of at most {longest} characters.")
    return value


def _choice(found: Mapping[str, Any], name: str, default: Any, known: tuple[str, ...], path: str = "") -> Any:
    value = found.get(name, default)
    if value is not default and (not isinstance(value, str) or value not in known):
        raise InvalidPolicy(f"{path}{name} must be one of {', '.join(known)}.")
    return value


def _number(
    found: Mapping[str, Any], name: str, default: Any, least: float, most: float, path: str = ""
) -> Any:
    value = found.get(name, default)
    if value is None and default is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise InvalidPolicy(f"{path}{name} must be a number from {least} to {most:g}.")
    return float(value)


def _count(found: Mapping[str, Any], name: str, default: int, least: int, most: int, path: str = "") -> int:
    value = found.get(name, default)
    if type(value) is not int or not least <= value <= most:
        raise InvalidPolicy(f"{path}{name} must be a whole number from {least} to {most}.")
    return value


def _switch(found: Mapping[str, Any], name: str, default: bool) -> bool:
    value = found.get(name, default)
    if not isinstance(value, bool):
        raise InvalidPolicy(f"{name} must be true or false.")
    return value


BUILT_IN: Mapping[str, Policy] = {
    policy.name: policy
    for policy in (
        Policy(name="auto", description="The cheapest model that is good enough."),
        Policy(
            name="cheap",
            description="A stronger model only where a weaker one will hardly do.",
            mid=0.6,
            frontier=0.9,
            states_thresholds=True,
            abstain=STAY,
            tasks={task: rule for task, rule in DEFAULT_TASKS.items() if rule.tier == LOCAL},
        ),
        Policy(
            name="best",
            description="The strongest tier for every request.",
            mid=0.0,
            frontier=0.0,
            states_thresholds=True,
            tasks={},
        ),
    )
}
"""Policies that every workspace has; one of its own of the same name takes its place."""
