"""CycloneDX 1.6: the packages of a project, their vulnerabilities, and what was decided about them (VEX).

Source: https://cyclonedx.org/docs/1.6/json/. Code findings and secrets have no place in it.
"""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

from raksha.packages import Package, normalise, purl
from raksha.reports.facts import TOOL, URL, Report, Reported, in_order

SPEC = "1.6"
STATES = {"false_positive": "false_positive", "accepted_risk": "exploitable", "no_time": "exploitable"}
HASHES = {
    "sha256": ("SHA-256", 64),
    "sha384": ("SHA-384", 96),
    "sha512": ("SHA-512", 128),
    "sha1": ("SHA-1", 40),
    "md5": ("MD5", 32),
}
METHODS = (("CVSS:4", "CVSSv4"), ("CVSS:3.1", "CVSSv31"), ("CVSS:3.0", "CVSSv3"))
HASH = re.compile(r"(?P<name>sha256|sha384|sha512|sha1|md5)[:=-](?P<value>[0-9a-fA-F]+)")


def write(report: Report) -> bytes:
    """Return the bill of materials as JSON, UTF-8; equal reports give equal bytes."""
    places: dict[str, list[Package]] = {}
    for package in report.packages:
        places.setdefault(_ref(package), []).append(package)
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": SPEC,
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{URL}/{report.scan}')}",
        "version": 1,
        "metadata": _metadata(report),
        "components": [_component(ref, places[ref]) for ref in sorted(places)],
        "vulnerabilities": [
            _vulnerability(one)
            for one in in_order(report)
            if one.found.kind == "dependency" and one.found.facts.get("advisory")
        ],
    }
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _metadata(report: Report) -> dict[str, Any]:
    return {
        "timestamp": report.finished_at,
        "tools": {"components": [{"type": "application", "name": TOOL, "version": report.version}]},
        "component": {
            "type": "application",
            "bom-ref": "project",
            "name": report.project,
            "version": report.commit or report.revision,
        },
    }


def _ref(package: Package) -> str:
    return purl(package) or f"{package.ecosystem}:{package.name}@{package.version}"


def _component(ref: str, same: list[Package]) -> dict[str, Any]:
    package = same[0]
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": ref,
        "name": package.name,
        "version": package.version,
        "scope": "optional" if all(one.dev for one in same) else "required",
        "evidence": {
            "occurrences": [{"location": location} for location in sorted({one.path for one in same})]
        },
        "properties": [{"name": "avyay:direct", "value": _direct(same)}],
    }
    if purl(package):
        component["purl"] = ref
    if package.licence:
        component["licenses"] = (
            [{"expression": package.licence}]
            if " " in package.licence
            else [{"license": {"name": package.licence}}]
        )
    if hashes := sorted({tuple(pair) for one in same for pair in _hashes(one)}):
        component["hashes"] = [{"alg": name, "content": value} for name, value in hashes]
    return component


def _direct(same: list[Package]) -> str:
    if any(one.direct for one in same):
        return "yes"
    return "unknown" if any(one.direct is None for one in same) else "no"


def _hashes(package: Package) -> list[tuple[str, str]]:
    found = (HASH.fullmatch(text) for text in package.hashes)
    named = ((HASHES[match["name"]], match["value"].lower()) for match in found if match)
    return [(name, value) for (name, size), value in named if len(value) == size]


def _vulnerability(finding: Reported) -> dict[str, Any]:
    facts = finding.found.facts
    advisory = facts["advisory"]
    ids = [name for name in facts.get("aliases", "").split() if name != advisory]
    vulnerability: dict[str, Any] = {
        "bom-ref": finding.id,
        "id": advisory,
        "source": {"name": "OSV", "url": f"https://osv.dev/vulnerability/{advisory}"},
        "references": [{"id": name, "source": {"name": name.partition("-")[0]}} for name in ids],
        "ratings": [_rating(finding)],
        "cwes": list(finding.found.cwe),
        "description": finding.found.message,
        "advisories": [{"url": link} for link in finding.found.references],
        "analysis": _analysis(finding),
        "affects": [{"ref": _affected(facts)}],
        "properties": _properties(finding),
    }
    if fixed := facts.get("fixed_version"):
        vulnerability["recommendation"] = f"Upgrade {facts.get('name', 'the package')} to {fixed} or later."
    return vulnerability


def _affected(facts: Any) -> str:
    ecosystem, _, name = facts.get("package", "").partition(":")
    package = Package(
        ecosystem, facts.get("name", name) or normalise(ecosystem, name), facts.get("version", "")
    )
    return _ref(package)


def _rating(finding: Reported) -> dict[str, Any]:
    vector = finding.found.facts.get("vector", "")
    rating: dict[str, Any] = {"severity": finding.found.severity}
    if score := finding.found.facts.get("cvss"):
        rating["score"] = float(score)
    if vector:
        rating["vector"] = vector
        rating["method"] = next((method for start, method in METHODS if vector.startswith(start)), "CVSSv2")
    return rating


def _analysis(finding: Reported) -> dict[str, Any]:
    if finding.state == "fixed":
        return {"state": "resolved"}
    if finding.ruling != "ignored":
        analysis: dict[str, Any] = {"state": "in_triage" if finding.ruling == "open" else "exploitable"}
        return analysis | ({"response": ["update"]} if finding.ruling == "to_fix" else {})
    analysis = {"state": STATES.get(finding.ruling_reason, "in_triage")}
    if analysis["state"] == "exploitable":
        analysis["response"] = ["will_not_fix"]
    return analysis | ({"detail": finding.ruling_note} if finding.ruling_note else {})


def _properties(finding: Reported) -> list[dict[str, str]]:
    pairs = {
        "avyay:priority": str(finding.priority),
        "avyay:ssvc": finding.word,
        "avyay:kev": "yes" if finding.is_kev else "no",
        "avyay:epss": "" if finding.epss is None else f"{finding.epss:.5f}",
        "avyay:fingerprint": finding.fingerprint,
    }
    return [{"name": name, "value": value} for name, value in pairs.items() if value]
