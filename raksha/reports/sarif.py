"""SARIF 2.1.0, within what GitHub takes.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/ and GitHub's "SARIF support for code scanning": 25,000
results a run, 10 MB compressed, 10,000 places of a flow, 20 tags a rule. What does not fit is left out from the
least urgent end, and a notification in the file says how much. Nothing of the scanned code becomes Markdown.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from raksha.coverage import TITLES, Skip
from raksha.detections import Edit, Place, Severity
from raksha.reports.facts import TOOL, URL, Report, Reported, in_order

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MOST_RESULTS = 25_000
MOST_BYTES = 10_000_000  # compressed
MOST_STEPS = 1_000
MOST_TAGS = 10
MOST_NOTIFICATIONS = 1_000
ROOT = "%SRCROOT%"
LEVELS: dict[Severity, str] = {
    "critical": "error",
    "high": "error",
    "medium": "warning",
    "low": "note",
    "info": "note",
}
SCORES: dict[Severity, str] = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.5", "info": "0.0"}
BASELINES = {"new": "new", "reopened": "new", "unchanged": "unchanged", "fixed": "absent"}


def write(report: Report) -> bytes:
    """Return the report as SARIF, UTF-8; equal reports give equal bytes."""
    findings = in_order(report)
    kept, flows = min(len(findings), MOST_RESULTS), len(findings)
    while True:
        data = _encoded(report, findings[:kept], flows=flows, left_out=len(findings) - kept)
        if len(data) <= MOST_BYTES or len(gzip.compress(data, 6, mtime=0)) <= MOST_BYTES:
            return data
        # First the flows of the less urgent half go, then results themselves.
        flows, kept = (flows // 2, kept) if flows > 1_000 else (flows, kept * 3 // 4)


def _encoded(report: Report, findings: Sequence[Reported], *, flows: int, left_out: int) -> bytes:
    run = _run(report, findings, flows=flows, left_out=left_out)
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _run(report: Report, findings: Sequence[Reported], *, flows: int, left_out: int) -> dict[str, Any]:
    rules = {finding.found.rule: finding for finding in reversed(findings)}
    index = {rule: number for number, rule in enumerate(sorted(rules))}
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": TOOL,
                "informationUri": URL,
                "semanticVersion": report.version,
                "rules": [_rule(rules[rule]) for rule in index],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the scanned project."}}},
        "automationDetails": {"id": f"{report.project}/"},
        "invocations": [_invocation(report, left_out)],
        "results": [
            _result(one, index[one.found.rule], with_flow=at < flows) for at, one in enumerate(findings)
        ],
    }
    if report.url.startswith("https://") and report.commit:
        run["versionControlProvenance"] = [{"repositoryUri": report.url, "revisionId": report.commit}]
    return run


def _rule(finding: Reported) -> dict[str, Any]:
    found = finding.found
    tags = ["security", *(f"external/cwe/cwe-{cwe:03d}" for cwe in found.cwe), *found.owasp][:MOST_TAGS]
    return {
        "id": found.rule,
        "name": found.title,
        "shortDescription": {"text": found.title},
        "fullDescription": {"text": found.message},
        "help": {"text": "\n".join([found.message, *found.references])},
        "defaultConfiguration": {"level": LEVELS[found.severity]},
        "properties": {
            "tags": tags,
            "precision": found.confidence,
            "security-severity": found.facts.get("cvss") or SCORES[found.severity],
        },
    }


def _result(finding: Reported, rule_index: int, *, with_flow: bool) -> dict[str, Any]:
    found = finding.found
    result: dict[str, Any] = {
        "ruleId": found.rule,
        "ruleIndex": rule_index,
        "level": LEVELS[found.severity],
        "message": {"text": found.message},
        "locations": [{"physicalLocation": _location(found.place, found.snippet)}],
        "partialFingerprints": {"avyayFinding/v1": finding.fingerprint},
        "baselineState": BASELINES[finding.change],
        "rank": float(finding.priority),
        "properties": _properties(finding),
    }
    if found.trace and with_flow:
        result["codeFlows"] = [
            {"threadFlows": [{"locations": [_step(step) for step in found.trace[:MOST_STEPS]]}]}
        ]
    if found.fix:
        result["fixes"] = [_fix(found.fix)]
    if finding.ruling == "ignored":
        words = ": ".join(part for part in (finding.ruling_reason, finding.ruling_note) if part)
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": words}]
    return result


def _properties(finding: Reported) -> dict[str, Any]:
    found = finding.found
    properties: dict[str, Any] = {
        "id": finding.id,
        "kind": found.kind,
        "severity": found.severity,
        "confidence": found.confidence,
        "priority": finding.priority,
        "ssvc": finding.word,
        "reasons": [f"{reason.points:+d} {reason.text}" for reason in finding.reasons],
        "change": finding.change,
        "triage": finding.ruling,
        "knownExploited": finding.is_kev,
    }
    extra = {
        "epss": finding.epss,
        "cves": list(finding.cves),
        "suppressedInSource": found.suppressed,
        **found.facts,
    }
    return properties | {name: value for name, value in extra.items() if value}


def _location(place: Place, snippet: str = "") -> dict[str, Any]:
    region: dict[str, Any] = _region(place)
    if snippet:
        region["snippet"] = {"text": snippet}
    return {"artifactLocation": _artifact(place.path), "region": region}


def _artifact(path: str) -> dict[str, str]:
    return {"uri": quote(path, safe="/"), "uriBaseId": ROOT}


def _region(place: Place) -> dict[str, int]:
    line, column = max(place.line, 1), max(place.column, 1)
    region = {"startLine": line, "startColumn": column}
    end_line = max(place.end_line, line)
    if place.end_column and (end_line > line or place.end_column >= column):
        region |= {"endLine": end_line, "endColumn": max(place.end_column, 1)}
    return region


def _step(step: Any) -> dict[str, Any]:
    location = {"physicalLocation": _location(step.place, step.text), "message": {"text": step.says}}
    return {"location": location, "importance": "essential"}


def _fix(edits: Sequence[Edit]) -> dict[str, Any]:
    by_path: dict[str, list[Edit]] = {}
    for edit in edits:
        by_path.setdefault(edit.place.path, []).append(edit)
    changes = [
        {
            "artifactLocation": _artifact(path),
            "replacements": [
                {"deletedRegion": _whole(edit.place), "insertedContent": {"text": edit.text}}
                for edit in listed
            ],
        }
        for path, listed in sorted(by_path.items())
    ]
    return {"description": {"text": "Suggested change"}, "artifactChanges": changes}


def _whole(place: Place) -> dict[str, int]:
    """Return a region with its end, which a deletion needs even where it is empty."""
    line, column = max(place.line, 1), max(place.column, 1)
    return {
        "startLine": line,
        "startColumn": column,
        "endLine": max(place.end_line, line),
        "endColumn": max(place.end_column, 1) if place.end_column else column,
    }


def _invocation(report: Report, left_out: int) -> dict[str, Any]:
    notes = [_notification(skip) for skip in report.skipped[:MOST_NOTIFICATIONS]]
    more = len(report.skipped) - len(notes)
    if more > 0:
        notes.append(
            _said("warning", f"{more:,} more things were left out of the scan; they are not listed here.")
        )
    if left_out:
        notes.append(_said("warning", f"{left_out:,} less urgent findings do not fit into this file."))
    return {
        "executionSuccessful": True,
        "endTimeUtc": report.finished_at,
        "toolExecutionNotifications": notes,
    }


def _notification(skip: Skip) -> dict[str, Any]:
    note = _said("warning", f"{TITLES[skip.why]}: {skip.says}")
    if skip.path:
        note["locations"] = [{"physicalLocation": {"artifactLocation": _artifact(skip.path)}}]
    return {**note, "descriptor": {"id": f"skipped/{skip.why}"}}


def _said(level: str, text: str) -> dict[str, Any]:
    return {"level": level, "message": {"text": text}}
