"""Projects: how each stands, what is exploited in them, and how old the intelligence is."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from avyay_site import shell
from avyay_site.accounts.models import Role
from avyay_site.shell import PageRequest
from raksha.feeds import standing
from raksha.queries.overview import Standing, get_exploited, get_projects
from raksha.views.verdicts import bars, verdict_of

PER_PAGE = 25


@shell.page
def overview(request: PageRequest) -> HttpResponse:
    """Show the projects."""
    return render(request, "raksha/overview.html", _listed(request))


@shell.page
def overview_live(request: PageRequest) -> HttpResponse:
    """Return what changes on the overview alone."""
    return render(request, "raksha/_overview.html", _listed(request))


def _listed(request: PageRequest) -> dict[str, Any]:
    access = request.access
    page = get_projects(access, cursor=request.GET.get("cursor", ""), limit=PER_PAGE)
    return {
        "tab": "overview",
        "rows": [_row(one) for one in page.rows],
        "older": page.cursor,
        "is_first": page.is_first,
        "exploited": get_exploited(access) if page.rows else [],
        "feeds": standing.look(now=timezone.now()),
        "may_write": access.has_role(Role.MEMBER),
    }


def _row(one: Standing) -> dict[str, Any]:
    latest = one.latest
    return {
        "one": one,
        "project": one.project,
        "latest": latest,
        "verdict": verdict_of(latest, one.open) if latest else None,
        "bars": bars(one.severities),
        "trend": _trend(one),
        "counts": one.finished[0].counts if one.finished else {},
    }


def _trend(one: Standing) -> list[dict[str, Any]]:
    """Return columns for new findings above and fixed ones below the line, oldest first."""
    scans = one.finished[::-1]
    counts = [
        (scan.counts.get("new", 0) + scan.counts.get("reopened", 0), scan.counts.get("fixed", 0))
        for scan in scans
    ]
    most = max((max(pair) for pair in counts), default=0) or 1
    return [
        {"x": 9 * at, "new": 11 * new / most, "top": 12 - 11 * new / most, "fixed": 11 * fixed / most}
        for at, (new, fixed) in enumerate(counts)
    ]
