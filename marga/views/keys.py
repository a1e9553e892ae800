"""Keys and budgets: what each key may use, and how much of its money is gone."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from avyay_site import shell
from avyay_site.accounts.access import Access
from avyay_site.accounts.models import Role
from avyay_site.keys.models import ApiKey, Scope
from avyay_site.shell import PageRequest
from avyay_site.usage.budgets import THRESHOLDS, passed
from avyay_site.usage.queries import get_month_spend
from marga import manifest, services
from marga.forms import RulesForm
from marga.models import KeyRules

MOST_LISTED = 200
TONES = {0: "good", 50: "accent", 80: "warn", 100: "bad"}


@shell.page
def key_list(request: PageRequest) -> HttpResponse:
    """List the keys that may call models."""
    return render(request, "marga/keys.html", {**_listed(request.access), "tab": "keys"})


@shell.page
def key_list_live(request: PageRequest) -> HttpResponse:
    """Return the list alone."""
    return render(request, "marga/_keys.html", _listed(request.access))


@shell.page
@require_http_methods(["GET", "POST"])
def rules(request: PageRequest, key_id: str) -> HttpResponse:
    """Show and change what the holder of a key may use."""
    access = request.access
    key = get_object_or_404(ApiKey.objects.visible_to(access), pk=key_id)
    present = services.rules_of(key)
    form = RulesForm(request.POST or None, access, present)
    if request.method == "POST" and form.is_valid():
        try:
            services.set_rules(by=access, key=key, **form.cleaned_data)
            messages.success(request, f"The rules of {key.name} were saved; they hold within two seconds.")
            return redirect("marga:keys")
        except services.UnableToChange as exc:
            field, _, sentence = str(exc).partition(": ")
            form.add_error(field if field in form.fields else None, sentence or str(exc))
    context = {"tab": "keys", "form": form, "key": key, "may_write": access.has_role(Role.MEMBER)}
    return render(request, "marga/rules.html", context)


def _listed(access: Access) -> dict[str, Any]:
    now = timezone.now()
    calling = ApiKey.objects.visible_to(access).active(now).filter(scopes__contains=[Scope.MARGA_CALL])
    listed = list(calling.order_by("name", "id")[: MOST_LISTED + 1])
    spent = get_month_spend([key.pk for key in listed], today=now.date())
    stated = manifest.get_rules(listed)
    rows = [
        {
            "key": key,
            "rules": stated.get(key.pk) or KeyRules(key=key, workspace_id=key.workspace_id),
            "budget": budget(key.monthly_budget_usd, spent[key.pk]),
        }
        for key in listed[:MOST_LISTED]
    ]
    return {
        "rows": rows,
        "is_cut": len(listed) > MOST_LISTED,
        "month": now.date(),
        "may_write": access.has_role(Role.MEMBER),
    }


def budget(limit_usd: Decimal | None, spent_usd: Decimal) -> dict[str, Any]:
    """Return how much of a budget is gone, for a bar with its thresholds. percent: None without a budget."""
    if limit_usd is None:
        return {"spent_usd": spent_usd, "limit_usd": None, "percent": None}
    percent = float(spent_usd / limit_usd * 100) if limit_usd else 100.0
    reached = max(passed(spent_usd, limit_usd), default=0)
    return {
        "spent_usd": spent_usd,
        "limit_usd": limit_usd,
        "percent": percent,
        "drawn": min(percent, 100.0),
        "tone": TONES[reached],
        "thresholds": THRESHOLDS,
    }
