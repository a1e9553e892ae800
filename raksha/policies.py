"""Gates for scans: which findings make one fail. Pure.

    {"fail_on": [{"kev": true}, {"severity": "high", "has_fix": true}], "only_new": true, "fail_if_partial": false}

A finding fails the scan when it meets every condition of one clause. Ignored findings never do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from raksha.detections import SEVERITIES

KINDS = ("code", "dependency", "secret", "config")
WORDS = ("Act", "Attend", "Track*", "Track")  # most urgent first
CLAUSES_MOST = 20
EXAMPLES_MOST = 5


class InvalidPolicy(ValueError):
    """The document is no policy; the message names the field and says what it should hold."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What a policy looks at in a finding. name: says which one it is."""

    name: str
    kind: str
    severity: str
    priority: int
    word: str
    rule: str = ""
    is_new: bool = False
    is_kev: bool = False
    has_fix: bool = False
    epss: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """Conditions that a finding meets all at once; what is None is not asked.

    severity, word: at least so bad or urgent. priority, epss: at least.
    """

    severity: str | None = None
    word: str | None = None
    priority: int | None = None
    epss: float | None = None
    kev: bool | None = None
    has_fix: bool | None = None
    kind: str | None = None
    rule: str | None = None

    def fits(self, found: Judged) -> bool:
        """Tell whether the finding meets every condition."""
        return all(
            (
                self.severity is None or SEVERITIES.index(found.severity) <= SEVERITIES.index(self.severity),
                self.word is None or WORDS.index(found.word) <= WORDS.index(self.word),
                self.priority is None or found.priority >= self.priority,
                self.epss is None or (found.epss or 0.0) >= self.epss,
                self.kev is None or found.is_kev == self.kev,
                self.has_fix is None or found.has_fix == self.has_fix,
                self.kind is None or found.kind == self.kind,
                self.rule is None or found.rule == self.rule,
            )
        )

    def __str__(self) -> str:
        return " and ".join(_say(name, getattr(self, name)) for name in _READERS if self.asks(name))

    def asks(self, name: str) -> bool:
        """Tell whether the condition is part of the clause."""
        return getattr(self, name) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """only_new: what was there before does not fail a scan. fail_if_partial: neither does it pass with gaps."""

    fail_on: tuple[Clause, ...] = ()
    only_new: bool = False
    fail_if_partial: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """passed, or the reasons why not, one sentence each."""

    passed: bool
    reasons: tuple[str, ...] = ()


def parse(document: Any) -> Policy:
    """Read a policy.

    Raises InvalidPolicy.
    """
    fields = _mapping(document, "The policy", ("fail_on", "only_new", "fail_if_partial"))
    clauses = fields.get("fail_on", [])
    if not isinstance(clauses, list) or len(clauses) > CLAUSES_MOST:
        raise InvalidPolicy(f"fail_on: Give a list of at most {CLAUSES_MOST} clauses.")
    return Policy(
        fail_on=tuple(_clause(clause, f"fail_on[{number}]") for number, clause in enumerate(clauses)),
        only_new=_switch(fields.get("only_new", False), "only_new"),
        fail_if_partial=_switch(fields.get("fail_if_partial", False), "fail_if_partial"),
    )


def judge(policy: Policy, findings: Iterable[Judged], *, is_partial: bool) -> Verdict:
    """Say whether a scan with these standing findings passes; every clause that is met gives a reason."""
    counted = [found for found in findings if found.is_new or not policy.only_new]
    reasons = [
        _reason(clause, met)
        for clause in policy.fail_on
        if (met := [found for found in counted if clause.fits(found)])
    ]
    if policy.fail_if_partial and is_partial:
        reasons.append("The scan left something out; its coverage says what.")
    return Verdict(not reasons, tuple(reasons))


def _reason(clause: Clause, met: list[Judged]) -> str:
    count = f"{len(met)} finding{'s' if len(met) > 1 else ''}"
    names = ", ".join(found.name for found in met[:EXAMPLES_MOST])
    more = f" and {len(met) - EXAMPLES_MOST} more" if len(met) > EXAMPLES_MOST else ""
    return f"{count} with {clause}: {names}{more}"


def _clause(value: Any, where: str) -> Clause:
    fields = _mapping(value, where, tuple(_READERS))
    if not fields:
        raise InvalidPolicy(f'{where}: Give at least one condition, such as "kev": true.')
    return Clause(**{name: _READERS[name](found, f"{where}.{name}") for name, found in fields.items()})


def _mapping(value: Any, where: str, known: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InvalidPolicy(f"{where}: Give an object.")
    unknown = sorted(set(value) - set(known))
    if unknown:
        raise InvalidPolicy(f"{where}: {unknown[0]!r} is not known; use {', '.join(known)}.")
    return value


def _switch(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise InvalidPolicy(f"{where}: Give true or false.")
    return value


def _choice(known: tuple[str, ...]) -> Callable[[Any, str], str]:
    def read(value: Any, where: str) -> str:
        if not isinstance(value, str) or value not in known:
            raise InvalidPolicy(f"{where}: Give one of {', '.join(known)}.")
        return value

    return read


def _priority(value: Any, where: str) -> int:
    if type(value) is not int or not 0 <= value <= 100:
        raise InvalidPolicy(f"{where}: Give a whole number from 0 to 100.")
    return value


def _share(value: Any, where: str) -> float:
    if type(value) not in (int, float) or not 0 <= value <= 1:
        raise InvalidPolicy(f"{where}: Give a number from 0 to 1.")
    return float(value)


def _rule(value: Any, where: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 200 or "\0" in value:
        raise InvalidPolicy(f"{where}: Give the id of a rule.")
    return value


_READERS: Mapping[str, Callable[[Any, str], Any]] = {
    "kind": _choice(KINDS),
    "rule": _rule,
    "severity": _choice(SEVERITIES),
    "word": _choice(WORDS),
    "priority": _priority,
    "epss": _share,
    "kev": _switch,
    "has_fix": _switch,
}


def _say(name: str, value: Any) -> str:
    if name in ("severity", "priority", "epss", "word"):
        return f"{name} {value}{' or worse' if name == 'severity' else ' or more'}"
    if name == "kev":
        return "known exploitation" if value else "no known exploitation"
    if name == "has_fix":
        return "a fix" if value else "no fix"
    return f"{name} {value}"
