"""What a rule means, by its id: for pages, reports and the engine that turns matches into detections."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from raksha.detections import Confidence, Kind, Severity
from raksha.rules import loading

SEVERITY: Mapping[str, Severity] = {"ERROR": "high", "WARNING": "medium", "INFO": "low"}
MILDER: Mapping[Severity, Severity] = {
    "critical": "high",
    "high": "medium",
    "medium": "low",
    "low": "info",
    "info": "info",
}
TEST_PATH = re.compile(
    r"(^|/)(tests?|testing|__tests__|specs?|fixtures?|examples?|samples?)/"
    r"|(^|/)(test_[^/]*|conftest\.py|[^/]*([._]test|[._]spec|_tests)\.\w+|[^/]*Tests?\.(java|cs|php))$"
)
FOREIGN_PATH = re.compile(
    r"(^|/)(vendor|third_party|node_modules|bower_components|site-packages)/|\.min\.(js|css)$"
)


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """One rule as people read about it."""

    id: str
    title: str
    kind: Kind
    severity: Severity
    confidence: Confidence
    cwe: tuple[int, ...]
    owasp: tuple[str, ...]
    llm: tuple[str, ...]
    message: str
    references: tuple[str, ...]
    advice: str
    languages: tuple[str, ...]
    has_fix: bool
    same_in_tests: bool  # milder in test and foreign code unless the rule says metadata.tests: same


@cache
def all_facts() -> Mapping[str, RuleFacts]:
    """Return the facts of every rule by id, in order of id."""
    return {str(rule["id"]): _facts(rule) for rule in loading.all_rules()}


def facts(rule_id: str) -> RuleFacts | None:
    """Return the facts of one rule, or None for a rule that is not ours."""
    return all_facts().get(rule_id)


def rated(found: RuleFacts, path: str) -> RuleFacts:
    """Return the facts as they count at that path: a step milder, of low confidence, in test and foreign code."""
    if found.same_in_tests or not (is_test_path(path) or is_foreign_path(path)):
        return found
    return replace(found, severity=MILDER[found.severity], confidence="low")


def is_test_path(path: str) -> bool:
    """Say whether a path looks like tests, fixtures or examples rather than what runs in production."""
    return TEST_PATH.search(path) is not None


def is_foreign_path(path: str) -> bool:
    """Say whether a path looks like a copy of somebody else's code, which is updated rather than mended."""
    return FOREIGN_PATH.search(path) is not None


def _facts(rule: Mapping[str, Any]) -> RuleFacts:
    meta = rule["metadata"]
    return RuleFacts(
        id=str(rule["id"]),
        title=meta["title"],
        kind=meta["kind"],
        severity=meta.get("severity", SEVERITY[rule["severity"]]),
        confidence=meta["confidence"],
        cwe=tuple(meta["cwe"]),
        owasp=tuple(meta["owasp"]),
        llm=tuple(meta.get("llm", ())),
        message=rule["message"].strip(),
        references=tuple(meta["references"]),
        advice=meta["fix_advice"],
        languages=tuple(rule["languages"]),
        has_fix="fix" in rule or "fix-regex" in rule,
        same_in_tests=meta.get("tests") == "same",
    )
