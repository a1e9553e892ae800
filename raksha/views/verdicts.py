"""Say in a word and a sentence how a scan ended, never calling clean what was not wholly looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from raksha.models import Scan, ScanState, Severity

TITLES = {str(severity.value): str(severity.label).lower() for severity in Severity}


@dataclass(frozen=True, slots=True)
class Verdict:
    """tone: good, warn, bad, accent or idle; word: one or two words; says: a sentence."""

    tone: str
    word: str
    says: str


WAITING = {
    ScanState.QUEUED: Verdict("idle", "queued", "It waits for a worker."),
    ScanState.RUNNING: Verdict("accent", "scanning", "A worker is at it."),
    ScanState.CANCELLED: Verdict("idle", "cancelled", "It was called off; nothing was recorded."),
}


def verdict_of(scan: Scan, open_now: int | None = None) -> Verdict:
    """Return the verdict of a scan.

    open_now: how many findings stand open now; without it, as many as when the scan ended.
    """
    waiting = WAITING.get(ScanState(scan.state))
    if waiting is not None:
        return waiting
    if scan.state == ScanState.FAILED:
        return Verdict("bad", "failed", scan.reason)
    count = scan.counts.get("open", 0) if open_now is None else open_now
    found = f"{count:,} finding{'' if count == 1 else 's'}"
    if scan.is_passing is False:
        return Verdict("bad", "does not pass", f"A gate refuses it; {found} open.")
    if count:
        return Verdict("warn", f"{count:,} open", f"{found} to look at.")
    if scan.is_partial:
        return Verdict(
            "warn", "partly looked at", "Nothing was found in what was looked at, but something was left out."
        )
    return Verdict("good", "clean", "Nothing was found, and nothing was left out.")


def bars(severities: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return the parts of a bar of severities, worst first."""
    whole = sum(severities.values())
    parts, offset = [], 0.0
    for severity, title in TITLES.items():
        count = severities.get(severity, 0)
        if count:
            share = 100 * count / whole
            parts.append(
                {"tone": severity, "label": title, "count": count, "percent": share, "offset": offset}
            )
            offset += share
    return parts
