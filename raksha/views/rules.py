"""What the scanner looks for, which findings make a scan fail, and what is ignored for good."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from avyay_site import shell
from avyay_site.accounts.access import Access
from avyay_site.accounts.models import Role
from avyay_site.shell import PageRequest
from raksha import policies, services
from raksha.forms import ExclusionForm, GateForm, choices_of, document_of, end_of
from raksha.models import Exclusion, Finding, Project, ScanPolicy
from raksha.queries import paging
from raksha.rules import catalogue
from raksha.taint import kinds

PER_PAGE = 50
MOST_GATES = 100
FLOW_LANGUAGES = ("python", "java", "javascript", "typescript")


@shell.page
@require_GET
def rule_list(request: PageRequest) -> HttpResponse:
    """Show gates, exclusions and the catalogue of rules."""
    access, query = request.access, request.GET
    exclusions = Exclusion.objects.visible_to(access).select_related("project")
    page = paging.cut(exclusions, ("-created_at", "-id"), cursor=query.get("cursor", ""), limit=PER_PAGE)
    context = {
        "tab": "rules",
        "gates": [
            {"row": gate, "clauses": policies.parse(gate.document)}
            for gate in ScanPolicy.objects.visible_to(access).select_related("project")[:MOST_GATES]
        ],
        "exclusions": page.rows,
        "older": page.cursor,
        "is_first": page.is_first,
        "may_write": access.has_role(Role.MEMBER),
        **_catalogue(request),
    }
    return render(request, "raksha/rules.html", context)


def _catalogue(request: PageRequest) -> dict[str, Any]:
    """Return the rules that the address asks for: those after the one it names."""
    text, language = request.GET.get("text", "").strip().lower(), request.GET.get("language", "")
    everything = list(_rules())
    found = [rule for rule in everything if _fits(rule, text, language)]
    after = request.GET.get("after", "")
    rest = [rule for rule in found if rule["id"] > after]
    shown = rest[:PER_PAGE]
    counts = _counts(request.access)
    return {
        "text": request.GET.get("text", ""),
        "language": language,
        "languages": sorted({one for rule in everything for one in rule["languages"]}),
        "total": len(everything),
        "matching": len(found),
        "listed": [{**rule, "open": _open(rule["id"], counts)} for rule in shown],
        "next_after": shown[-1]["id"] if len(rest) > len(shown) else "",
        "is_from_start": not after,
    }


def _rules() -> Iterator[dict[str, Any]]:
    """Yield every rule in order of id; the data-flow engine's say the same in all of its languages."""
    flows = [
        {
            "id": f"*.{kind.word}",
            "title": kind.title,
            "kind": "code",
            "severity": kind.severity,
            "cwe": (kind.cwe, *kind.also),
            "languages": FLOW_LANGUAGES,
            "has_fix": False,
            "engine": "data flow",
            "message": kind.message,
            "advice": kind.advice,
        }
        for kind in kinds.TABLE.values()
    ]
    names = ("id", "title", "kind", "severity", "cwe", "languages", "has_fix", "message", "advice")
    written = [
        {"engine": "pattern", **{name: getattr(rule, name) for name in names}}
        for rule in catalogue.all_facts().values()
    ]
    yield from sorted([*flows, *written], key=lambda rule: str(rule["id"]))


def _fits(rule: dict[str, Any], text: str, language: str) -> bool:
    words = f"{rule['id']} {rule['title']} {' '.join(f'cwe-{number}' for number in rule['cwe'])}".lower()
    return text in words and (not language or language in rule["languages"])


def _counts(access: Access) -> Counter[str]:
    rows = Finding.objects.visible_to(access).standing().order_by().values_list("rule").annotate(Count("pk"))
    return Counter(dict(rows))


def _open(rule: str, counts: Counter[str]) -> int:
    if not rule.startswith("*."):
        return counts[rule]
    return sum(counts[f"{language}.{rule[2:]}"] for language in FLOW_LANGUAGES)


@shell.page
@require_http_methods(["GET", "POST"])
def gate_new(request: PageRequest) -> HttpResponse:
    """Make a gate."""
    request.access.require_role(Role.MEMBER)
    initial = {"kev": True, "severity": "high", "fixable": True, "is_enabled": True}
    form = GateForm(request.POST or None, request.access, initial=initial)
    if request.method == "POST" and form.is_valid() and _saved(request.access, None, form):
        messages.success(request, f"The gate {form.cleaned_data['name']} counts from the next scan on.")
        return redirect("raksha:rules")
    return render(request, "raksha/gate.html", {"tab": "rules", "form": form, "may_write": True})


@shell.page
@require_http_methods(["GET", "POST"])
def gate_change(request: PageRequest, gate_id: str) -> HttpResponse:
    """Read and change a gate; one that says more than the form can is shown as it is."""
    gate: ScanPolicy = get_object_or_404(ScanPolicy.objects.visible_to(request.access), pk=gate_id)
    choices = choices_of(gate.document)
    initial = {
        **(choices or {}),
        "name": gate.name,
        "project": gate.project_id or "",
        "is_enabled": gate.is_enabled,
    }
    form = GateForm(request.POST or None, request.access, initial=initial)
    may_write = request.access.has_role(Role.MEMBER)
    is_sent = request.method == "POST" and choices is not None
    if is_sent and form.is_valid() and _saved(request.access, gate, form):
        messages.success(request, f"The gate {form.cleaned_data['name']} was saved.")
        return redirect("raksha:rules")
    context = {
        "tab": "rules",
        "form": form,
        "gate": gate,
        "document": "" if choices is not None else json.dumps(gate.document, indent=2),
        "may_write": may_write,
    }
    return render(request, "raksha/gate.html", context)


@shell.page
@require_POST
def gate_delete(request: PageRequest, gate_id: str) -> HttpResponse:
    """Remove a gate."""
    gate: ScanPolicy = get_object_or_404(ScanPolicy.objects.visible_to(request.access), pk=gate_id)
    name = gate.name
    services.delete_policy(by=request.access, policy=gate)
    messages.success(request, f"The gate {name} was removed.")
    return redirect("raksha:rules")


def _saved(access: Access, gate: ScanPolicy | None, form: GateForm) -> bool:
    given = form.cleaned_data
    values = {
        "name": given["name"],
        "project": Project.objects.visible_to(access).filter(pk=given["project"]).first(),
        "document": document_of(given),
        "is_enabled": given["is_enabled"],
    }
    try:
        if gate is None:
            services.create_policy(by=access, **values)
        else:
            services.change_policy(by=access, policy=gate, **values)
    except services.UnableToChange as exc:
        form.add_error("name", str(exc))
        return False
    return True


@shell.page
@require_http_methods(["GET", "POST"])
def exclusion_new(request: PageRequest) -> HttpResponse:
    """Ignore a rule, a path or both, now and in scans to come."""
    request.access.require_role(Role.MEMBER)
    form = ExclusionForm(request.POST or None, request.access, initial=request.GET.dict())
    if request.method == "POST" and form.is_valid() and _excluded(request.access, form):
        messages.success(request, "The exclusion was saved; it holds for scans to come, too.")
        return redirect("raksha:rules")
    return render(request, "raksha/exclusion.html", {"tab": "rules", "form": form})


def _excluded(access: Access, form: ExclusionForm) -> bool:
    given = form.cleaned_data
    try:
        services.exclude(
            by=access,
            now=timezone.now(),
            reason=given["reason"],
            rule=given["rule"],
            path_glob=given["path_glob"],
            project=Project.objects.visible_to(access).filter(pk=given["project"]).first(),
            note=given["note"],
            until=end_of(given["until"]),
        )
    except services.InvalidValue as exc:
        form.add_error(exc.field if exc.field in form.fields else None, str(exc))
        return False
    except services.UnableToChange as exc:
        form.add_error(None, str(exc))
        return False
    return True


@shell.page
@require_POST
def exclusion_delete(request: PageRequest, exclusion_id: str) -> HttpResponse:
    """Remove an exclusion; what it alone ignored is open again."""
    exclusion: Exclusion = get_object_or_404(Exclusion.objects.visible_to(request.access), pk=exclusion_id)
    services.delete_exclusion(by=request.access, exclusion=exclusion)
    messages.success(request, "The exclusion was removed; what it alone ignored is open again.")
    return redirect("raksha:rules")
