"""Packages of the projects, with what is known against them and the smallest version that cures it."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from avyay_site import shell
from avyay_site.shell import PageRequest
from raksha.export import as_csv
from raksha.forms import DependencyForm
from raksha.models import Dependency
from raksha.queries import dependencies as reading

PER_PAGE = 50
MOST_EXPORTED = 10_000
HEADS = (
    *("project", "ecosystem", "name", "version", "smallest_safe_version", "direct", "via", "licence"),
    *("path", "vulnerabilities", "kev", "epss"),
)


@shell.page
@require_GET
def dependency_list(request: PageRequest) -> HttpResponse:
    """Show the packages that the address asks for."""
    form = DependencyForm(request.GET, request.access)
    found = reading.get_matching(request.access, form.asked)
    page = reading.get_page(request.access, found, cursor=request.GET.get("cursor", ""), limit=PER_PAGE)
    context = {
        "tab": "dependencies",
        "form": form,
        "asked": urlencode(form.asked),
        "rows": page.rows,
        "older": page.cursor,
        "is_first": page.is_first,
        "has_any": bool(page.rows) or Dependency.objects.visible_to(request.access).exists(),
    }
    return render(request, "raksha/dependencies.html", context)


@shell.page
@require_GET
def dependency_csv(request: PageRequest) -> HttpResponse:
    """Give the packages that the address asks for as CSV, all pages of them."""
    asked = DependencyForm(request.GET, request.access).asked
    found = reading.get_matching(request.access, asked).select_related("project").order_by(*reading.ORDER)
    listed = reading.with_findings(request.access, found[:MOST_EXPORTED])
    rows = [
        (
            *(one.row.project.name, one.row.ecosystem, one.row.name, one.row.version, one.safe_version),
            *(one.row.is_direct, " > ".join(one.row.via), one.row.licence, one.row.path),
            *(len(one.findings), one.is_exploited, one.epss),
        )
        for one in listed
    ]
    return as_csv("dependencies.csv", HEADS, rows)
