"""Reads about scans that pages, the shell and reports share."""

from __future__ import annotations

from django.db.models import Count

from avyay_site.accounts.access import Access
from raksha.models import Finding, Scan, ScanState, Word

MOST = 10


def get_urgent_projects(access: Access) -> list[tuple[str, str, int]]:
    """Return id and name of projects with standing findings to act on, and how many; those with most first."""
    urgent = Finding.objects.visible_to(access).standing().filter(word=Word.ACT)
    counted = urgent.order_by().values_list("project_id", "project__name").annotate(count=Count("pk"))
    return list(counted.order_by("-count", "project__name", "project_id")[:MOST])


def get_failed_latest(access: Access) -> list[tuple[str, str, str]]:
    """Return the scan, the project and the reason where a project's latest scan failed."""
    latest = (
        Scan.objects.visible_to(access).order_by("project_id", "-created_at", "-id").distinct("project_id")
    )
    failed = Scan.objects.filter(pk__in=latest.values("pk"), state=ScanState.FAILED)
    return list(failed.order_by("-created_at", "-id").values_list("pk", "project__name", "reason")[:MOST])
