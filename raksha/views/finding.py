"""One finding: the code, how data flows to it, why it ranks where it does, and what mends it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from avyay_site import shell
from avyay_site.accounts.access import Access
from avyay_site.accounts.models import Role
from avyay_site.audit.models import AuditEntry
from avyay_site.shell import PageRequest
from raksha import services
from raksha.forms import ExclusionForm, TriageForm, end_of
from raksha.models import Finding, KevEntry
from raksha.queries import intel
from raksha.queries.intel import among
from raksha.views import code, diffs
from raksha.views.code import Span

MOST_HISTORY = 20
OWASP = {
    "A01": "A01_2021-Broken_Access_Control",
    "A02": "A02_2021-Cryptographic_Failures",
    "A03": "A03_2021-Injection",
    "A04": "A04_2021-Insecure_Design",
    "A05": "A05_2021-Security_Misconfiguration",
    "A06": "A06_2021-Vulnerable_and_Outdated_Components",
    "A07": "A07_2021-Identification_and_Authentication_Failures",
    "A08": "A08_2021-Software_and_Data_Integrity_Failures",
    "A09": "A09_2021-Security_Logging_and_Monitoring_Failures",
    "A10": "A10_2021-Server-Side_Request_Forgery_%28SSRF%29",
}


@shell.page
@require_GET
def finding_detail(request: PageRequest, finding_id: str) -> HttpResponse:
    """Show one finding."""
    return render(request, "raksha/finding.html", _shown(request, _finding(request.access, finding_id)))


@shell.page
@require_POST
def rule_on(request: PageRequest, finding_id: str) -> HttpResponse:
    """Say what is to become of it."""
    finding = _finding(request.access, finding_id)
    form = TriageForm(request.POST)
    if form.is_valid():
        try:
            services.rule_on_findings(
                by=request.access, findings=[finding], now=timezone.now(), **form.values
            )
            messages.success(request, "The ruling was saved.")
            return redirect("raksha:finding", finding.pk)
        except services.UnableToChange as exc:
            form.add_error(None, str(exc))
    return render(request, "raksha/finding.html", _shown(request, finding, triage=form), status=422)


@shell.page
@require_POST
def exclude(request: PageRequest, finding_id: str) -> HttpResponse:
    """Ignore what is like it, now and in scans to come."""
    finding = _finding(request.access, finding_id)
    form = ExclusionForm(request.POST, request.access)
    if form.is_valid():
        given = form.cleaned_data
        try:
            services.exclude(
                by=request.access,
                now=timezone.now(),
                reason=given["reason"],
                rule=given["rule"],
                path_glob=given["path_glob"],
                project=finding.project if given["project"] else None,
                note=given["note"],
                until=end_of(given["until"]),
            )
            messages.success(request, "The exclusion was saved; it holds for scans to come, too.")
            return redirect("raksha:finding", finding.pk)
        except services.UnableToChange as exc:
            form.add_error(None, str(exc))
    return render(request, "raksha/finding.html", _shown(request, finding, exclusion=form), status=422)


def _finding(access: Access, finding_id: str) -> Finding:
    rows = Finding.objects.visible_to(access).select_related("project", "first_scan", "latest_scan")
    found: Finding = get_object_or_404(rows, pk=finding_id)
    return found


def _shown(
    request: PageRequest,
    finding: Finding,
    *,
    triage: TriageForm | None = None,
    exclusion: ExclusionForm | None = None,
) -> dict[str, Any]:
    detail, access = finding.detail, request.access
    reasons = [reason for reason in finding.reasons if reason["points"]]
    like_it = {"rule": finding.rule, "project": finding.project_id}
    return {
        "tab": "findings",
        "finding": finding,
        "message": detail.get("message", "").split("\n"),
        "code": _code(finding),
        "steps": _steps(finding),
        "changes": diffs.changes_of(
            detail.get("fix", ()), detail.get("snippet", ""), finding.path, finding.line
        ),
        "reasons": reasons,
        "ssvc": next((reason["text"] for reason in finding.reasons if not reason["points"]), ""),
        "cwe": [(number, f"https://cwe.mitre.org/data/definitions/{number}.html") for number in finding.cwe],
        "owasp": [(name, _owasp_page(name)) for name in detail.get("owasp", ())],
        "references": [link for link in detail.get("references", ()) if link.startswith("https://")],
        "facts": detail.get("facts", {}),
        "advisories": _advisories(finding),
        "history": _history(access, finding),
        "triage": triage or TriageForm(initial=_ruling(finding)),
        "exclusion": exclusion or ExclusionForm(None, access, initial=like_it),
        "may_write": access.has_role(Role.MEMBER),
    }


def _owasp_page(name: str) -> str:
    page = OWASP.get(name[:3], "") if name.endswith(":2021") else ""
    return f"https://owasp.org/Top10/{page}/" if page else ""


def _ruling(finding: Finding) -> dict[str, Any]:
    until = finding.ruled_until.date() if finding.ruled_until else None
    return {
        "ruling": finding.ruling,
        "reason": finding.ruling_reason,
        "note": finding.ruling_note,
        "until": until,
    }


def _code(finding: Finding) -> list[code.Line]:
    detail = finding.detail
    span = Span(finding.line, detail.get("column", 1), finding.end_line, detail.get("end_column", 0))
    return code.highlight(detail.get("snippet", ""), finding.path, first=finding.line, span=span)


def _steps(finding: Finding) -> list[dict[str, Any]]:
    """Return the stations of the data flow, source first, each with its code."""
    return [
        {**step, "code": code.highlight(step["text"], step["path"], first=step["line"])}
        for step in finding.detail.get("trace", ())
    ]


def _advisories(finding: Finding) -> list[dict[str, Any]]:
    """Return what the feeds say of each CVE."""
    if not finding.cves:
        return []
    entries = {row.cve: row for row in KevEntry.objects.filter(cve__in=among(finding.cves), removed_at=None)}
    signals = intel.get_signals(finding.cves)
    return [{"cve": cve, "kev": entries.get(cve), "signals": signals.get(cve)} for cve in finding.cves]


def _history(access: Access, finding: Finding) -> list[AuditEntry]:
    mine = Q(target_id=finding.pk) | Q(detail__ids__contains=[finding.pk])
    acts = AuditEntry.objects.visible_to(access).filter(mine, action="finding.rule")
    return list(acts.order_by("-happened_at", "-id")[:MOST_HISTORY])
