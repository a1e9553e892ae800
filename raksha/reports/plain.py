"""The whole report as JSON, in the words of the API."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from raksha.coverage import count
from raksha.reports.facts import Report, Reported, counts, in_order


def write(report: Report) -> bytes:
    """Return the report, UTF-8; equal reports give equal bytes."""
    document = {
        "project": report.project,
        "url": report.url,
        "revision": report.revision,
        "commit": report.commit,
        "scan": report.scan,
        "finished_at": report.finished_at,
        "version": report.version,
        "verdict": report.verdict,
        "is_partial": report.is_partial,
        "counts": counts(report),
        "coverage": {
            "files": report.files,
            "skipped": count(report.skipped),
            "list": [asdict(skip) for skip in report.skipped],
            "feeds": [asdict(feed) for feed in report.feeds],
            "notes": list(report.notes),
        },
        "findings": [_finding(one) for one in in_order(report)],
        "packages": [asdict(package) for package in report.packages],
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"


def _finding(one: Reported) -> dict[str, Any]:
    plain = asdict(one)
    found = plain.pop("found")
    return {"id": plain.pop("id"), "fingerprint": plain.pop("fingerprint"), **found, **plain}
