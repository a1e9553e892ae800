"""Findings as CSV, one line each; no cell is taken for a formula."""

from __future__ import annotations

import csv
import io

from avyay_site.cells import cell
from raksha.reports.facts import Report, Reported, in_order

COLUMNS = (
    *(
        "id",
        "priority",
        "ssvc",
        "severity",
        "confidence",
        "kind",
        "rule",
        "title",
        "path",
        "line",
        "cwe",
        "state",
    ),
    *("change", "triage", "reason", "package", "version", "fixed_version", "advisory", "cves", "kev", "epss"),
    *("suppressed_in_source", "fingerprint", "message"),
)


def write(report: Report) -> bytes:
    """Return the findings, most urgent first, UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows([cell(value) for value in _row(finding)] for finding in in_order(report))
    return text.getvalue().encode()


def _row(one: Reported) -> tuple[object, ...]:
    found, facts = one.found, one.found.facts
    return (
        *(
            one.id,
            one.priority,
            one.word,
            found.severity,
            found.confidence,
            found.kind,
            found.rule,
            found.title,
        ),
        *(
            found.place.path,
            found.place.line,
            " ".join(f"CWE-{cwe}" for cwe in found.cwe),
            one.state,
            one.change,
        ),
        *(one.ruling, one.ruling_reason, facts.get("package", ""), facts.get("version", "")),
        *(
            facts.get("fixed_version", ""),
            facts.get("advisory", ""),
            " ".join(one.cves),
            "yes" if one.is_kev else "",
        ),
        *(one.epss, found.suppressed, one.fingerprint, found.message),
    )
