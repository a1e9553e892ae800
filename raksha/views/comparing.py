"""Two scans of a project beside each other."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from avyay_site import shell
from avyay_site.shell import PageRequest
from raksha.forms import project_choices
from raksha.models import Project, Scan
from raksha.queries import comparing

TITLES = (("new", "New"), ("reopened", "Back again"), ("fixed", "Fixed"))


@shell.page
@require_GET
def compare(request: PageRequest) -> HttpResponse:
    """Show what became of findings between two scans; the latest two unless others are named."""
    access, wanted = request.access, request.GET
    projects = Project.objects.visible_to(access)
    after = Scan.objects.visible_to(access).filter(pk=wanted.get("after", "")).first()
    project = projects.filter(pk=wanted.get("project", "")).first()
    if project is None and after is not None:
        project = after.project
    context: dict[str, Any] = {
        "tab": "scans",
        "projects": project_choices(access, "Choose a project"),
        "project": project,
    }
    if project is not None:
        context |= _compared(request, project)
    return render(request, "raksha/compare.html", context)


def _compared(request: PageRequest, project: Project) -> dict[str, Any]:
    scans = comparing.get_scans(request.access, project)
    if len(scans) < 2:
        return {"scans": scans, "too_few": True}
    by_pk = {str(scan.pk): scan for scan in scans}
    after = by_pk.get(request.GET.get("after", ""), scans[0])
    older = [scan for scan in scans if scan.created_at < after.created_at]
    before = by_pk.get(request.GET.get("before", "")) or (older[0] if older else scans[-1])
    before, after = sorted((before, after), key=lambda scan: (scan.created_at, scan.pk))
    found = comparing.compare(request.access, before, after)
    return {
        "scans": scans,
        "before": before,
        "after": after,
        "found": found,
        "changes": [
            {"word": word, "title": title, "count": found.counts[word], "rows": found.rows[word]}
            for word, title in TITLES
        ],
    }
