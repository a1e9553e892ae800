"""The findings: filtered by the address, grouped, ruled on many at a time, taken away as CSV or JSON."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from avyay_site import shell
from avyay_site.accounts.models import Role
from avyay_site.shell import PageRequest
from raksha import services
from raksha.export import as_csv, as_file
from raksha.forms import FindingForm, ManyTriageForm
from raksha.models import Finding, Severity
from raksha.queries import findings as reading
from raksha.services.filters import get_filters
from raksha.services.triage import MOST_AT_ONCE
from raksha.views.verdicts import bars

PER_PAGE = 50
MOST_EXPORTED = 10_000
EXPORTED = (
    *("id", "project__name", "priority", "word", "severity", "kind", "rule", "title", "path", "line"),
    *("package", "version", "fixed_version", "is_kev", "epss", "state", "change", "ruling", "ruling_reason"),
    "first_seen_at",
)


@shell.page
@require_GET
def finding_list(request: PageRequest) -> HttpResponse:
    """Show the findings that the address asks for."""
    return render(request, "raksha/findings.html", _listed(request, request.GET))


@shell.page
@require_GET
def finding_count(request: PageRequest) -> HttpResponse:
    """Return alone how many findings match: the list stays as it is while somebody chooses rows."""
    asked = FindingForm(request.GET, request.access).asked
    return render(request, "raksha/_matching.html", _matching(reading.get_matching(request.access, asked)))


def _matching(found: QuerySet[Finding]) -> dict[str, Any]:
    count = found.order_by()[: MOST_EXPORTED + 1].count()
    return {"matching": min(count, MOST_EXPORTED), "is_more": count > MOST_EXPORTED, "as_of": timezone.now()}


def _listed(request: PageRequest, query: QueryDict, bulk: ManyTriageForm | None = None) -> dict[str, Any]:
    form = FindingForm(query, request.access)
    found, cursor = reading.get_matching(request.access, form.asked), query.get("cursor", "")
    context: dict[str, Any] = {
        "tab": "findings",
        "form": form,
        "asked": urlencode(form.asked),
        "bulk": bulk or ManyTriageForm(initial={"ruling": "ignored", "scope": "chosen"}),
        "saved": get_filters(request.access),
        "may_write": request.access.has_role(Role.MEMBER),
        "has_any": form.is_used or found.exists() or Finding.objects.visible_to(request.access).exists(),
    }
    if form.grouping:
        page = reading.get_groups(found, form.grouping, cursor=cursor, limit=PER_PAGE)
        context["groups"] = [_group(row, form) for row in page.rows]
    else:
        page = reading.get_page(found, cursor=cursor, limit=PER_PAGE)
        context["findings"] = page.rows
    return {**context, **_matching(found), "older": page.cursor, "is_first": page.is_first}


def _group(row: dict[str, Any], form: FindingForm) -> dict[str, Any]:
    severities = {str(severity.value): row[severity.value] for severity in Severity}
    inside = {**form.asked, form.grouping: row["name"]}
    return {**row, "bars": bars(severities), "inside": urlencode(inside)}


@shell.page
@require_POST
def triage(request: PageRequest) -> HttpResponse:
    """Rule on the chosen findings, or on all that the filters match."""
    query = QueryDict(request.POST.get("filters", ""))
    bulk = ManyTriageForm(request.POST)
    if bulk.is_valid():
        try:
            count = services.rule_on_findings(
                by=request.access, findings=_wanted(request, query, bulk), now=timezone.now(), **bulk.values
            )
        except services.UnableToChange as exc:
            bulk.add_error(None, str(exc))
        else:
            said = f"{count:,} finding{'' if count == 1 else 's'}"
            messages.success(request, f"{said}: {bulk.cleaned_data['ruling'].replace('_', ' ')}.")
            return redirect(f"{reverse('raksha:findings')}?{query.urlencode()}")
    return render(request, "raksha/findings.html", _listed(request, query, bulk), status=422)


def _wanted(request: PageRequest, query: QueryDict, bulk: ManyTriageForm) -> list[Finding]:
    found: QuerySet[Finding]
    if bulk.cleaned_data["scope"] == "matching":
        found = reading.get_matching(request.access, FindingForm(query, request.access).asked)
    else:
        found = Finding.objects.visible_to(request.access).filter(pk__in=request.POST.getlist("finding"))
    # One more than may be ruled on at once, so that the service refuses rather than leaves some out.
    return list(found.defer("detail", "reasons").order_by("pk")[: MOST_AT_ONCE + 1])


@shell.page
@require_GET
def finding_export(request: PageRequest, kind: str) -> HttpResponse:
    """Give the findings that the address asks for as a file, all pages of them."""
    asked = FindingForm(request.GET, request.access).asked
    found = reading.get_matching(request.access, asked).order_by(*reading.ORDER)
    rows = list(found.values_list(*EXPORTED)[:MOST_EXPORTED])
    heads = [name.replace("__name", "") for name in EXPORTED]
    if kind == "csv":
        return as_csv("findings.csv", heads, rows)
    if kind == "json":
        data = {"data": [dict(zip(heads, row, strict=True)) for row in rows]}
        content = json.dumps(data, indent=1, ensure_ascii=False, default=str)
        return as_file(content.encode(), "application/json", "findings.json")
    raise Http404("no such format")


@shell.page
@require_POST
def filter_save(request: PageRequest) -> HttpResponse:
    """Keep the filters of the page under a name, for everybody in the workspace."""
    query = QueryDict(request.POST.get("filters", ""))
    form = FindingForm(query, request.access)
    asked = {**form.asked, "group": form.grouping} if form.grouping else form.asked
    try:
        services.save_filter(by=request.access, name=request.POST.get("name", ""), query=urlencode(asked))
        messages.success(request, "The filter was saved.")
    except services.UnableToChange as exc:
        messages.error(request, str(exc))
    return redirect(f"{reverse('raksha:findings')}?{urlencode(asked)}")


@shell.page
@require_POST
def filter_delete(request: PageRequest, filter_id: str) -> HttpResponse:
    """Forget a saved filter."""
    saved = get_filters(request.access).filter(pk=filter_id).first()
    if saved is None:
        raise Http404("no such filter")
    services.delete_filter(by=request.access, saved=saved)
    messages.success(request, f"The filter {saved.name} was forgotten.")
    return redirect("raksha:findings")
