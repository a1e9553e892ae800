"""Pages of the gateway: what goes through it, and what it can call."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from avyay_site import shell
from avyay_site.accounts.access import Access
from avyay_site.templatetags.avyay import brief, count, milliseconds, percent, usd
from marga import configuring, queries


@shell.page
def overview(request: HttpRequest) -> HttpResponse:
    """Show today's figures, the newest requests, and the models with their providers."""
    access: Access = request.access  # type: ignore[attr-defined]
    return render(request, "marga/overview.html", {**_traffic(access), **_models(access)})


@shell.page
def traffic(request: HttpRequest) -> HttpResponse:
    """Return figures and requests alone."""
    return render(request, "marga/_traffic.html", _traffic(request.access))  # type: ignore[attr-defined]


@shell.page
def models(request: HttpRequest) -> HttpResponse:
    """Return models and providers alone."""
    return render(request, "marga/_models.html", _models(request.access))  # type: ignore[attr-defined]


def _traffic(access: Access) -> dict[str, Any]:
    today = queries.get_today(access, now=timezone.now())
    return {"figures": _figures(today), "records": queries.get_latest_requests(access)}


def _figures(today: queries.Today) -> list[dict[str, str]]:
    total, requests = today.total, today.total["requests"]
    errors = total["errors"] / requests if requests else None
    return [
        {"label": "Requests today", "value": count(requests)},
        {"label": "Spent", "value": usd(total["cost_usd"])},
        {"label": "Tokens in", "value": brief(total["input_tokens"])},
        {"label": "Tokens out", "value": brief(total["output_tokens"])},
        {"label": "Errors", "value": percent(errors), "tone": "bad" if errors else ""},
        {
            "label": "Latency, p50",
            "value": milliseconds(today.latency["p50"]),
            "aside": f"p95 {milliseconds(today.latency['p95'])}",
        },
    ]


def _models(access: Access) -> dict[str, Any]:
    listed = queries.get_models(access)
    return {
        "models": listed,
        "providers": queries.get_providers(access),
        "is_sandbox": not queries.has_real_model(listed),
        "config": configuring.status(),
        "base_url": f"{settings.GATEWAY_URL}/v1",
    }
