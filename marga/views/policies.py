"""Policies: read, change, and estimate what a change would do before it goes live."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from avyay_site import shell
from avyay_site.accounts.access import Access
from avyay_site.accounts.models import Role
from avyay_site.shell import PageRequest
from marga import replays, services
from marga.forms import PolicyForm
from marga.models import Policy, Source
from marga.policies import InvalidPolicy, parse_policy
from marga.replaying import Report

REPLAYED_DAYS = 7
REPLAYED_MOST = 5_000
"""Calls that a page decides again while its reader waits; `manage.py marga_replay` takes all of them."""


@shell.page
@require_http_methods(["GET", "POST"])
def create(request: PageRequest) -> HttpResponse:
    """Make a policy, or estimate first what it would do."""
    request.access.require_role(Role.MEMBER)
    policy = Policy(workspace=request.access.workspace, document={"tiers": {"mid": 0.35, "frontier": 0.6}})
    return _edit(request, policy, is_new=True)


@shell.page
@require_http_methods(["GET", "POST"])
def change(request: PageRequest, policy_id: str) -> HttpResponse:
    """Read a policy; its own workspace may change it."""
    policy = get_object_or_404(Policy.objects.usable_by(request.access), pk=policy_id)
    return _edit(request, policy, is_new=False)


@shell.page
@require_POST
def delete(request: PageRequest, policy_id: str) -> HttpResponse:
    """Remove a policy of this workspace."""
    policy = get_object_or_404(Policy.objects.visible_to(request.access), pk=policy_id)
    name = policy.name
    try:
        services.delete_policy(by=request.access, policy=policy)
        messages.success(request, f"The policy {name} was removed; keys that name it are routed by auto.")
    except services.UnableToChange as exc:
        messages.error(request, str(exc))
    return redirect("marga:models")


def _edit(request: PageRequest, policy: Policy, *, is_new: bool) -> HttpResponse:
    access = request.access
    may_change = is_new or _may_change(access, policy)
    form = PolicyForm.of(policy, request.POST or None)
    report: Report | None = None
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        if "estimate" in request.POST:
            report = _estimate(access, form)
        elif not may_change:
            form.add_error(None, "This policy is not this workspace's own; copy it under another name.")
        elif _saved(access, policy, form, is_new=is_new):
            name = values["name"]
            messages.success(request, f"The policy {name} was saved; the gateway follows within two seconds.")
            return redirect("marga:models")
    context = {
        "tab": "models",
        "form": form,
        "policy": policy,
        "is_new": is_new,
        "may_change": may_change,
        "report": report,
        "tiers": _tiers(report) if report else [],
        "days": REPLAYED_DAYS,
        "most": REPLAYED_MOST,
    }
    return render(request, "marga/policy.html", context)


def _may_change(access: Access, policy: Policy) -> bool:
    is_ours = policy.workspace_id == access.workspace_id
    return is_ours and policy.source != Source.CONFIG and access.has_role(Role.MEMBER)


def _saved(access: Access, policy: Policy, form: PolicyForm, *, is_new: bool) -> bool:
    """Save what the form says; what is wrong goes to the field that it is about."""
    try:
        if is_new:
            services.create_policy(by=access, **form.cleaned_data)
        else:
            services.change_policy(by=access, policy=policy, **form.cleaned_data)
    except services.UnableToChange as exc:
        form.add_error("document" if not str(exc).startswith("The name") else "name", str(exc))
        return False
    return True


def _estimate(access: Access, form: PolicyForm) -> Report | None:
    values, now = form.cleaned_data, timezone.now()
    try:
        rule = parse_policy(values["name"], values["document"])
    except InvalidPolicy as exc:
        form.add_error("document", str(exc))
        return None
    return replays.run(
        policy=rule,
        since=now - timedelta(days=REPLAYED_DAYS),
        now=now,
        workspace_id=access.workspace_id,
        most=REPLAYED_MOST,
    )


def _tiers(report: Report) -> list[dict[str, Any]]:
    names = [
        name for name in ("local", "mid", "frontier") if name in {*report.tiers_before, *report.tiers_after}
    ]
    return [
        {"name": name, "before": report.tiers_before.get(name, 0), "after": report.tiers_after.get(name, 0)}
        for name in names
    ]
