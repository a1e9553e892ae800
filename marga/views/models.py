"""Models and routes: what can be called, at what price, how it fares, and where a prompt would go."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from avyay_site import llm, shell
from avyay_site.accounts.access import Access
from avyay_site.accounts.models import Role
from avyay_site.shell import PageRequest
from marga import catalogue, configuring, queries, traffic
from marga.forms import PromptForm
from marga.models import Model, Policy, PriceVersion
from marga.policies import BUILT_IN

DECIDE_SECONDS = 15.0


@shell.page
def models(request: PageRequest) -> HttpResponse:
    """Show models, providers, credentials and policies."""
    listed = _listed(request.access)
    form = PromptForm(None, request.access, [row["model"].name for row in listed["rows"]])
    return render(request, "marga/models.html", {**listed, "prompt": form, "tab": "models"})


@shell.page
def models_live(request: PageRequest) -> HttpResponse:
    """Return models and providers alone."""
    return render(request, "marga/_models.html", _listed(request.access))


@shell.page
@sensitive_variables("form")
@require_POST
def decide(request: PageRequest) -> HttpResponse:
    """Say where a prompt would go, without sending it on; nothing of it is kept."""
    access = request.access
    access.require_role(Role.MEMBER)
    listed = _listed(access)
    form = PromptForm(request.POST, access, [row["model"].name for row in listed["rows"]])
    decision, problem = _decision(access, form) if form.is_valid() else (None, "")
    context = {"prompt": form, "decision": decision, "problem": problem, "is_answer": True, **_may(access)}
    if request.headers.get("HX-Request"):
        return render(request, "marga/_decide.html", context)
    return render(request, "marga/models.html", {**listed, **context, "tab": "models"})


@sensitive_variables("form")
def _decision(access: Access, form: PromptForm) -> tuple[Any, str]:
    given = form.cleaned_data
    try:
        gateway = llm.for_workspace(access.workspace_id, timeout_seconds=DECIDE_SECONDS)
        message = {"role": "user", "content": given["message"]}
        return gateway.decide([message], model=given["model"], task_type=given["task"]), ""
    except llm.GatewayError as exc:
        return None, str(exc)


def _may(access: Access) -> dict[str, bool]:
    return {"may_write": access.has_role(Role.MEMBER)}


def _listed(access: Access) -> dict[str, Any]:
    now = timezone.now()
    listed = queries.get_models(access)
    latency = traffic.get_recent_latency(access, now=now)
    versions = PriceVersion.objects.latest_of([model.pk for model in listed])
    own = queries.get_policies(access)
    return {
        "rows": [_row(model, latency, versions.get(model.pk)) for model in listed],
        "providers": queries.get_providers(access),
        "credentials": queries.get_credentials(access),
        "policies": [
            {"row": policy, "is_ours": policy.workspace_id == access.workspace_id} for policy in own
        ],
        "built_in": _built_in(own),
        "price_lists": _price_lists(now),
        "is_sandbox": not queries.has_real_model(listed),
        "config": configuring.status(),
        "base_url": f"{settings.GATEWAY_URL}/v1",
        **_may(access),
    }


def _row(
    model: Model, latency: dict[tuple[str, str], float | None], version: PriceVersion | None
) -> dict[str, Any]:
    return {
        "model": model,
        "health": getattr(model, "deployment_health", None),
        "p50": latency.get((model.name, model.provider.name)),
        "version": version,
    }


def _built_in(own: list[Policy]) -> list[Any]:
    taken = {policy.name for policy in own}
    return [policy for name, policy in BUILT_IN.items() if name not in taken]


def _price_lists(now: datetime) -> list[dict[str, Any]]:
    """Return whose price list is how old: prices that nobody looks at drift."""
    today: date = now.date()
    return [
        {"kind": kind, "as_of": found.as_of, "days": (today - found.as_of).days}
        for kind, found in sorted(catalogue.price_lists().items())
    ]
