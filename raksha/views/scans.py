"""Scans: ask for one, watch it, see how it ended, take its report."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from avyay_site import shell
from avyay_site.accounts.access import Access
from avyay_site.accounts.models import Role
from avyay_site.shell import PageRequest
from raksha import coverage, services
from raksha.export import attached
from raksha.forms import ScanForm
from raksha.intake.trees import Limits
from raksha.models import Finding, Project, Scan, ScanState, Stage
from raksha.queries import paging
from raksha.reports import FORMATS
from raksha.views.verdicts import bars, verdict_of

PER_PAGE = 25
MOST_SKIPS = 100
FIELDS = {"source": "file", "file": "file", "url": "url", "revision": "revision", "project": "project"}


@shell.page
@require_http_methods(["GET", "POST"])
def new_scan(request: PageRequest) -> HttpResponse:
    """Take an archive or the address of a repository, and ask for a scan."""
    request.access.require_role(Role.MEMBER)
    if request.method == "POST":
        form = ScanForm(request.POST, request.FILES, request.access)
        scan = _requested(request.access, form) if form.is_valid() else None
        if scan is not None:
            return redirect("raksha:scan", scan.pk)
    else:
        form = ScanForm(None, None, request.access, initial=request.GET.dict())
    context = {
        "tab": "scans",
        "form": form,
        "most_megabytes": settings.RAKSHA_UPLOAD_MB,
        "limits": Limits(),
        "hosts": settings.RAKSHA_GIT_HOSTS,
        "kept_hours": settings.RAKSHA_UPLOAD_HOURS,
    }
    return render(request, "raksha/new_scan.html", context)


def _requested(access: Access, form: ScanForm) -> Scan | None:
    """Ask for the scan; what is wrong goes to the field that it is about."""
    given, now, upload = form.cleaned_data, timezone.now(), None
    project = Project.objects.visible_to(access).filter(pk=given["project"]).first()
    try:
        if given["file"] is not None:
            upload = services.receive_upload(
                by=access, name=given["file"].name, chunks=given["file"].chunks(), now=now
            )
        return services.request_scan(
            by=access, now=now, project=project, upload=upload, url=given["url"], revision=given["revision"]
        )
    except services.InvalidValue as exc:
        form.add_error(FIELDS.get(exc.field), str(exc))
    except services.UnableToChange as exc:
        form.add_error(None, str(exc))
    return None


@shell.page
@require_GET
def scan_list(request: PageRequest) -> HttpResponse:
    """Show the scans, newest first."""
    return render(request, "raksha/scans.html", _listed(request))


@shell.page
@require_GET
def scan_list_live(request: PageRequest) -> HttpResponse:
    """Return the list alone."""
    return render(request, "raksha/_scans.html", _listed(request))


def _listed(request: PageRequest) -> dict[str, Any]:
    scans = Scan.objects.visible_to(request.access).select_related("project")
    scans = scans.defer("coverage", "changes", "versions", "progress")
    project = Project.objects.visible_to(request.access).filter(pk=request.GET.get("project", "")).first()
    if project is not None:
        scans = scans.filter(project=project)
    page = paging.cut(scans, ("-created_at", "-id"), cursor=request.GET.get("cursor", ""), limit=PER_PAGE)
    return {
        "tab": "scans",
        "project": project,
        "rows": [{"scan": scan, "verdict": verdict_of(scan)} for scan in page.rows],
        "older": page.cursor,
        "is_first": page.is_first,
        "may_write": request.access.has_role(Role.MEMBER),
    }


@shell.page
@require_GET
def scan_detail(request: PageRequest, scan_id: str) -> HttpResponse:
    """Show one scan: its steps while it runs, then its verdict, what it looked at, and its reports."""
    return render(request, "raksha/scan.html", _shown(request, scan_id))


@shell.page
@require_GET
def scan_live(request: PageRequest, scan_id: str) -> HttpResponse:
    """Return what changes on a scan's page alone."""
    return render(request, "raksha/_scan.html", _shown(request, scan_id))


def _shown(request: PageRequest, scan_id: str) -> dict[str, Any]:
    scan = _scan(request.access, scan_id)
    earlier = (
        Scan.objects.visible_to(request.access)
        .filter(project=scan.project_id, state=ScanState.FINISHED, created_at__lt=scan.created_at)
        .order_by("-created_at", "-id")
        .only("pk")
        .first()
    )
    now = scan.finished_at or timezone.now()
    return {
        "tab": "scans",
        "scan": scan,
        "topic": str(scan.pk).lower(),
        "verdict": verdict_of(scan),
        "stages": _stages(scan),
        "elapsed": (now - scan.started_at).total_seconds() if scan.started_at else None,
        "bars": bars(scan.counts.get("by_severity", {})),
        "covered": _covered(scan),
        "formats": FORMATS,
        "earlier": earlier,
        "urgent": _urgent(request.access, scan),
        "may_write": request.access.has_role(Role.MEMBER),
    }


def _stages(scan: Scan) -> list[dict[str, Any]]:
    """Return each stage with its counts; one that has not begun waits, or was not needed once all is over."""
    otherwise = "waits" if scan.is_active else "skipped"
    found = []
    for stage in Stage:
        known = scan.progress.get(stage, {})
        done, total = known.get("done", 0), known.get("total", 0)
        found.append(
            {
                "name": stage.label,
                "state": known.get("state", otherwise),
                "done": done,
                "total": total,
                "percent": min(100.0, 100 * done / total) if total else 0.0,
                "seconds": known.get("seconds"),
            }
        )
    return found


def _covered(scan: Scan) -> dict[str, Any]:
    """Return what the scan looked at and what not, the reasons in words."""
    said = scan.coverage
    skips = [
        {**skip, "title": _title(skip["why"])}
        for skip in sorted(said.get("skips", ()), key=lambda skip: skip["why"] in coverage.HARMLESS)
    ]
    numbers = {name: said.get(name, 0) for name in ("files", "scanned", "unread", "suppressed")}
    return {
        **said,
        **numbers,
        "reasons": [
            {"title": _title(why), "count": count, "is_harmless": why in coverage.HARMLESS}
            for why, count in said.get("skipped", {}).items()
        ],
        "listed": skips[:MOST_SKIPS],
        "unlisted": len(skips) - MOST_SKIPS + said.get("skips_not_listed", 0)
        if len(skips) > MOST_SKIPS
        else said.get("skips_not_listed", 0),
        "stale_feeds": [feed for feed in said.get("feeds", ()) if feed.get("is_stale")],
    }


def _title(why: str) -> str:
    return next((title for known, title in coverage.TITLES.items() if known == why), why)


def _urgent(access: Access, scan: Scan) -> list[Finding]:
    if scan.state != ScanState.FINISHED:
        return []
    standing = Finding.objects.visible_to(access).standing().filter(project=scan.project_id)
    return list(standing.defer("detail").order_by("-priority", "-id")[:5])


@shell.page
@require_POST
def cancel(request: PageRequest, scan_id: str) -> HttpResponse:
    """Call a scan off."""
    scan = _scan(request.access, scan_id)
    try:
        services.cancel_scan(by=request.access, scan=scan, now=timezone.now())
        messages.success(request, "The scan was called off.")
    except services.UnableToChange as exc:
        messages.error(request, str(exc))
    return redirect("raksha:scan", scan.pk)


@shell.page
@require_POST
def repeat(request: PageRequest, scan_id: str) -> HttpResponse:
    """Ask for the same scan once more."""
    scan = _scan(request.access, scan_id)
    try:
        again = services.repeat_scan(by=request.access, scan=scan, now=timezone.now())
    except services.UnableToChange as exc:
        messages.error(request, str(exc))
        return redirect("raksha:scan", scan.pk)
    return redirect("raksha:scan", again.pk)


@shell.page
@require_GET
def report(request: PageRequest, scan_id: str, wanted: str) -> HttpResponse:
    """Give the report of a finished scan as a file."""
    scan = _scan(request.access, scan_id)
    if wanted not in FORMATS or scan.state != ScanState.FINISHED:
        raise Http404("no such report")
    return attached(scan, wanted)


def _scan(access: Access, scan_id: str) -> Scan:
    scans = Scan.objects.visible_to(access).select_related("project", "upload")
    found: Scan = get_object_or_404(scans, pk=scan_id)
    return found
