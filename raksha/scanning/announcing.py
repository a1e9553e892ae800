"""Tell pages and listeners what became of scans."""

from __future__ import annotations

from dataclasses import dataclass

from avyay_site import events, live


@dataclass(frozen=True, kw_only=True)
class ScanFinished(events.Event):
    """A scan came to its end. state: finished, failed or cancelled."""

    scan_id: str
    project_id: str
    state: str


def ring_progress(workspace_id: str, scan_id: str) -> None:
    """Tell pages of the scan that it came further; lists hear only when its state changes."""
    live.ring(workspace_id, scan_id.lower())


def ring(workspace_id: str, scan_id: str) -> None:
    """Tell pages that a scan changed: those of the scan, and lists."""
    live.ring(workspace_id, scan_id.lower())
    live.ring(workspace_id, "scans")


def announce(workspace_id: str, project_id: str, scan_id: str, state: str) -> None:
    """Say that a scan came to its end."""
    ring(workspace_id, scan_id)
    events.publish(
        ScanFinished(workspace_id=workspace_id, scan_id=scan_id, project_id=project_id, state=state)
    )
