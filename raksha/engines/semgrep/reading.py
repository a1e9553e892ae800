"""Semgrep's answer as detections and skips. The answer is made of hostile code's text: every field is bounded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from raksha.coverage import Skip, Why
from raksha.detections import Confidence, Detection, Edit, Kind, Place, Severity, Step
from raksha.engines.texts import Text
from raksha.rules.catalogue import RuleFacts, facts, rated

SEVERITIES: dict[str, Severity] = {
    "CRITICAL": "critical",
    "ERROR": "high",
    "HIGH": "high",
    "WARNING": "medium",
    "MEDIUM": "medium",
    "INFO": "low",
    "LOW": "low",
}
CONFIDENCES: dict[str, Confidence] = {"high": "high", "medium": "medium", "low": "low"}
LATE = "Rules took more than their time on it"
ERRORS: dict[str, tuple[Why, str]] = {
    "Timeout": ("timed_out", LATE),
    "Fixpoint timeout": ("budget", "The data flow through it was too long to follow to the end"),
    "Timeout during interfile analysis": ("timed_out", "The analysis took more than its time"),
    "Out of memory": ("out_of_memory", "The engine ran out of memory on it"),
    "OOM during interfile analysis": ("out_of_memory", "The engine ran out of memory on it"),
    "Stack overflow": ("out_of_memory", "It is nested too deeply for the engine"),
    "Too many matches": (
        "limit",
        "A rule matched more than 10,000 times, so that the file's matches were dropped",
    ),
    "Syntax error": ("parse_error", "It could not be parsed"),
    "Lexical error": ("parse_error", "It could not be parsed"),
    "Other syntax error": ("parse_error", "It could not be parsed"),
    "AST builder error": ("parse_error", "It could not be parsed"),
    "PartialParsing": ("parse_error", "Parts of it could not be parsed"),
    "Rule parse error": ("rule_error", "A rule is wrong"),
    "Pattern parse error": ("rule_error", "A rule is wrong"),
    "PatternParseError": ("rule_error", "A rule is wrong"),
    "IncompatibleRule": ("rule_error", "A rule is for another version of the engine"),
}
CWE = re.compile(r"(?:CWE-)?(\d{1,5})")
MOST_STEPS, MOST_SAYS = 100, 4_000
Opened = Callable[[str], Text]


def detection(result: Mapping[str, Any], text: Text, stored: Mapping[str, str]) -> Detection:
    """Return one result as a detection. stored: names in the folder to paths."""
    extra = result["extra"]
    known = rated(facts(result["check_id"]) or _facts(result), text.path)
    start, end = result["start"]["offset"], result["end"]["offset"]
    place = text.place(start, end)
    return Detection(
        engine="semgrep",
        rule=result["check_id"],
        kind=known.kind,
        severity=known.severity,
        confidence=known.confidence,
        title=known.title,
        message=str(extra.get("message", ""))[:MOST_SAYS].replace("\0", "\ufffd"),
        place=place,
        matched=text.matched(start, end),
        cwe=known.cwe,
        owasp=(*known.owasp, *known.llm),
        scope=text.scope(place.line),
        snippet=text.lines(place.line, place.end_line),
        trace=tuple(_trace(extra.get("dataflow_trace") or {}, text, stored)),
        fix=_fix(extra, place),
        suppressed=text.silence(place) or ("nosemgrep" if extra.get("is_ignored") else ""),
        references=known.references,
        facts={"advice": known.advice} if known.advice else {},
    )


def skips(answer: Mapping[str, Any], stored: Mapping[str, str]) -> Iterator[Skip]:
    """Say what the engine did not, or not wholly, look at. Each once for a file and reason."""
    seen = set()
    for error in answer.get("errors", []):
        skip = _skip(error, stored)
        if (skip.path, skip.why, skip.says) not in seen:
            seen.add((skip.path, skip.why, skip.says))
            yield skip
    for skipped in answer.get("skipped_rules", []):
        yield Skip("", "rule_error", f"A rule was not used: {str(skipped)[:200]}.")


def _skip(error: Mapping[str, Any], stored: Mapping[str, str]) -> Skip:
    kind, parts = _kind(error)
    why, says = ERRORS.get(kind, ("engine_failed", f"The engine failed on it ({kind[:80]})"))
    path = stored.get(_last((error.get("location") or {}).get("path", "")), "")
    rule = str(error.get("rule_id") or "")
    if why == "parse_error" and not path:
        why, says = "rule_error", "A rule is wrong"
    if why == "rule_error":
        return Skip("", why, f"{says}: {rule}.")
    if kind == "PartialParsing":
        lines = ", ".join(f"{one['start']['line']}-{one['end']['line']}" for one in parts[:5])
        says = f"{says}: lines {lines}{' and more' if len(parts) > 5 else ''}"
    return Skip(path, why, f"{says}{f' ({rule})' if rule else ''}.")


def _kind(error: Mapping[str, Any]) -> tuple[str, Sequence[Any]]:
    kind = error.get("error_type", "")
    if isinstance(kind, list):
        return str(kind[0]), kind[1] if len(kind) > 1 and isinstance(kind[1], list) else ()
    return str(kind), ()


def _last(path: str) -> str:
    return PurePosixPath(path).name


def _facts(result: Mapping[str, Any]) -> RuleFacts:
    """Read the facts of a rule that is not one of our packs from what it carries."""
    extra = result["extra"]
    told = extra.get("metadata") or {}
    kind: Kind = "config" if told.get("kind") == "config" else "code"
    return RuleFacts(
        id=result["check_id"],
        title=str(told.get("title") or result["check_id"]),
        kind=kind,
        severity=SEVERITIES.get(extra.get("severity", ""), "medium"),
        confidence=CONFIDENCES.get(str(told.get("confidence", "")).lower(), "medium"),
        cwe=tuple(int(found[1]) for word in _listed(told.get("cwe")) if (found := CWE.match(word))),
        owasp=_listed(told.get("owasp")),
        llm=_listed(told.get("llm")),
        message=str(extra.get("message", "")),
        references=_listed(told.get("references")),
        advice=str(told.get("fix_advice") or ""),
        languages=(),
        has_fix="fix" in extra,
        same_in_tests=True,
    )


def _listed(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),)


def _fix(extra: Mapping[str, Any], place: Place) -> tuple[Edit, ...]:
    fix = extra.get("fix")
    return (Edit(place, fix),) if isinstance(fix, str) and len(fix) < MOST_SAYS else ()


def _trace(flow: Mapping[str, Any], text: Text, stored: Mapping[str, str]) -> Iterator[Step]:
    yield from _station(flow.get("taint_source"), "comes in here", text, stored)
    for passing in (flow.get("intermediate_vars") or [])[:MOST_STEPS]:
        yield from _step(passing["location"], passing.get("content", ""), "is held here", text, stored)
    yield from _station(flow.get("taint_sink"), "is used here", text, stored)


def _station(call: Any, says: str, text: Text, stored: Mapping[str, str]) -> Iterator[Step]:
    """Read ["CliLoc", [place, code]] or ["CliCall", [[place, code], held, inner call]]."""
    if not isinstance(call, list) or len(call) != 2:
        return
    if call[0] == "CliLoc":
        yield from _step(call[1][0], call[1][1], says, text, stored)
    elif call[0] == "CliCall":
        yield from _step(call[1][0][0], call[1][0][1], f"{says}, in a call", text, stored)


def _step(
    where: Mapping[str, Any], code: str, says: str, text: Text, stored: Mapping[str, str]
) -> Iterator[Step]:
    if stored.get(_last(where["path"])) == text.path:
        place = text.place(where["start"]["offset"], where["end"]["offset"])
        yield Step(place, code[:200].replace("\0", "\ufffd"), says)
